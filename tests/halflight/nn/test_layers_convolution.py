"""The convolution layers: sizes and values by hand, the adjoint property, and what they refuse."""

import itertools

import numpy as np
import pytest

from halflight.nn import Input, layers


def refused(make, *parts):
    with pytest.raises(ValueError, match=r"received") as caught:
        make()
    for part in parts:
        assert part in str(caught.value)


def ones(layer, place, x, bias=0.0):
    """The layer's output for x (without its batch axis), all kernels ones and one bias."""
    x = np.asarray(x, np.float64)
    placed = place(layer, [x.shape], "reference", batch=1)
    for name, weight in placed.layer.weights.items():
        weight.value[...] = bias if name == "bias" else 1.0
    placed.inputs[0][...] = x
    return placed.forward()[0]


def column(*values):
    """A sequence of one channel."""
    return np.array(values, np.float64)[:, None]


@pytest.mark.parametrize(
    ("length", "kernel", "expected"),
    [
        (1, 3, [1]),
        (2, 3, [1 + 2]),  # one zero is needed: it comes after
        (3, 3, [1 + 2, 2 + 3]),  # one before, one after
        (5, 3, [1 + 2, 2 + 3 + 4, 4 + 5]),
        (5, 2, [1 + 2, 3 + 4, 5]),  # one zero, after
        (7, 5, [1 + 2 + 3, 1 + 2 + 3 + 4 + 5, 3 + 4 + 5 + 6 + 7, 5 + 6 + 7]),
        (5, 1, [1, 3, 5]),
    ],
)
def test_same_padding_with_stride_two(place, length, kernel, expected):
    layer = layers.Conv1D(1, kernel, 2, "same")
    output = ones(layer, place, column(*range(1, length + 1)))
    np.testing.assert_array_equal(output.ravel(), expected)


@pytest.mark.parametrize(
    ("padding", "dilation", "expected"),
    [
        ("valid", 1, [3, 5, 7]),
        ("same", 1, [3, 5, 7, 4]),
        ("causal", 1, [1, 3, 5, 7]),
        ("causal", 2, [1, 2, 4, 6]),
        ("same", 2, [2, 4, 6, 3]),
        ("valid", 3, [5]),
        (1, 1, [1, 3, 5, 7, 4]),
        (((0, 1),), 1, [3, 5, 7, 4]),
        (((2, 1),), 2, [1, 2, 4, 6, 3]),
    ],
)
def test_padding_of_sequences(place, padding, dilation, expected):
    layer = layers.Conv1D(1, 2, padding=padding, dilation_rate=dilation)
    output = ones(layer, place, column(1, 2, 3, 4), bias=0.5)
    np.testing.assert_array_equal(output.ravel(), np.array(expected) + 0.5)


def test_a_volume_by_hand(place):
    x = np.arange(1.0, 9.0).reshape(2, 2, 2, 1)
    output = ones(layers.Conv3D(1, (2, 1, 2)), place, x)
    np.testing.assert_array_equal(output.ravel(), [1 + 2 + 5 + 6, 3 + 4 + 7 + 8])
    output = ones(layers.Conv3D(1, 2, 2, ((1, 1), 0, (0, 1))), place, x)
    np.testing.assert_array_equal(output.ravel(), [1 + 2 + 3 + 4, 5 + 6 + 7 + 8])


STRIDES_AND_KERNELS = list(itertools.product((1, 2, 3), (1, 2, 3, 4)))
# For kernels of 1 to 4 taps: (n - 1) * stride + max(kernel, stride) pixels, and n * stride.
VALID = {1: (3, 4, 5, 6), 2: (6, 6, 7, 8), 3: (9, 9, 9, 10)}
SAME = {1: 3, 2: 6, 3: 9}


@pytest.mark.parametrize(("strides", "kernel"), STRIDES_AND_KERNELS)
def test_transposed_sizes_of_three_pixels(strides, kernel):
    def size(padding, output_padding=None):
        layer = layers.Conv2DTranspose(1, (kernel, 1), (strides, 1), padding, output_padding)
        return layer(Input((3, 1, 1))).shape[0]

    assert size("valid") == VALID[strides][kernel - 1]
    assert size("same") == SAME[strides]
    for extra in range(strides):
        pair = (extra, 0)
        assert size("valid", pair) == 2 * strides + kernel + extra
        if kernel % 2:
            layer = layers.Conv2DTranspose(1, (kernel, 1), (strides, 1), "same", pair)
            assert layer(Input((3, 1, 1))).shape[0] == 2 * strides + 1 + extra


