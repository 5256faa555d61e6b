"""The compiled back ends equal the reference, to within float32 rounding."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from halflight import kernels
from tests.halflight.kernels.backends import COMPILED
from tests.halflight.kernels.cases import activation, all_cases, rectifier
from tests.halflight.kernels.cases.case import assert_agrees, normal
from tests.halflight.kernels.cases.conv import Layout, conv_cases
from tests.halflight.kernels.cases.depthwise import depthwise_cases
from tests.halflight.kernels.cases.pool import pool_cases

REFERENCE = kernels.load("reference")
CASES = all_cases()


@pytest.fixture(params=COMPILED)
def backend(request):
    return kernels.load(request.param)


def test_every_kernel_has_a_case():
    assert {case.kernel for case in CASES} == set(kernels.definitions())


@pytest.mark.parametrize("kernel", kernels.definitions())
def test_equals_reference(backend, kernel):
    for case in CASES:
        if case.kernel == kernel:
            assert_agrees(case, backend, REFERENCE)


@st.composite
def layouts(draw, axes, largest_size, largest_dilation):
    """Windows of any stride and dilation such that every one of them sees the image."""
    fields = []
    for _ in range(axes):
        taps, apart = draw(st.integers(1, largest_size)), draw(st.integers(1, largest_dilation))
        window = (taps - 1) * apart + 1
        before, after = (draw(st.integers(0, window - 1)) for _ in range(2))
        pixels = max(1, window - before - after) + draw(st.integers(0, 7))
        stride = draw(st.integers(1, 4))
        fields.append((pixels, taps, stride, before, before + after, apart))
    return Layout(*zip(*fields, strict=True))


def _arguments(layout):
    return layout.image, layout.size, layout.strides, layout.padding, layout.total


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.data(), st.integers(1, 3), st.integers(1, 4), st.tuples(*[st.integers(1, 9)] * 2))
def test_any_dilation_and_groups_equal_reference(data, batch, groups, channels):
    axes = data.draw(st.integers(2, 3))
    layout = data.draw(layouts(axes, 3, 3))
    rng = np.random.Generator(np.random.Philox(key=[6, batch]))
    image, *rest = _arguments(layout)
    for name in COMPILED:
        for case in conv_cases(
            rng,
            batch,
            image,
            (channels[0] * groups, channels[1] * groups),
            *rest,
            dilation=layout.dilation,
            groups=groups,
        ):
            assert_agrees(case, kernels.load(name), REFERENCE)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(layouts(2, 4, 3), st.integers(1, 3), st.integers(1, 35), st.integers(1, 3), st.booleans())
def test_any_depthwise_convolution_equals_reference(layout, batch, channels, multiplier, bias):
    rng = np.random.Generator(np.random.Philox(key=[7, batch]))
    for name in COMPILED:
        for case in depthwise_cases(rng, batch, channels, multiplier, layout, bias):
            assert_agrees(case, kernels.load(name), REFERENCE)


@st.composite
def geometries(draw, largest_size):
    """An image, a window, strides and zeros before and in total, such that every window sees it."""
    image, size, strides, before, total = [], [], [], [], []
    for _ in range(2):
        k = draw(st.integers(1, largest_size))
        zeros = draw(st.integers(0, k - 1))
        after = draw(st.integers(0, k - 1))
        pixels = draw(st.integers(max(1, k - zeros - after), 20))
        s = draw(st.integers(1, 3))
        last = (pixels + zeros + after - k) // s * s - zeros
        image.append(max(pixels, last + 1))
        size.append(k)
        strides.append(s)
        before.append(zeros)
        total.append(min(zeros + after, zeros + after + pixels - image[-1]))
    return tuple(image), tuple(size), tuple(strides), tuple(before), tuple(total)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(geometries(7), st.integers(1, 4), st.integers(1, 35), st.integers(1, 35), st.booleans())
def test_any_convolution_equals_reference(geometry, batch, channels_in, channels, bias):
    image, size, strides, before, total = geometry
    rng = np.random.Generator(np.random.Philox(key=[2, batch]))
    channels_pair = (channels_in, channels)
    for name in COMPILED:
        for case in conv_cases(
            rng, batch, image, channels_pair, size, strides, before, total, bias
        ):
            assert_agrees(case, kernels.load(name), REFERENCE)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(geometries(4), st.integers(1, 4), st.integers(1, 35))
def test_any_pooling_equals_reference(geometry, batch, channels):
    image, size, strides, before, total = geometry
    rng = np.random.Generator(np.random.Philox(key=[3, batch]))
    for name in COMPILED:
        for case in pool_cases(rng, batch, image, channels, size, strides, before, total):
            assert_agrees(case, kernels.load(name), REFERENCE)


@pytest.mark.parametrize("kernel", [*activation.FUNCTIONS, *rectifier.FUNCTIONS, "softmax"])
def test_in_place_gives_the_same_bytes(backend, kernel):
    rng = np.random.Generator(np.random.Philox(key=[4, 0]))
    _, scalars = rectifier.FUNCTIONS.get(kernel, ("", {}))
    dy, seen = (backend.to_device(normal(rng, 40000)) for _ in range(2))
    for way, inputs in (("forward", [dy]), ("backward", [dy, seen])):
        apart = backend.empty(dy.shape)
        run = getattr(backend, f"{kernel}_{way}")
        run(apart, *inputs, *scalars.values())
        run(dy, *inputs, *scalars.values())
        assert backend.to_host(apart).tobytes() == backend.to_host(dy).tobytes()


@pytest.mark.parametrize("kernel", ["layer_norm", "group_norm"])
def test_other_norms_keep_their_accuracy_far_from_zero(backend, kernel):
    rng = np.random.Generator(np.random.Philox(key=[6, 0]))
    x32 = backend.to_device(1000.0 + normal(rng, 2, 5000, 3))
    rows, groups = ((2, 15000), ()) if kernel == "layer_norm" else ((2, 5000, 3), (1,))
    mean, inverse = backend.zeros((2, *groups)), backend.zeros((2, *groups))
    y, x = backend.empty(rows), x32.reshape(rows)
    getattr(backend, f"{kernel}_forward")(y, mean, inverse, x, None, None, 0.0)
    truth = backend.to_host(x32).astype(np.float64).reshape(2, -1)
    np.testing.assert_allclose(backend.to_host(mean).ravel(), truth.mean(1), rtol=3e-7)
    np.testing.assert_allclose(backend.to_host(inverse).ravel() ** -2, truth.var(1), rtol=2e-5)


def test_batch_norm_keeps_its_accuracy_far_from_zero(backend):
    """Mean 1000, deviation 1: a one-pass float32 variance would be garbage."""
    rng = np.random.Generator(np.random.Philox(key=[5, 0]))
    x = 1000.0 + normal(rng, 5000, 3)
    statistics = [backend.zeros((3,)) for _ in range(4)]
    x32, y = backend.to_device(x), backend.empty(x.shape)
    gamma, beta = backend.to_device(np.ones(3)), backend.zeros((3,))
    backend.batch_norm_forward_training(y, *statistics, x32, gamma, beta, 0.0, 0.0)
    truth = backend.to_host(x32).astype(np.float64)
    np.testing.assert_allclose(backend.to_host(statistics[0]), truth.mean(0), rtol=3e-7)
    np.testing.assert_allclose(backend.to_host(statistics[3]), truth.var(0), rtol=2e-5)
