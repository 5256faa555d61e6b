"""Blending: how much of others' light lies in a fitted target's, and how well that is told."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from halflight.classical.scene.problem import Problem, Solution


class Blending(NamedTuple):
    """What may be wrong with a target beyond its formal error.

    With T and N the light of target and neighbours and r what is left over, all in units of a
    pixel's noise:

    contamination: sum N T / sum T^2, at least 0. By this share of its flux a source of the target's
    profile would be too bright, were the neighbours not there in the fit; of a part of them that
    the fit has wrong, by the same part of it.
    misfit: chi^2 in excess of its mean in the target's light, (sum r^2 T / sum T - 1) times the
    (sum T)^2 / sum T^2 pixels that this holds; at least 0. About a square root of twice the pixels
    is noise.

    Both are NaN of a target that has no light in the stamp.
    """

    contamination: float
    misfit: float


def blending_of(problem: Problem, solution: Solution) -> Blending:
    """The blending of a target at a solution of this problem, which is then evaluated there."""
    if not np.array_equal(problem.at, solution.p):
        problem.evaluate(solution.p)
    light, left_over = problem.target_light, problem.residual
    others = problem.scene.data - left_over - light - problem.sky_light
    total = float(light.sum(dtype=np.float64))
    power, shared = _sum(light, light), _sum(others, light)
    if not (power > 0.0 and total > 0.0):
        return Blending(math.nan, math.nan)
    excess = _sum(left_over**2, light) / total - 1.0
    return Blending(max(shared / power, 0.0), max(excess, 0.0) * total**2 / power)


def _sum(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    """The sum of the products of two images."""
    return float(np.einsum("ij,ij->", a, b, dtype=np.float64))
