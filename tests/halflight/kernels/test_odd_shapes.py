"""Convolution and dense kernels on any shape, against the reference in float64."""

from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from halflight import kernels
from halflight.kernels.cpu.convolution import volumes
from tests.halflight.kernels.backends import COMPILED
from tests.halflight.kernels.cases.case import EPSILON, Case, may_be_winograds
from tests.halflight.kernels.cases.conv import Layout, conv_cases
from tests.halflight.kernels.cases.dense import dense_cases
from tests.halflight.kernels.cases.depthwise import depthwise_cases

REFERENCE = kernels.load("reference")
# Roundings of a typical output that a sum may cost, directly and by Winograd's algorithm. One
# output alone may be unlucky; of many, the typical costs are 1.5 and 5.
# Dense layers sum up to 192 numbers in one go, which costs 2.8 on average.
DIRECT, WINOGRAD, DENSE = 4.0, 12.0, 8.0
WORK = 1 << 24  # multiplications of one convolution, so that the reference is quick enough
PROFILE = {"deadline": None, "derandomize": True}


def _rms(values):
    return float(np.sqrt(np.mean(np.square(values))))


def _magnitudes(case):
    """The outputs' typical sizes: the roots of the sums of squares of all that they add up.

    An output itself may be small by chance, and its rounding is not.
    """
    squares = {
        name: value**2 if isinstance(value, np.ndarray) else value
        for name, value in case.arguments.items()
    }
    return Case(case.kernel, case.assigned, case.updated, squares).run(REFERENCE)


def _assert_close(case):
    expected, squares = case.run(REFERENCE), _magnitudes(case)
    for backend in COMPILED:
        received = case.run(kernels.load(backend))
        roundings = DENSE if case.kernel.startswith("dense") else DIRECT
        if backend == "cpu" and may_be_winograds(case):
            roundings = WINOGRAD
        for name, truth in expected.items():
            error, size = _rms(received[name] - truth), _rms(np.sqrt(squares[name]))
            assert error <= roundings * EPSILON * size, (
                f"{backend} {case.kernel}: {name} errs by {error} of {size}"
            )


@st.composite
def _axis(draw, pixels, taps, dilation, stride):
    """Pixels, taps, stride, zeros before and in total (fewer than none: cropped), dilation."""
    k, apart = draw(taps), draw(dilation)
    window = (k - 1) * apart + 1
    before, after = (draw(st.integers(0, window - 1)) for _ in range(2))
    after -= draw(st.sampled_from((0, 0, 0, 3)))
    size = max(1, window - before - after, draw(pixels))
    return size, k, draw(stride), before, before + after, apart


def _tall(draw, largest=200):
    """An axis of up to 200 pixels, small ones as likely as large ones."""
    return st.integers(1, largest) if draw(st.booleans()) else st.integers(1, 9)


@st.composite
def layouts(draw, axes=2):
    """One axis may be long, the others are short."""
    found = [
        draw(
            _axis(
                _tall(draw) if axis == 0 else st.integers(1, 9),
                st.integers(1, 7 if axes == 2 else 4),
                st.integers(1, 3),
                st.integers(1, 4),
            )
        )
        for axis in range(axes)
    ]
    if axes == 2 and draw(st.booleans()):
        found.reverse()
    return Layout(*zip(*found, strict=True))


@st.composite
def same_layouts(draw):
    """Windows of 3 x 3 at every pixel, as Winograd's algorithm takes them."""
    three, one = st.just(3), st.just(1)
    found = [draw(_axis(_tall(draw, size), three, one, one)) for size in (200, 30)]
    return Layout(*zip(*found, strict=True))


def _batch(layout, wanted, work):
    """As many images of one convolution as may be, and 1 at least."""
    return max(1, min(wanted, WORK // (work * prod(layout.output) * prod(layout.size))))


def _convolutions(seed, layout, batch, groups, channels, bias):
    rng = np.random.Generator(np.random.Philox(key=[15, seed]))
    return conv_cases(
        rng,
        _batch(layout, batch, groups * prod(channels)),
        layout.image,
        (channels[0] * groups, channels[1] * groups),
        layout.size,
        layout.strides,
        layout.padding,
        layout.total,
        bias,
        layout.dilation,
        groups,
    )


CHANNELS = st.tuples(st.integers(1, 40), st.integers(1, 40))
BATCH = st.integers(1, 5)


@settings(max_examples=50, **PROFILE)
@given(layouts(), BATCH, st.sampled_from((1, 1, 2, 3)), CHANNELS, st.booleans())
def test_any_convolution_of_images(layout, batch, groups, channels, bias):
    for case in _convolutions(1, layout, batch, groups, channels, bias):
        _assert_close(case)


@settings(max_examples=40, **PROFILE)
@given(layouts(3), BATCH, st.sampled_from((1, 1, 2)), CHANNELS, st.booleans())
def test_any_convolution_of_volumes(layout, batch, groups, channels, bias):
    for case in _convolutions(2, layout, batch, groups, channels, bias):
        _assert_close(case)


@settings(max_examples=50, **PROFILE)
@given(same_layouts(), st.integers(1, 70), st.sampled_from((1, 2)), CHANNELS, st.booleans())
def test_any_convolution_by_winograd(layout, batch, groups, channels, bias):
    """However small or thin the images: here it serves although it is slower."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(volumes, "pays", lambda *_: True)
        for case in _convolutions(3, layout, batch, groups, channels, bias):
            _assert_close(case)


@settings(max_examples=40, **PROFILE)
@given(layouts(), BATCH, st.integers(1, 40), st.integers(1, 3), st.booleans())
def test_any_depthwise_convolution(layout, batch, channels, multiplier, bias):
    rng = np.random.Generator(np.random.Philox(key=[15, 4]))
    batch = _batch(layout, batch, 16 * channels * multiplier)
    for case in depthwise_cases(rng, batch, channels, multiplier, layout, bias):
        _assert_close(case)


@settings(max_examples=50, **PROFILE)
@given(st.integers(1, 420), st.integers(1, 420), st.integers(1, 130))
def test_any_dense_layer(batch, inputs, units):
    rng = np.random.Generator(np.random.Philox(key=[15, 5]))
    for case in dense_cases(rng, batch, inputs, units):
        _assert_close(case)
