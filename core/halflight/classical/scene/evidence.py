"""Evidence: how probable each model of a target is, and what they say together."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from halflight.classical.scene.problem import Problem, Solution
from halflight.kernels.scene.equations import solve

QUANTITIES = ("ln_radius", "shear_1", "shear_2", "ln_flux", "x", "y")
"""Of the half-light ellipse, in pixels; what every model answers."""


@dataclass(frozen=True)
class Answer:
    """What one model says: QUANTITIES (6,), their covariance (6, 6), and the ln of its evidence.

    The evidence lacks what all models of one scene share. A model without an answer is NaN, and its
    evidence -inf.
    """

    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]
    ln_evidence: float


def answer_of(problem: Problem, solution: Solution) -> Answer:
    """The quantities of a solution, linearised about it, and its evidence by Laplace's method.

    ln Z = -cost / 2 - ln det H / 2 - sum of ln prior sigma (MacKay 2003, eq. 27.3): each of k
    parameters adds ln(2 pi) / 2, and each of its k priors takes it away.
    """
    model, p = problem.model, solution.p
    ellipse = model.half_light(p[: model.count])
    if ellipse is None or not math.isfinite(solution.ln_determinant):
        return Answer(np.full(6, math.nan), np.full((6, 6), math.nan), -math.inf)
    shape, by_parameters = ellipse
    shear = math.hypot(shape[1], shape[2])
    along = shape[1:] / shear if shear > 0 else np.array([1.0, 0.0])
    gradient = np.zeros((len(QUANTITIES), len(p)))
    gradient[:3, : model.count] = by_parameters
    gradient[0] += 0.5 * (along @ gradient[1:3])
    plain = [model.parameters.index(name) for name in QUANTITIES[3:]]
    gradient[[3, 4, 5], plain] = 1.0
    inverse = np.empty_like(gradient)
    for direction, out in zip(gradient, inverse, strict=True):
        solve(out, solution.lower, direction)
    values = np.array([shape[0] + 0.5 * shear, *shape[1:], *p[plain]])
    free = len(p) - len(problem.prior.target)  # parameters that have no prior of their own
    evidence = -0.5 * (solution.cost + solution.ln_determinant) - problem.prior.ln_sigma
    evidence += 0.5 * free * math.log(2.0 * math.pi)
    return Answer(values, inverse @ gradient.T, evidence)


def marginal_sigma(solution: Solution, parameter: int) -> float:
    """The 68 % error of one parameter, marginal over all others; NaN where H has no root."""
    unit, column = np.zeros(len(solution.p)), np.empty(len(solution.p))
    unit[parameter] = 1.0
    solve(column, solution.lower, unit)
    return math.sqrt(max(float(column[parameter]), 0.0))


def weighed(
    answers: Sequence[Answer],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Weights of the answers by their evidence, their mean and covariance, the spread included."""
    ln_evidence = np.array([answer.ln_evidence for answer in answers])
    best = ln_evidence.max()
    if not math.isfinite(best):
        return np.full(len(answers), math.nan), answers[0].mean, answers[0].covariance
    weights = np.exp(ln_evidence - best)
    weights /= weights.sum()
    counted = [(w, a) for w, a in zip(weights, answers, strict=True) if w > 0]
    mean = np.sum([w * a.mean for w, a in counted], axis=0)
    covariance = np.zeros((len(mean), len(mean)))
    for w, a in counted:
        apart = a.mean - mean
        covariance += w * (a.covariance + np.outer(apart, apart))
    return weights, mean, covariance
