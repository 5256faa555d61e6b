"""The least-squares problem of a scene, and its descent (Levenberg-Marquardt)."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from halflight.classical.scene.beliefs import Beliefs, Prior
from halflight.classical.scene.drawing import Drawings
from halflight.classical.scene.models import Model, Vector, sersic_limits
from halflight.classical.scene.sources import Neighbour
from halflight.kernels.scene.equations import (
    cholesky,
    normal_equations,
    residual_of,
    solve,
)

_NEIGHBOUR_STEPS = (0.8, 0.8, 0.5, 0.4, 0.4, 0.5, 0.7)
_SKY_STEPS = (1.0, 1.0, 1.0)
_MOST_DIMMING, _MOST_GROWTH = 6.0, 3.0  # of a neighbour's ln flux: it fades to 1/400, never away
# A neighbour is drawn again where its linear change may be wrong by this much of the noise.
_STALE = 0.05
_FIRST_DAMPING, _LEAST_DAMPING, _MOST_DAMPING = 1e-3, 1e-5, 1e6
# A step that gains more or less than these shares of what its quadratic model promised says that
# the model may be trusted further, or less far (Marquardt 1963; the shares of Fletcher 1971).
_GOOD_SHARE, _POOR_SHARE = 0.75, 0.25
_LESS, _MORE, _MUCH_MORE = 0.2, 3.0, 5.0  # damping after a good, a poor and a failed step


@dataclass(frozen=True)
class Scene:
    """A stamp with its noise, PSF and sources, in the scene's terms.

    weight: (S, S) float32, 0 where a pixel is not used; data: image times weight. drawings: by size
    of a box. neighbours: of the stamp. psf_radius, noise: of sources.Sources.
    """

    data: NDArray[np.float32]
    weight: NDArray[np.float32]
    drawings: Drawings
    neighbours: tuple[Neighbour, ...]
    beliefs: Beliefs
    psf_radius: float
    noise: float


@dataclass(frozen=True)
class Solution:
    """Where a descent ended.

    p: all parameters: the target's, seven a neighbour, three of the sky. cost: chi^2 and prior.
    chi_square: of the data alone. ln_determinant: of half the second derivatives of the cost, about
    p; lower: their Cholesky factor. evaluations: drawn models. converged: whether no further step
    promises anything.
    """

    p: Vector
    cost: float
    chi_square: float
    ln_determinant: float
    lower: NDArray[np.float64]
    evaluations: int
    converged: bool


class Problem:
    """Residuals and normal equations of one model of a scene's target, with its neighbours."""

    def __init__(self, scene: Scene, model: Model, after: "Problem | None" = None) -> None:
        """Reserve memory; `after`: of the same scene, whose drawn neighbours are taken over."""
        self.scene, self.model = scene, model
        size, neighbours = len(scene.data), scene.neighbours
        self.count = model.count + 7 * len(neighbours) + 3
        self._lay_out(size)
        self.residual = np.empty_like(scene.data)
        self.at = np.full(self.count, math.nan)  # the parameters of columns and residual
        self._drawn_at = np.zeros(self.count)  # what of each parameter is in the columns
        self._drawn = np.zeros(len(self._layout), dtype=bool)
        self._redrawn = np.ones(len(self._layout), dtype=bool)
        self._sky[:] = _sky_columns(scene.weight)
        self._sensitivity = np.full(self.count, math.inf)
        if after is not None:
            beside = slice(0, len(neighbours))
            for mine, other in zip(self._columns[beside], after._columns[beside], strict=True):
                mine[:] = other
            self._drawn[beside] = after._drawn[beside]
            self._drawn_at[model.count :] = after._drawn_at[after.model.count :]
            self._sensitivity[model.count :] = after._sensitivity[after.model.count :]
        self._believe()

    def _lay_out(self, size: int) -> None:
        """Memory of all columns, those of each source in a row: neighbours, sky, target."""
        count, rows, offset = self.model.count, [], 0
        for k, n in enumerate(self.scene.neighbours):
            rows.append((count + 7 * k, 7, n.top, n.left, n.size, offset, 6))
            offset += 7 * n.size**2
        for first, number, image in ((self.count - 3, 3, -1), (0, count, self.model.image)):
            rows.append((first, number, 0, 0, size, offset, image))
            offset += number * size**2
        self._layout = np.array(rows, np.int64)
        self._flat = np.zeros(offset, np.float32)
        self._columns = [
            self._flat[start : start + number * side**2].reshape(number, side, side)
            for _, number, _, _, side, start, _ in rows
        ]
        *_, self._sky, self._target = self._columns

    def _believe(self) -> None:
        """Priors, limits and longest steps of all parameters."""
        model, scene, size = self.model, self.scene, len(self.scene.data)
        rows, limits = model.prior(scene.beliefs), model.limits(size)
        for k, n in enumerate(scene.neighbours):
            x, y, *_ = n.start
            first, psf_radius = model.count + 7 * k, scene.psf_radius
            rows = rows + scene.beliefs.neighbour(x, y, first, psf_radius=psf_radius)
            flux = (n.start[6] - _MOST_DIMMING, n.start[6] + _MOST_GROWTH)
            limits = [*limits, *sersic_limits(size)[:6], flux]
        rows = [*rows, *scene.beliefs.sky(self.count - 3, noise=scene.noise)]
        self.prior = Prior.of(rows, self.count)
        self._prior_hessian = self.prior.matrix.T @ self.prior.matrix
        self.low, self.high = np.array([*limits, *[(-math.inf, math.inf)] * 3]).T
        firsts = [0, *range(model.count, self.count - 3, 7), self.count - 3]
        self._blocks = np.array(firsts)
        self._sizes = np.diff([*firsts, self.count])
        self.steps = np.array(
            [*model.steps, *_NEIGHBOUR_STEPS * len(scene.neighbours), *_SKY_STEPS]
        )

    def evaluate(self, p: Vector) -> tuple[Vector, float, float]:
        """Residuals of the prior, chi^2, and cost; fills columns and residual.

        A neighbour that has hardly moved since it was drawn is not drawn again: its image changes
        by its derivatives.
        """
        model, scene = self.model, self.scene
        drawing = scene.drawings[len(scene.data)]
        model.draw(self._target, p[: model.count], drawing, scene.weight)
        self._drawn_at[: model.count] = p[: model.count]
        self._redrawn[-1] = True
        for k, n in enumerate(scene.neighbours):
            own = slice(model.count + 7 * k, model.count + 7 * k + 7)
            moved = np.abs(p[own] - self._drawn_at[own])
            if self._drawn[k] and (0.5 * moved.sum() * (moved @ self._sensitivity[own]) < _STALE):
                continue
            drawing = scene.drawings[n.size]
            drawing.sersic(self._columns[k], p[own], scene.weight, n.top, n.left)
            self._drawn_at[own] = p[own]
            self._drawn[k] = self._redrawn[k] = True
        self.at = p.copy()
        change = (p - self._drawn_at).astype(np.float32)
        chi_square = residual_of(self.residual, scene.data, self._flat, self._layout, change)
        prior = self.prior.matrix @ p - self.prior.target
        return prior, chi_square, chi_square + float(prior @ prior)

    @property
    def target_light(self) -> NDArray[np.float32]:
        """The target as it was last evaluated, (S, S), in units of the noise."""
        return self._target[self.model.image]

    @property
    def sky_light(self) -> NDArray[np.float32]:
        """The sky as it was last evaluated, (S, S), in units of the noise."""
        return np.einsum("k,kij->ij", self.at[-3:].astype(np.float32), self._sky)

    def images(self, p: Vector) -> NDArray[np.float32]:
        """Target, all neighbours together, and sky of these parameters, (3, S, S), unweighted."""
        model, scene, size = self.model, self.scene, len(self.scene.data)
        drawn, even = np.zeros((3, size, size), np.float32), np.ones((size, size), np.float32)
        columns = np.empty((model.count, size, size), np.float32)
        model.draw(columns, p[: model.count], scene.drawings[size], even)
        drawn[0] = columns[model.image]
        for k, n in enumerate(scene.neighbours):
            profile = p[model.count + 7 * k :][:7]
            boxed = np.empty((7, n.size, n.size), np.float32)
            scene.drawings[n.size].sersic(boxed, profile, even, n.top, n.left)
            drawn[1, n.top : n.top + n.size, n.left : n.left + n.size] += boxed[6]
        drawn[2] = np.tensordot(p[-3:], _sky_columns(even), axes=1)
        return drawn

    def descend(self, start: Vector, *, most: int, tolerance: float) -> Solution:
        """Levenberg-Marquardt from `start`, until a step promises less than `tolerance`."""
        count = self.count
        data_hessian, hessian = np.zeros((count, count)), np.empty((count, count))
        whole = np.empty_like(hessian)
        gradient, lower, step = np.empty(count), np.zeros((count, count)), np.empty(count)
        p, damping, converged = np.clip(start, self.low, self.high), _FIRST_DAMPING, False
        prior, chi_square, cost = self.evaluate(p)
        self._redrawn[:] = True
        evaluations = 1

        def linearise() -> None:
            normal_equations(
                data_hessian, gradient, self._flat, self._layout, self._redrawn, self.residual
            )
            self._redrawn[:] = False
            self._sensitivity = np.sqrt(np.diag(data_hessian))
            np.add(data_hessian, self._prior_hessian, out=hessian)
            gradient[...] -= self.prior.matrix.T @ prior
            whole[...] = hessian
            # What presses against a limit stands still, but its error is not 0.
            held = (p <= self.low) & (gradient < 0.0) | (p >= self.high) & (gradient > 0.0)
            for parameter in np.flatnonzero(held):
                curvature = hessian[parameter, parameter]
                hessian[parameter, :] = hessian[:, parameter] = gradient[parameter] = 0.0
                hessian[parameter, parameter] = curvature

        linearise()
        while evaluations <= most and math.isfinite(cost):  # else pixels that float32 cannot square
            if not cholesky(lower, hessian, damping):
                damping = max(10.0 * damping, 1e-6)
                if damping > _MOST_DAMPING:
                    break
                continue
            solve(step, lower, gradient)
            promised = float(gradient @ step)
            if not math.isfinite(promised):
                break
            if promised < tolerance:
                converged = True
                break
            # Each source is kept to steps that its linearisation can stand, whatever the others do.
            excess = np.maximum.reduceat(np.abs(step) / self.steps, self._blocks)
            shorter = np.repeat(np.maximum(excess, 1.0), self._sizes)
            tried = np.clip(p + step / shorter, self.low, self.high)
            moved = tried - p
            expected = float(moved @ (2.0 * gradient - hessian @ moved))
            found = self.evaluate(tried)
            evaluations += 1
            if found[2] < cost:
                gain, p = cost - found[2], tried
                prior, chi_square, cost = found
                if gain > _GOOD_SHARE * expected:
                    damping = max(_LESS * damping, _LEAST_DAMPING)
                elif gain < _POOR_SHARE * expected:
                    damping *= _MORE
                linearise()
                if gain < tolerance and excess[0] <= 1.0:
                    converged = True
                    break
            elif found[2] - cost < tolerance:
                converged = True
                break
            else:
                damping *= _MUCH_MORE
                if damping > _MOST_DAMPING:
                    break
        if not cholesky(lower, whole, 0.0):
            converged, lower = False, np.full_like(lower, math.nan)
        determinant = 2.0 * float(np.log(np.diag(lower)).sum())
        return Solution(p, cost, chi_square, determinant, lower, evaluations, converged)


def _sky_columns(weight: NDArray[np.float32]) -> NDArray[np.float32]:
    """A level of 1, and changes by 1 from the middle to the right and to the upper side."""
    size = len(weight)
    along = ((np.arange(size) - (size / 2.0 - 0.5)) / (size / 2.0)).astype(np.float32)
    return weight * np.stack(np.broadcast_arrays(np.float32(1), along, along[:, np.newaxis]))
