"""Half-light ellipses: the smallest that holds half of a galaxy's PSF-free, untruncated light.

The radius of this project is the semi-major axis of that ellipse: the label of a simulated galaxy,
and what is read off a model of several profiles.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gamma, gammainc, gammaincinv

Array = NDArray[np.float64]

# Half a turn in 96 steps: the trapezoid rule is spectrally accurate for a periodic integrand.
_ANGLES = np.arange(96) * (math.pi / 96)
_UNIT_CIRCLE = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)])
_QUADRUPOLE = np.stack([np.cos(2 * _ANGLES), np.sin(2 * _ANGLES)])
# A shape and its three neighbours, for the forward differences of Newton's method.
_STEP = 1e-6
_SHIFTS = np.concatenate([np.zeros((1, 3)), _STEP * np.eye(3)])


@dataclass(frozen=True)
class Component:
    """One elliptical Sersic profile (Graham & Driver 2005, PASA 22, 118, eq. 1), untruncated.

    `half_light_radius` is the semi-major axis (arcsec) of the ellipse that holds half of this
    component's light; `position_angle` (radians) runs from the column axis towards the row axis;
    `flux` is in nanomaggies.
    """

    sersic_n: float
    half_light_radius: float
    axis_ratio: float
    position_angle: float
    flux: float

    def __post_init__(self) -> None:
        if not 0.3 <= self.sersic_n <= 6.2:
            raise ValueError(f"sersic_n must be within 0.3..6.2, got {self.sersic_n}")
        if not self.half_light_radius > 0:
            raise ValueError(f"half_light_radius must be above 0, got {self.half_light_radius}")
        if not 0 < self.axis_ratio <= 1:
            raise ValueError(f"axis_ratio must be within 0 (excluded)..1, got {self.axis_ratio}")
        if not self.flux > 0:
            raise ValueError(f"flux must be above 0 nmgy, got {self.flux}")


@dataclass(frozen=True)
class HalfLightEllipse:
    """Semi-major axis (arcsec), axis ratio and position angle (radians, within [0, pi))."""

    semi_major: float
    axis_ratio: float
    position_angle: float


def half_light_ellipse(components: Sequence[Component]) -> HalfLightEllipse:
    """Of all ellipses about the common centre that hold half of the summed light, the smallest.

    A single Sersic profile returns its own parameters. A sum is solved for three conditions: the
    enclosed light is a half, and the surface brightness along the ellipse has no cos 2t and no
    sin 2t part in its eccentric angle t (else a stretch of equal area would hold more light).
    Exact to 1e-6 for axis ratios of 0.2 and above at any angle between the components.
    Raises ValueError for no components and RuntimeError when the equations do not converge.
    """
    if not components:
        raise ValueError("a half-light ellipse needs at least one component, got none")
    if len(components) == 1:
        only = components[0]
        angle = _half_turn(only.position_angle)
        return HalfLightEllipse(only.half_light_radius, only.axis_ratio, angle)
    solution = _solved(_light(components), _shapes(components))
    if solution is None:
        raise RuntimeError(f"no half-light ellipse found for {tuple(components)}")
    return _ellipse(solution)


def enclosed_fraction(components: Sequence[Component], ellipse: HalfLightEllipse) -> float:
    """The fraction of the components' summed light inside a concentric ellipse."""
    shape = _shape(ellipse.semi_major, ellipse.axis_ratio, ellipse.position_angle)
    return float(_light(components).inside_and_along(shape[None])[0][0])


