"""Learning rates at chosen steps, by hand."""

import math

import pytest

from core.nn.schedules import Constant, CosineDecay, ExponentialDecay, get


def test_constant():
    assert get(0.1) == Constant(0.1)
    assert get(0.1)(7) == 0.1


def test_exponential_decay():
    smooth = ExponentialDecay(0.1, decay_steps=10, decay_rate=0.5)
    stairs = ExponentialDecay(0.1, decay_steps=10, decay_rate=0.5, staircase=True)
    assert [smooth(0), smooth(10), smooth(20)] == pytest.approx([0.1, 0.05, 0.025])
    assert smooth(5) == pytest.approx(0.1 * math.sqrt(0.5))
    assert [stairs(9), stairs(10), stairs(19)] == pytest.approx([0.1, 0.05, 0.05])


def test_cosine_decay():
    cosine = CosineDecay(1.0, decay_steps=100, alpha=0.2)
    assert [cosine(0), cosine(50), cosine(100), cosine(999)] == pytest.approx([1, 0.6, 0.2, 0.2])


def test_cosine_decay_with_warm_up():
    cosine = CosineDecay(0.0, decay_steps=100, warmup_target=2.0, warmup_steps=10)
    assert [cosine(0), cosine(5), cosine(10)] == pytest.approx([0.0, 1.0, 2.0])
    assert [cosine(60), cosine(110)] == pytest.approx([1.0, 0.0])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Constant(-0.1), "learning_rate must be finite and not negative, received -0.1"),
        (lambda: Constant("1e-3"), "received '1e-3'"),
        (lambda: ExponentialDecay(0.1, 0, 0.5), "decay_steps must be a positive integer"),
        (lambda: CosineDecay(0.1, 10, warmup_steps=5), "needs a warmup_target"),
        (lambda: CosineDecay(0.1, 10, warmup_target=1.0), "warmup_steps must be a positive"),
    ],
)
def test_errors(make, message):
    with pytest.raises(ValueError, match=message):
        make()
