"""Layers of other axes than images: they are those of images, and NumPy's own."""

import numpy as np
import pytest

from halflight.nn import Input, layers


@pytest.mark.parametrize(
    ("one", "two", "shape"),
    [
        (layers.DepthwiseConv1D(3, 2), layers.DepthwiseConv2D((1, 3), (1, 2)), (9, 4)),
        (layers.SeparableConv1D(5, 3), layers.SeparableConv2D(5, (1, 3)), (9, 4)),
        (layers.Conv1DTranspose(5, 3, 2), layers.Conv2DTranspose(5, (1, 3), (1, 2)), (9, 4)),
    ],
)
def test_a_sequence_is_an_image_of_one_row(place, one, two, shape):
    sequence, image = place(one, [shape], "reference"), place(two, [(1, *shape)], "reference")
    image.inputs[0][...] = sequence.inputs[0][:, None]
    for name, weight in one.weights.items():
        two.weights[name].value[...] = weight.value.reshape(two.weights[name].shape)
    np.testing.assert_allclose(sequence.forward(), image.forward()[:, 0], rtol=1e-12)


def test_a_transposed_convolution_of_volumes_is_the_adjoint(place):
    up = place(layers.Conv3DTranspose(2, 2, 2, use_bias=False), [(2, 3, 2, 4)], "reference")
    down = place(layers.Conv3D(4, 2, 2, use_bias=False), [(4, 6, 4, 2)], "reference")
    down.layer.kernel.value[...] = up.layer.kernel.value
    left = float((up.forward() * down.inputs[0]).sum())
    assert left == pytest.approx(float((down.forward() * up.inputs[0]).sum()), rel=1e-12)


def test_volumes_are_numpys(place):
    def run(layer):
        placed = place(layer, [(4, 3, 5, 2)], "reference")
        return placed.forward(), placed.inputs[0]

    y, x = run(layers.UpSampling3D((2, 1, 3)))
    np.testing.assert_array_equal(y, x.repeat(2, axis=1).repeat(3, axis=3))
    edges = ((1, 0), (0, 1), (2, 1))
    y, x = run(layers.Cropping3D(edges))
    np.testing.assert_array_equal(y, x[:, 1:, :-1, 2:-1])
    y, x = run(layers.ZeroPadding3D(edges))
    np.testing.assert_array_equal(y, np.pad(x, ((0, 0), *edges, (0, 0))))


def test_repeated_and_rescaled(place):
    placed = place(layers.RepeatVector(3), [(5,)], "reference")
    np.testing.assert_array_equal(placed.forward(), placed.inputs[0][:, None].repeat(3, axis=1))
    placed = place(layers.Rescaling(scale=1 / 127.5, offset=-1), [(4, 2)], "reference")
    np.testing.assert_allclose(placed.forward(), placed.inputs[0] / 127.5 - 1, rtol=1e-12)


def test_alpha_dropout_keeps_mean_and_variance(place):
    placed = place(layers.AlphaDropout(0.3), [(40000,)], "reference")
    before = placed.inputs[0].copy()
    np.testing.assert_array_equal(placed.forward(training=False), before)
    y = placed.forward(training=True)
    assert y.mean() == pytest.approx(0.0, abs=0.02)
    assert y.var() == pytest.approx(1.0, abs=0.02)
    values, counts = np.unique(y.round(9), return_counts=True)
    assert counts.max() / y.size == pytest.approx(0.3, abs=0.01)  # those at the floor
    assert values[counts.argmax()] == pytest.approx(placed.layer._gain * -1.7580993408 * 0.7)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.UpSampling3D((2, 2)), "size"),
        (lambda: layers.Cropping3D(2)(Input((4, 4, 4, 1))), "must leave something"),
        (lambda: layers.ZeroPadding3D(-1), "padding must be"),
        (lambda: layers.RepeatVector(0), "n must be a positive integer"),
        (lambda: layers.RepeatVector(2)(Input((3, 2))), "needs a vector"),
        (lambda: layers.Rescaling("a"), "scale must be a finite number"),
        (lambda: layers.AlphaDropout(1.0), "rate must be"),
        (lambda: layers.SpatialDropout3D(0.5)(Input((3, 3, 3))), "depth, height, width, channels"),
        (lambda: layers.Conv1DTranspose(2, 3)(Input((3, 3, 1))), "a sequence"),
    ],
)
def test_what_does_not_fit_is_said(make, message):
    with pytest.raises(ValueError, match=message):
        make()
