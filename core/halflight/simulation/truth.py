"""The label: the smallest ellipse that holds half of a galaxy's PSF-free, untruncated light."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammainc, gammaincinv

from halflight.simulation.profiles import central_brightness
from halflight.simulation.scene import Component

Array = NDArray[np.float64]

# Half a turn in 96 steps: the trapezoid rule is spectrally accurate for a periodic integrand.
_ANGLES = np.arange(96) * (math.pi / 96)
_UNIT_CIRCLE = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)])
_QUADRUPOLE = np.stack([np.cos(2 * _ANGLES), np.sin(2 * _ANGLES)])
# A shape and its three neighbours, for the forward differences of Newton's method.
_SHIFTS = np.concatenate([np.zeros((1, 3)), 1e-6 * np.eye(3)])


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
    shapes = [_shape(c.half_light_radius, c.axis_ratio, c.position_angle) for c in components]
    light = _Light(components)

    # The mean shape is near the solution but for very flat, crossed components.
    for start in (light.fluxes @ np.array(shapes), *shapes):
        solution = _newton(light, start)
        if solution is not None:
            return _ellipse(solution)
    raise RuntimeError(f"no half-light ellipse found for {tuple(components)}")


def enclosed_fraction(components: Sequence[Component], ellipse: HalfLightEllipse) -> float:
    """The fraction of the components' summed light inside a concentric ellipse."""
    shape = _shape(ellipse.semi_major, ellipse.axis_ratio, ellipse.position_angle)
    return float(_Light(components).inside_and_along(shape[None])[0][0])


class _Light:
    """The summed light of concentric components, of unit total flux.

    The light of a Sersic profile inside a foreign ellipse is the mean of P(2n, b_n (r/R)^(1/n))
    over the angle, P the regularised incomplete gamma function (Graham & Driver 2005, eq. 2, ray
    by ray).
    """

    def __init__(self, components: Sequence[Component]) -> None:
        fluxes = np.array([c.flux for c in components])
        self.fluxes = fluxes / fluxes.sum()
        self.n = np.array([c.sersic_n for c in components])[:, None]
        self.b = gammaincinv(2 * self.n, 0.5)
        self.centre = np.array([central_brightness(c) for c in components]) / fluxes.sum()
        self.to_circle = np.array(
            [
                np.linalg.inv(_matrix(_shape(c.half_light_radius, c.axis_ratio, c.position_angle)))
                for c in components
            ]
        )

    def inside_and_along(self, shapes: Array) -> tuple[Array, Array]:
        """Of m ellipses (m, 3): the light inside, (m,), and the brightness along, (m, 96)."""
        ellipses = np.array([_matrix(shape) for shape in shapes])
        maps = self.to_circle @ ellipses[:, None]
        squared = ((maps @ _UNIT_CIRCLE) ** 2).sum(axis=-2)
        depth = self.b * squared ** (0.5 / self.n)
        # An equal step in eccentric angle turns a component's own angle by det / r^2.
        turn = np.linalg.det(maps)[..., None] / squared
        inside = (gammainc(2 * self.n, depth) * turn).mean(axis=-1) @ self.fluxes
        return inside, np.einsum("c,mca->ma", self.centre, np.exp(-depth))


def _newton(light: _Light, start: Array) -> Array | None:
    """A half-light ellipse of `light` by Newton's method in short steps; None if it finds none."""
    shape = start
    for _ in range(60):
        inside, along = light.inside_and_along(shape + _SHIFTS)
        quadrupole = along @ _QUADRUPOLE.T / along.sum(axis=1, keepdims=True)
        values = np.column_stack([inside - 0.5, quadrupole])
        jacobian = (values[1:] - values[0]).T / _SHIFTS.max()
        if not abs(np.linalg.det(jacobian)) > 1e-12:
            return None
        step = -np.linalg.solve(jacobian, values[0])
        length = float(np.abs(step).max())
        shape = shape + step * min(1.0, 0.3 / max(length, 1e-300))
        if length < 1e-5:  # and what is left after this step is about 1e-10
            return shape
    return None


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