def half_light_shape(sersic_n: Array, profiles: Array, fluxes: Array) -> tuple[Array, Array] | None:
    """The half-light ellipse of concentric profiles as a shape, and its derivatives.

    sersic_n, fluxes: (c,). profiles: (c, 3), each (ln size, shear 1, shear 2): the logarithm of the
    geometric mean of the semi-axes, and -ln q (cos 2 phi, sin 2 phi). Returns the ellipse in the
    same terms, (3,), and its derivatives by each profile's ln size, shears, ln n and ln flux,
    (3, c, 5), by the theorem of implicit functions; None where no ellipse was found.
    """
    to_shape = np.array([1.0, 0.5, 0.5])  # a stretch is half a shear
    shapes = profiles * to_shape
    solution = _solved(_Light(sersic_n, shapes, fluxes), shapes)
    if solution is None:
        return None
    by_shape = _conditions(_Light(sersic_n, shapes, fluxes), solution + _SHIFTS)
    jacobian = (by_shape[1:] - by_shape[0]).T / _STEP
    by_inputs = _by_inputs(sersic_n, shapes, fluxes / fluxes.sum(), solution)
    derivatives = -np.linalg.solve(jacobian, by_inputs).reshape(3, len(fluxes), 5)
    derivatives[..., :3] *= to_shape
    return solution / to_shape, derivatives / to_shape[:, None, None]


def _by_inputs(sersic_n: Array, shapes: Array, fluxes: Array, ellipse: Array) -> Array:
    """Derivatives of `_conditions` by each profile's shape, ln n and ln flux, (3, 5 c).

    Forward differences: each profile is seen with one of its inputs changed, beside the others.
    """
    count = len(fluxes)
    inputs = np.column_stack([shapes, np.log(sersic_n)])
    changed = inputs[:, None] + _STEP * np.eye(5, 4, -1)  # (c, 5, 4): first as it is
    varied = changed.reshape(-1, 4)
    light = _Light(np.exp(varied[:, 3]), varied[:, :3], np.ones(len(varied)))
    inside, along = light.parts(ellipse[None])
    inside, along = inside.reshape(count, 5), along.reshape(count, 5, -1)
    # Everything is a sum over profiles, weighed by flux: a change of one adds to that sum.
    share = fluxes[:, None]
    more_inside = np.column_stack([share * (inside[:, 1:] - inside[:, :1]), np.zeros(count)])
    more_along = np.concatenate(
        [share[..., None] * (along[:, 1:] - along[:, :1]), np.zeros_like(along[:, :1])], axis=1
    )
    more_inside[:, 4] = fluxes * (inside[:, 0] - fluxes @ inside[:, 0]) * _STEP
    more_along[:, 4] = share * (along[:, 0] - fluxes @ along[:, 0]) * _STEP
    total = fluxes @ along[:, 0]
    before = total @ _QUADRUPOLE.T / total.sum()
    after = total + more_along.reshape(5 * count, -1)
    quadrupole = after @ _QUADRUPOLE.T / after.sum(axis=1, keepdims=True) - before
    return np.column_stack([more_inside.ravel(), quadrupole]).T / _STEP


def central_brightness(component: Component) -> float:
    """Central surface brightness in nmgy per arcsec^2 (Graham & Driver 2005, eq. 1 and 2)."""
    n = component.sersic_n
    b = float(gammaincinv(2 * n, 0.5))
    area = 2 * math.pi * component.axis_ratio * component.half_light_radius**2
    return component.flux * b ** (2 * n) / (area * n * float(gamma(2 * n)))


class _Light:
    """The summed light of concentric components, of unit total flux.

    The light of a Sersic profile inside a foreign ellipse is the mean of P(2n, b_n (r/R)^(1/n))
    over the angle, P the regularised incomplete gamma function (Graham & Driver 2005, eq. 2, ray
    by ray).
    """

    def __init__(self, sersic_n: Array, shapes: Array, fluxes: Array) -> None:
        """Take the profiles' indices (c,), `_shape`s (c, 3) and fluxes (c,)."""
        self.fluxes = fluxes / fluxes.sum()
        self.n = sersic_n[:, None]
        self.b = gammaincinv(2 * self.n, 0.5)
        area = 2 * math.pi * np.exp(2 * shapes[:, 0])
        gammas = (self.n * gamma(2 * self.n))[:, 0]
        self.centre = self.b[:, 0] ** (2 * sersic_n) / (area * gammas)
        self.to_circle = np.linalg.inv([_matrix(shape) for shape in shapes])

    def inside_and_along(self, shapes: Array) -> tuple[Array, Array]:
        """Of m ellipses (m, 3): the light inside, (m,), and the brightness along, (m, 96)."""
        inside, along = self.parts(shapes)
        return inside @ self.fluxes, np.einsum("c,mca->ma", self.fluxes, along)

    def parts(self, shapes: Array) -> tuple[Array, Array]:
        """The same of each component at unit flux, (m, c) and (m, c, 96)."""
        ellipses = np.array([_matrix(shape) for shape in shapes])
        maps = self.to_circle @ ellipses[:, None]
        squared = ((maps @ _UNIT_CIRCLE) ** 2).sum(axis=-2)
        depth = self.b * squared ** (0.5 / self.n)
        # An equal step in eccentric angle turns a component's own angle by det / r^2.
        turn = np.linalg.det(maps)[..., None] / squared
        inside = (gammainc(2 * self.n, depth) * turn).mean(axis=-1)
        return inside, self.centre[:, None] * np.exp(-depth)