@pytest.mark.parametrize(
    ("kernel", "strides", "padding", "expected"),
    [
        (3, 1, "valid", [1, 3, 3, 2]),
        (3, 1, "same", [3, 3]),
        (3, 2, "valid", [1, 1, 3, 2, 2]),
        (3, 2, "same", [1, 1, 3, 2]),  # of one pixel too many, the last is cropped
        (4, 2, "same", [1, 3, 3, 2]),
        (2, 3, "valid", [1, 1, 0, 2, 2, 0]),
        (2, 3, "same", [1, 1, 0, 2, 2, 0]),
        (5, 2, "same", [1, 3, 3, 3]),  # of three too many, the first and the last two
    ],
)
def test_transposed_values(place, kernel, strides, padding, expected):
    layer = layers.Conv2DTranspose(1, (kernel, 1), (strides, 1), padding)
    output = ones(layer, place, column(1, 2)[:, None], bias=0.25)
    np.testing.assert_array_equal(output.ravel(), np.array(expected) + 0.25)


def test_transposed_output_padding_by_hand(place):
    layer = layers.Conv2DTranspose(1, (3, 1), (2, 1), "same", output_padding=(1, 0))
    output = ones(layer, place, column(1, 2)[:, None])
    np.testing.assert_array_equal(output.ravel(), [1, 1, 3, 2])
    layer = layers.Conv2DTranspose(1, (3, 1), (2, 1), "same", output_padding=0)
    np.testing.assert_array_equal(ones(layer, place, column(1, 2)[:, None]).ravel(), [1, 3, 2])


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(("strides", "kernel"), STRIDES_AND_KERNELS)
def test_transposed_is_the_adjoint(place, strides, kernel, padding):
    """<conv(x), y> = <x, transposed(y)> for one kernel, where conv takes that size back."""
    rng = np.random.default_rng(8)
    transposed = place(
        layers.Conv2DTranspose(2, kernel, strides, padding, use_bias=False),
        [(3, 4, 5)],
        "reference",
    )
    convolution = place(
        layers.Conv2D(5, kernel, strides, padding, use_bias=False),
        [transposed.output.shape[1:]],
        "reference",
    )
    assert convolution.output.shape[1:] == (3, 4, 5)
    weights = transposed.layer.weights["kernel"].value
    convolution.layer.weights["kernel"].value[...] = weights
    x, y = (rng.normal(size=placed.inputs[0].shape) for placed in (convolution, transposed))
    convolution.inputs[0][...], transposed.inputs[0][...] = x, y
    np.testing.assert_allclose(np.vdot(convolution.forward(), y), np.vdot(x, transposed.forward()))


def test_separable_is_depthwise_then_pointwise(place):
    separable = place(layers.SeparableConv2D(4, 3, depth_multiplier=2), [(6, 5, 3)], "reference")
    depthwise = place(
        layers.DepthwiseConv2D(3, depth_multiplier=2, use_bias=False), [(6, 5, 3)], "reference"
    )
    weights = separable.layer.weights
    depthwise.layer.weights["kernel"].value[...] = weights["depthwise_kernel"].value
    depthwise.inputs[0][...] = separable.inputs[0]
    expected = depthwise.forward() @ weights["pointwise_kernel"].value[0, 0]
    np.testing.assert_allclose(separable.forward(), expected + weights["bias"].value)


def test_groups_see_only_their_channels(place):
    placed = place(layers.Conv1D(4, 1, groups=2), [(3, 2)], "reference", batch=1)
    before = placed.forward()
    placed.inputs[0][..., 1] += 1.0
    changed = (placed.forward() != before).any(axis=(0, 1))
    np.testing.assert_array_equal(changed, [False, False, True, True])


def test_weights_have_the_names_and_shapes_of_keras():
    def shapes(layer, *shape):
        layer(Input(shape))
        return {name: weight.shape for name, weight in layer.weights.items()}

    assert shapes(layers.Conv1D(6, 3, groups=2), 9, 4) == {"kernel": (3, 2, 6), "bias": (6,)}
    transposed = shapes(layers.Conv2DTranspose(2, 3), 7, 6, 5)
    assert transposed == {"kernel": (3, 3, 2, 5), "bias": (2,)}
    depthwise = shapes(layers.DepthwiseConv2D(3, depth_multiplier=2), 7, 6, 5)
    assert depthwise == {"kernel": (3, 3, 5, 2), "bias": (10,)}
    assert shapes(layers.SeparableConv2D(4, 3, depth_multiplier=2), 7, 6, 5) == {
        "depthwise_kernel": (3, 3, 5, 2),
        "pointwise_kernel": (1, 1, 10, 4),
        "bias": (4,),
    }


