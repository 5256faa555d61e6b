"""The descent: to the minimum of an independent optimiser, and what stands still at a limit."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import least_squares

from halflight.classical.scene.drawing import Drawing
from halflight.classical.scene.fit import _scene
from halflight.classical.scene.models import SingleSersic
from halflight.classical.scene.problem import Problem
from halflight.classical.scene.sources import Neighbour, find_sources
from halflight.classical.segmentation import segment_stamp
from halflight.simulation import Star

from ..conftest import SIZE


@pytest.fixture
def crowded(draw, beliefs):
    """A problem of one profile and its neighbours, and the first guess."""
    stamp = draw(
        (1.5, 2.0, 0.6, 0.7, 60.0), neighbours=(Star(40.0, 5.0, 2.0), Star(25.0, -4.0, -7.0))
    )
    segmentation = segment_stamp(stamp.image, stamp.sigma)
    sources = find_sources(stamp.image, stamp.sigma, stamp.psf, segmentation, most=7)
    scene = _scene(stamp.image, stamp.sigma, stamp.psf, sources, beliefs)
    start = np.concatenate([sources.target, *(n.start for n in sources.neighbours), np.zeros(3)])
    return Problem(scene, SingleSersic()), start


def test_the_minimum_is_that_of_an_independent_optimiser(crowded, monkeypatch):
    problem, start = crowded
    found = problem.descend(start, most=40, tolerance=1e-3)
    assert found.converged

    monkeypatch.setattr("halflight.classical.scene.problem._STALE", 0.0)  # draw all, always

    def residuals(p):
        prior, _, _ = problem.evaluate(p)
        return np.concatenate([problem.residual.ravel(), prior]).astype(np.float64)

    other = least_squares(residuals, found.p, bounds=(problem.low, problem.high), x_scale=0.1)
    assert found.cost <= 2 * other.cost + 0.05
    assert found.p[2] == pytest.approx(other.x[2], abs=5e-3)


def test_the_first_step_lowers_the_cost_and_no_step_raises_it(crowded):
    problem, start = crowded
    costs = [problem.descend(start, most=most, tolerance=0.0).cost for most in (0, 1, 3, 9)]
    assert costs == sorted(costs, reverse=True)
    assert costs[1] < costs[0]


def test_a_source_that_is_none_fades_and_holds_up_nothing(crowded, psf):
    problem, start = crowded
    none = np.array([20.0, 70.0, np.log(1.5), 0.0, 0.0, np.log(1.3), np.log(1.0)])
    neighbours = (*problem.scene.neighbours, Neighbour(none, 54, 4, 32))
    problem.scene.drawings.setdefault(32, Drawing(psf, 32))
    more = Problem(replace(problem.scene, neighbours=neighbours), problem.model)
    found = more.descend(np.concatenate([start[:-3], none, start[-3:]]), most=40, tolerance=0.05)
    assert found.converged
    assert found.p[-4] < -2.0
    alone = problem.descend(start, most=40, tolerance=0.05)
    assert found.p[2] == pytest.approx(alone.p[2], abs=0.02)


def test_neighbours_that_stand_still_are_not_drawn_again(crowded):
    """A second model takes them over as they were drawn, and ends with the same cost."""
    problem, start = crowded
    first = problem.descend(start, most=30, tolerance=0.05)
    cannot_draw = {size: d for size, d in problem.scene.drawings.items() if size == SIZE}
    after = Problem(replace(problem.scene, drawings=cannot_draw), SingleSersic(), after=problem)
    assert after.evaluate(first.p)[2] == pytest.approx(first.cost, abs=0.05)
    fresh = Problem(problem.scene, SingleSersic())
    assert fresh.evaluate(first.p)[2] == pytest.approx(first.cost, abs=0.3)


def test_what_is_left_of_the_data_is_noise(crowded):
    problem, start = crowded
    found = problem.descend(start, most=30, tolerance=0.05)
    problem.evaluate(found.p)
    assert problem.residual[problem.scene.weight > 0].std() == pytest.approx(1.0, abs=0.05)


def test_what_stands_still_at_a_limit_is_not_known(crowded):
    """An index that may not reach its best value still takes its share of the radius's error."""
    problem, start = crowded
    free = problem.descend(start, most=40, tolerance=0.05)
    problem.high[5] = free.p[5] - 0.3
    held = problem.descend(start, most=40, tolerance=0.05)
    assert held.converged
    assert held.p[5] == problem.high[5]
    hessian = held.lower @ held.lower.T
    known = np.linalg.inv(np.delete(np.delete(hessian, 5, 0), 5, 1))[2, 2]
    assert np.linalg.inv(hessian)[2, 2] > 1.2 * known