def _light(components: Sequence[Component]) -> _Light:
    n, fluxes = np.array([(c.sersic_n, c.flux) for c in components]).T
    return _Light(n, _shapes(components), fluxes)


def _conditions(light: _Light, shapes: Array) -> Array:
    """What must be 0 of ellipses (m, 3): (m, 3), see `half_light_ellipse`."""
    inside, along = light.inside_and_along(shapes)
    quadrupole = along @ _QUADRUPOLE.T / along.sum(axis=1, keepdims=True)
    return np.column_stack([inside - 0.5, quadrupole])


def _solved(light: _Light, shapes: Array) -> Array | None:
    """The half-light ellipse of `light`, whose profiles have these shapes, as a `_shape`."""
    # The mean shape is near the solution but for very flat, crossed components.
    for start in (light.fluxes @ shapes, *shapes):
        solution = _newton(light, start)
        if solution is not None:
            return solution
    return None


def _newton(light: _Light, start: Array) -> Array | None:
    """A half-light ellipse of `light` by Newton's method in short steps; None if it finds none."""
    shape = start
    for _ in range(60):
        values = _conditions(light, shape + _SHIFTS)
        jacobian = (values[1:] - values[0]).T / _STEP
        if not abs(np.linalg.det(jacobian)) > 1e-12:
            return None
        step = -np.linalg.solve(jacobian, values[0])
        length = float(np.abs(step).max())
        shape = shape + step * min(1.0, 0.3 / max(length, 1e-300))
        if length < 1e-5:  # and what is left after this step is about 1e-10
            return shape
    return None


def _shapes(components: Sequence[Component]) -> Array:
    return np.array(
        [_shape(c.half_light_radius, c.axis_ratio, c.position_angle) for c in components]
    )


def _shape(semi_major: float, axis_ratio: float, position_angle: float) -> Array:
    """An ellipse as (ln of its geometric-mean radius, stretch along x and y, and diagonally)."""
    stretch = -0.5 * math.log(axis_ratio)
    return np.array(
        [
            math.log(semi_major) - stretch,
            stretch * math.cos(2 * position_angle),
            stretch * math.sin(2 * position_angle),
        ]
    )


def _ellipse(shape: Array) -> HalfLightEllipse:
    """The inverse of `_shape`."""
    size, g1, g2 = (float(value) for value in shape)
    stretch = math.hypot(g1, g2)
    return HalfLightEllipse(
        semi_major=math.exp(size + stretch),
        axis_ratio=math.exp(-2 * stretch),
        position_angle=_half_turn(0.5 * math.atan2(g2, g1)),
    )


def _half_turn(angle: float) -> float:
    """The angle within [0, pi): the remainder of a tiny negative one rounds to pi itself."""
    turned = angle % math.pi
    return turned if turned < math.pi else 0.0


def _matrix(shape: Array) -> Array:
    """The symmetric matrix that maps the unit circle on an ellipse: exp of its `_shape`."""
    size, g1, g2 = shape
    stretch = math.hypot(g1, g2)
    cosh, sinhc = math.cosh(stretch), math.sinh(stretch) / stretch if stretch > 0 else 1.0
    return math.exp(size) * np.array(
        [[cosh + sinhc * g1, sinhc * g2], [sinhc * g2, cosh - sinhc * g1]]
    )
