"""Two methods joined: as good as the better, better where they know different things."""

import numpy as np
import pytest
from scipy.special import expit

from halflight.scores.probability import log_loss
from halflight.stacking import KINDS, Stack


def two(count=2000, seed=0, noise=(1.0, 1.0)):
    """Labels, and two methods that each know a part of the log-odds."""
    rng = np.random.default_rng(seed)
    parts = rng.normal(0, 1.5, (2, count))
    label = (rng.random(count) < expit(parts.sum(axis=0))).astype(float)
    own = [expit(parts[k] * n) for k, n in enumerate(noise)]
    return *own, label, np.arange(count) // 50


def test_two_that_know_different_things_are_better_together():
    first, second, label, groups = two()
    stack = Stack.fitted(first, second, label, groups)
    new = two(seed=1)
    joint = stack.joined(*new[:2])
    assert stack.kind == "logistic"
    assert log_loss(joint, new[2]) < min(log_loss(p, new[2]) for p in new[:2]) - 0.05
    assert stack.weights[1:] == pytest.approx([1.0, 1.0], abs=0.2)


def test_a_method_that_knows_nothing_is_given_no_weight_by_either_kind():
    first, _, label, _ = two(noise=(1.0, 0.0))
    nothing = np.random.default_rng(2).uniform(0.3, 0.7, len(label))
    assert abs(KINDS["logistic"](first, nothing, label)[2]) < 0.25
    share, other = KINDS["bayesian"](first, nothing, label)
    assert share > 0.8
    assert share + other == pytest.approx(1.0)


def test_where_the_classes_are_apart_weights_stay_finite():
    label = np.repeat([0.0, 1.0], 20)
    sure = np.where(label > 0, 1.0, 0.0)
    stack = Stack.fitted(sure, sure, label, np.tile(np.arange(4), 10))
    assert np.isfinite(stack.weights).all()
    assert np.isfinite(stack.joined(sure, sure)).all()


def test_one_without_an_answer_leaves_the_other_s():
    stack = Stack("bayesian", (0.25, 0.75), {})
    joint = stack.joined(np.array([0.2, np.nan, 0.4]), np.array([0.6, 0.1, np.nan]))
    assert joint.tolist() == pytest.approx([0.5, 0.1, 0.4])


def test_one_class_or_one_group_joins_nothing():
    half = np.full(4, 0.5)
    with pytest.raises(ValueError, match="both classes in two groups"):
        Stack.fitted(half, half, np.ones(4), np.arange(4))
    with pytest.raises(ValueError, match="both classes in two groups"):
        Stack.fitted(half, half, np.array([0.0, 1.0, 0.0, 1.0]), np.zeros(4))
