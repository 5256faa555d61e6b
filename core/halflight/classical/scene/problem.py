"""The least-squares problem of a scene, and its descent (Levenberg-Marquardt)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from halflight.classical.scene.beliefs import Beliefs, Prior
from halflight.classical.scene.drawing import Drawing
from halflight.classical.scene.models import Model, Vector, sersic_limits
from halflight.classical.scene.sources import Neighbour
from halflight.kernels.scene.equations import cholesky, normal_equations, solve

_NEIGHBOUR_STEPS = (0.8, 0.8, 0.5, 0.4, 0.4, 0.5, 0.7)
_SKY_STEPS = (1.0, 1.0, 1.0)
_MOST_DIMMING, _MOST_GROWTH = 6.0, 3.0  # of a neighbour's ln flux: it fades to 1/400, never away
_FIRST_DAMPING, _LEAST_DAMPING, _MOST_DAMPING = 1e-3, 1e-5, 1e6


@dataclass(frozen=True)
class Scene:
    """A stamp with its noise, PSF and sources, in the scene's terms.

    weight: (S, S) float32, 0 where a pixel is not used; data: image times weight. drawings: by size
    of a box. neighbours: of the stamp.
    """

    data: NDArray[np.float32]
    weight: NDArray[np.float32]
    drawings: dict[int, Drawing]
    neighbours: tuple[Neighbour, ...]
    beliefs: Beliefs


@dataclass(frozen=True)
class Solution:
    """Where a descent ended.

    p: all parameters: the target's, seven a neighbour, three of the sky. cost: chi^2 and prior.
    chi_square: of the data alone. hessian: half the second derivatives of the cost, about p.
    ln_determinant: of the hessian. evaluations: drawn models. converged: whether no further step
    promises anything.
    """

    p: Vector
    cost: float
    chi_square: float
    hessian: NDArray[np.float64]
    ln_determinant: float
    lower: NDArray[np.float64]
    evaluations: int
    converged: bool


class Problem:
    """Residuals and normal equations of one model of a scene's target, with its neighbours."""

    def __init__(
        self, scene: Scene, model: Model, neighbours: Sequence[Neighbour], data: NDArray[np.float32]
    ) -> None:
        """Reserve memory; `neighbours` are fitted beside the target, `data` is to be explained."""
        self.scene, self.model, self.neighbours, self.data = scene, model, neighbours, data
        size, fitted = len(data), len(neighbours)
        self.count = model.count + 7 * fitted + 3
        self.columns = np.zeros((self.count, size, size), np.float32)
        self.boxes = np.empty((self.count, 4), np.int32)
        self.boxes[:] = (0, size, 0, size)
        for k, n in enumerate(neighbours):
            own = slice(model.count + 7 * k, model.count + 7 * k + 7)
            self.boxes[own] = (n.top, n.top + n.size, n.left, n.left + n.size)
        along = ((np.arange(size) - (size / 2.0 - 0.5)) / (size / 2.0)).astype(np.float32)
        self.columns[-3] = scene.weight
        self.columns[-2] = scene.weight * along
        self.columns[-1] = scene.weight * along[:, np.newaxis]
        self._boxed = [np.empty((7, n.size, n.size), np.float32) for n in neighbours]
        rows = model.prior(scene.beliefs)
        for k, n in enumerate(neighbours):
            rows = rows + scene.beliefs.neighbour(n.start[0], n.start[1], model.count + 7 * k)
        self.prior = Prior.of([*rows, *scene.beliefs.sky(self.count - 3)], self.count)
        self._prior_hessian = self.prior.matrix.T @ self.prior.matrix
        free = (-math.inf, math.inf)
        limits = model.limits(size)
        for n in neighbours:
            flux = n.start[6]
            limits = [
                *limits,
                *sersic_limits(size)[:6],
                (flux - _MOST_DIMMING, flux + _MOST_GROWTH),
            ]
        self.low, self.high = np.array([*limits, *[free] * 3]).T
        firsts = [0, *range(model.count, self.count - 3, 7), self.count - 3]
        self._blocks = np.array(firsts)
        self._sizes = np.diff([*firsts, self.count])
        self.steps = np.array([*model.steps, *_NEIGHBOUR_STEPS * fitted, *_SKY_STEPS])

    def evaluate(self, p: Vector) -> tuple[NDArray[np.float32], Vector, float, float]:
        """Residual (S, S), prior's residuals, chi^2, and cost; fills `columns`."""
        model, scene, count = self.model, self.scene, self.model.count
        drawing = scene.drawings[len(self.data)]
        residual = self.data - model.draw(self.columns[:count], p[:count], drawing, scene.weight)
        for k, (n, boxed) in enumerate(zip(self.neighbours, self._boxed, strict=True)):
            first = count + 7 * k
            profile = p[first : first + 7]
            scene.drawings[n.size].columns(boxed, profile, scene.weight, n.top, n.left)
            rows, cols = slice(n.top, n.top + n.size), slice(n.left, n.left + n.size)
            self.columns[first : first + 7, rows, cols] = boxed
            residual[rows, cols] -= boxed[6]
        for k in range(-3, 0):
            residual -= np.float32(p[k]) * self.columns[k]
        prior = self.prior.matrix @ p - self.prior.target
        chi_square = float(np.einsum("ij,ij->", residual, residual, dtype=np.float64))
        return residual, prior, chi_square, chi_square + float(prior @ prior)

    def without_neighbours(self, p: Vector) -> NDArray[np.float32]:
        """The data less the neighbours of these parameters, weighted, (S, S)."""
        self.evaluate(p)
        first = self.model.count + 6  # a neighbour's image is the last of its columns
        return self.data - self.columns[first:-3:7].sum(axis=0)

    def descend(self, start: Vector, *, most: int, tolerance: float) -> Solution:
        """Levenberg-Marquardt from `start`, until a step promises less than `tolerance`."""
        count = self.count
        hessian, gradient = np.empty((count, count)), np.empty(count)
        whole = np.empty_like(hessian)
        lower, step = np.zeros((count, count)), np.empty(count)
        p, damping, converged = np.clip(start, self.low, self.high), _FIRST_DAMPING, False
        residual, prior, chi_square, cost = self.evaluate(p)
        evaluations = 1

        def linearise() -> None:
            normal_equations(hessian, gradient, self.columns, self.boxes, residual)
            hessian[...] += self._prior_hessian
            gradient[...] -= self.prior.matrix.T @ prior
            whole[...] = hessian
            # What presses against a limit stands still, but its error is not 0.
            held = (p <= self.low) & (gradient < 0.0) | (p >= self.high) & (gradient > 0.0)
            for parameter in np.flatnonzero(held):
                curvature = hessian[parameter, parameter]
                hessian[parameter, :] = hessian[:, parameter] = gradient[parameter] = 0.0
                hessian[parameter, parameter] = curvature

        linearise()
        while evaluations <= most:
            if not cholesky(lower, hessian, damping):
                damping = max(10.0 * damping, 1e-6)
                if damping > _MOST_DAMPING:
                    break
                continue
            solve(step, lower, gradient)
            promised = float(gradient @ step)
            if not math.isfinite(promised):  # pixels beyond what float32 can square
                break
            if promised < tolerance:
                converged = True
                break
            # Each source is kept to steps that its linearisation can stand, whatever the others do.
            excess = np.maximum.reduceat(np.abs(step) / self.steps, self._blocks)
            shorter = np.repeat(np.maximum(excess, 1.0), self._sizes)
            tried = np.clip(p + step / shorter, self.low, self.high)
            found = self.evaluate(tried)
            evaluations += 1
            if found[3] < cost:
                gain, p = cost - found[3], tried
                residual, prior, chi_square, cost = found
                damping = max(0.2 * damping, _LEAST_DAMPING)
                linearise()
                if gain < tolerance and excess[0] <= 1.0:
                    converged = True
                    break
            elif found[3] - cost < tolerance:
                converged = True
                break
            else:
                damping *= 10.0
                if damping > _MOST_DAMPING:
                    break
        if not cholesky(lower, whole, 0.0):
            converged, lower = False, np.full_like(lower, math.nan)
        determinant = 2.0 * float(np.log(np.diag(lower)).sum())
        return Solution(p, cost, chi_square, whole, determinant, lower, evaluations, converged)
