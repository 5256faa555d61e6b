"""A companion: a source that detection merged with the target, sought in what a fit leaves over."""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, maximum_filter

from halflight.classical.scene.problem import Problem, Scene, Solution
from halflight.classical.scene.sources import box_around

_LEAST_SIGNIFICANCE = 5.0  # of a peak of the residual behind a filter of the PSF's size
_LEAST_DISTANCE = 1.2  # PSF half-light radii from the target: nearer is its own profile
_MOST_DISTANCE = 16.0  # pixels from the target: farther, detection tells sources apart
_COMPANION_SIZE, _TARGET_SIZE = 0.6, 1.5  # half-light radii of the PSF: of first guesses
_START_N = 1.3
_REACH = 24  # pixels from a companion to its box's sides
# A peak may stand at some fifty places, and its flux, which has no prior, is known beforehand to
# a few e-folds: what a companion has to pay for by its evidence.
LN_PRIOR = -math.log(50.0) - math.log(5.0)


def with_companion(
    problem: Problem, solution: Solution
) -> tuple[Scene, NDArray[np.float64]] | None:
    """The scene with one more neighbour, and a start of a single profile in it; None without one.

    problem, solution: of a single profile. Of the two, that which is nearer to the stamp's centre
    is the target.
    """
    scene, p = problem.scene, solution.p
    found = _peak(problem, solution)
    if found is None:
        return None
    x, y, flux = found
    middle, size = len(scene.data) / 2.0 - 0.5, len(scene.data)
    shape = (0.0, 0.0, math.log(_START_N), math.log(flux))
    target, rest = p[:7], p[7:]
    if math.hypot(x - middle, y - middle) < math.hypot(*(target[:2] - middle)):
        neighbour = box_around(target.copy(), size, reach=size)
        target = np.array([x, y, math.log(_TARGET_SIZE * scene.psf_radius), *shape])
    else:
        start = np.array([x, y, math.log(_COMPANION_SIZE * scene.psf_radius), *shape])
        neighbour = box_around(start, size, reach=_REACH)
    neighbours = (*scene.neighbours, neighbour)
    start = np.concatenate([target, rest[:-3], neighbour.start, rest[-3:]])
    return replace(scene, neighbours=neighbours), start


def _peak(problem: Problem, solution: Solution) -> tuple[float, float, float] | None:
    """Place and flux of the most significant peak of the residual about the target."""
    scene = problem.scene
    problem.evaluate(solution.p)
    width = scene.psf_radius / math.sqrt(2.0 * math.log(2.0))  # of a Gaussian of this size
    weight = scene.weight.astype(np.float64)
    along = gaussian_filter(problem.residual.astype(np.float64) * weight, width)
    # The filter's own noise: the variance of white noise falls by 4 pi width^2.
    variance = gaussian_filter(weight**2, width) / (4.0 * math.pi * width**2)
    significance = along / np.sqrt(np.maximum(variance, 1e-30))
    rows, columns = np.indices(weight.shape)
    away = np.hypot(columns - solution.p[0], rows - solution.p[1])
    allowed = (away > _LEAST_DISTANCE * scene.psf_radius) & (away < _MOST_DISTANCE)
    allowed &= (significance == maximum_filter(significance, 3)) & (weight > 0.0)
    for n in scene.neighbours:
        allowed &= np.hypot(columns - n.start[0], rows - n.start[1]) > scene.psf_radius
    best = int(np.argmax(np.where(allowed, significance, -math.inf)))
    if not (allowed.flat[best] and significance.flat[best] > _LEAST_SIGNIFICANCE):
        return None
    row, column = np.unravel_index(best, weight.shape)
    flux = along[row, column] / variance[row, column]  # of a point that the filter matches
    return float(column), float(row), float(flux)