def test_operations_by_hand():
    def flops(layer, *shape):
        return layer.flops(shape, layer(Input(shape)).shape)

    assert flops(layers.Conv1D(4, 3, groups=2), 6, 2) == 4 * (2 * 3 * 1 * 4 + 4)
    assert flops(layers.Conv2DTranspose(2, 3), 4, 5, 3) == 20 * 2 * 9 * 2 * 3 + 6 * 7 * 2
    assert flops(layers.DepthwiseConv2D(2, depth_multiplier=3), 4, 4, 2) == 9 * 6 * (2 * 4 + 1)
    separable = layers.SeparableConv2D(5, 2, depth_multiplier=3, use_bias=False)
    assert flops(separable, 4, 4, 2) == 9 * (2 * 4 * 6 + 2 * 6 * 5)


def test_padding_is_kept_as_pairs():
    assert layers.Conv2D(1, 3, padding=1).padding == ((1, 1), (1, 1))
    assert layers.Conv2D(1, 3, padding=[2, [0, 1]]).padding == ((2, 2), (0, 1))
    assert layers.Conv1D(1, 3, padding=(2,)).padding == ((2, 2),)


def test_errors_name_layer_rule_and_value():
    refused(lambda: layers.Conv2D(3, 3, 2, dilation_rate=2, name="c"), "Conv2D 'c'", "exclude")
    refused(lambda: layers.Conv2DTranspose(3, 3, (1, 2), dilation_rate=(2, 1)), "exclude")
    refused(lambda: layers.DepthwiseConv2D(3, 2, dilation_rate=2), "exclude")
    refused(lambda: layers.Conv2D(3, 3, padding="causal"), "'valid', 'same', an", "'causal'")
    refused(lambda: layers.Conv1D(3, 3, padding="full"), "'causal'", "'full'")
    refused(lambda: layers.Conv2D(3, 3, padding=-1), "padding", "-1")
    refused(lambda: layers.Conv2D(3, 3, padding=(1, 1, 1)), "padding", "(1, 1, 1)")
    refused(lambda: layers.Conv2D(3, 3, padding=((1, 2, 3), 0)), "padding", "(1, 2, 3)")
    refused(lambda: layers.Conv2D(3, 3, padding=3)(Input((5, 5, 1))), "smaller than the window")
    refused(lambda: layers.Conv2D(3, 4, dilation_rate=2)(Input((6, 9, 1))), "window of (7, 7)")
    refused(lambda: layers.Conv2D(3, 3, groups=2), "groups must divide the filters", "(2, 3)")
    refused(lambda: layers.Conv2D(4, 3, groups=2)(Input((5, 5, 3))), "channels", "(2, 3)")
    refused(lambda: layers.Conv2D(4, 3, groups=0), "groups must be a positive integer", "0")
    refused(lambda: layers.Conv1D(4, (3, 3)), "kernel_size", "(3, 3)")
    refused(lambda: layers.Conv3D(4, 3, strides=(1, 2)), "strides", "a tuple of 3", "(1, 2)")
    refused(lambda: layers.Conv1D(4, 3)(Input((5, 5, 1))), "sequence (length, channels)")
    refused(lambda: layers.Conv3D(4, 3)(Input((5, 5, 1))), "volume (depth, height,")
    refused(lambda: layers.Conv2DTranspose(4, 3, padding=1), "padding", "1")
    refused(lambda: layers.Conv2DTranspose(4, 3, 2, output_padding=2), "less than the strides")
    refused(lambda: layers.Conv2DTranspose(4, 3, output_padding=-1), "output_padding", "-1")
    empty = layers.Conv2DTranspose(1, 2, padding="same", output_padding=0)
    refused(lambda: empty(Input((1, 1, 1))), "nothing is left")
    refused(lambda: layers.DepthwiseConv2D(3, depth_multiplier=0), "depth_multiplier", "0")
    refused(lambda: layers.SeparableConv2D(0, 3), "filters", "0")
