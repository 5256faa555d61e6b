"""Corners of the converters that the layers' table does not reach."""

import numpy as np
import pytest

from halflight.nn import Input, Model, layers
from tests.halflight.export.comparing import disturb

SEQUENCE, IMAGE, VOLUME = (9, 4), (7, 6, 4), (5, 4, 6, 2)
CORNERS = {
    "neighbours without weight": (lambda: layers.LocalResponseNormalization(alpha=0.0), IMAGE),
    "neighbours of a step": (lambda: layers.LocalResponseNormalization(1, 2.0, 0.5), SEQUENCE),
    "neighbours of a number": (lambda: layers.LocalResponseNormalization(1), (5,)),
    "no neighbours": (lambda: layers.LocalResponseNormalization(0, 1.0, 2.0, 0.75), IMAGE),
    "more neighbours than channels": (lambda: layers.LocalResponseNormalization(9), VOLUME),
    "groups of numbers": (lambda: layers.GroupNormalization(2), (6,)),
    "groups of a volume": (lambda: layers.GroupNormalization(1, scale=False), VOLUME),
    "every channel a group": (lambda: layers.GroupNormalization(-1, center=False), SEQUENCE),
    "batches unscaled": (lambda: layers.BatchNormalization(scale=False, center=False), VOLUME),
    "rows unshifted": (lambda: layers.LayerNormalization(center=False), VOLUME),
    "threshold above limit": (lambda: layers.ReLU(0.5, 0.1, 0.8), IMAGE),
    "slope and threshold": (lambda: layers.ReLU(None, 0.1, 0.3), IMAGE),
    "integers for numbers": (lambda: layers.ReLU(max_value=6), IMAGE),
    "integers for all numbers": (lambda: layers.ReLU(6, 1, 2), IMAGE),
    "NumPy's for numbers": (lambda: layers.ReLU(np.int64(1), np.float32(0), np.int8(0)), IMAGE),
    "no slope": (lambda: layers.LeakyReLU(0), IMAGE),
    "a slope of one": (lambda: layers.LeakyReLU(1), IMAGE),
    "an integer alpha": (lambda: layers.ELU(2), IMAGE),
    "no alpha": (lambda: layers.ELU(0), IMAGE),
    "an integer epsilon": (lambda: layers.BatchNormalization(epsilon=1, momentum=1), IMAGE),
    "rows with an integer epsilon": (lambda: layers.LayerNormalization(epsilon=1), IMAGE),
    "groups with an integer epsilon": (lambda: layers.GroupNormalization(2, epsilon=1), IMAGE),
    "neighbours by integers": (lambda: layers.LocalResponseNormalization(1, 2, 1, 1), IMAGE),
    "neighbours by no integer": (lambda: layers.LocalResponseNormalization(1, 2, 0, 1), IMAGE),
    "slopes of every value": (layers.PReLU, VOLUME),
    "slopes of channels": (lambda: layers.PReLU(shared_axes=(1,)), SEQUENCE),
    "causal, with strides": (lambda: layers.Conv1D(3, 4, 2, "causal"), SEQUENCE),
    "causal, dilated": (lambda: layers.Conv1D(3, 2, 1, "causal", 3), SEQUENCE),
    "unequal margins": (lambda: layers.Conv2D(2, 3, 2, ((0, 2), (1, 0))), IMAGE),
    "pixels left out": (lambda: layers.Conv2D(2, 2, 5, "same"), IMAGE),
    "spread thin": (lambda: layers.Conv2DTranspose(3, 2, 4), IMAGE),
    "spread and cropped": (lambda: layers.Conv2DTranspose(3, 4, 2, "same", 1), IMAGE),
    "spread, one pixel": (lambda: layers.Conv2DTranspose(3, 1, 3, "same", 2), IMAGE),
    "spread, dilated": (lambda: layers.Conv2DTranspose(3, 3, 1, "same", None, 2), IMAGE),
    "depth multiplied": (lambda: layers.DepthwiseConv2D(3, 2, "same", 3), IMAGE),
    "separable, dilated": (
        lambda: layers.SeparableConv2D(5, 2, 1, "same", 2, 2, activation="selu"),
        IMAGE,
    ),
    "mean beside the margins": (
        lambda: layers.AveragePooling3D(3, 2, ((1, 0), (2, 1), (0, 2))),
        VOLUME,
    ),
    "maximum of strides": (lambda: layers.MaxPooling2D(2, 5, "same"), IMAGE),
    "three times as large": (lambda: layers.UpSampling2D((3, 5), "bilinear"), IMAGE),
    "seven times as long": (lambda: layers.UpSampling1D(7), SEQUENCE),
    "backwards both ways": (
        lambda: layers.Bidirectional(
            layers.GRU(3, return_sequences=True, go_backwards=True, reset_after=False), "mul"
        ),
        SEQUENCE,
    ),
    "every step an image": (
        lambda: layers.TimeDistributed(layers.TimeDistributed(layers.PReLU())),
        VOLUME,
    ),
}


@pytest.mark.parametrize(("make", "shape"), CORNERS.values(), ids=CORNERS)
def test_alone_and_after_a_convolution_of_its_axes(make, shape, exported):
    x = Input(shape)
    exported(disturb(Model(x, make()(x))))
    convolution = {2: layers.Conv1D, 3: layers.Conv2D, 4: layers.Conv3D}.get(len(shape))
    if convolution:
        before = convolution(shape[-1], 3, padding="same", activation="gelu")(x)
        exported(disturb(Model(x, layers.Activation("mish")(make()(before)))))


def test_the_channels_stay_first_from_one_layer_to_the_next(exported):
    x = image = Input((8, 8, 3))
    for layer in (
        layers.Conv2D(4, 3, padding="same", activation="relu6"),
        layers.PReLU(shared_axes=(1, 2)),
        layers.LocalResponseNormalization(),
        layers.GroupNormalization(2),
        layers.AveragePooling2D(),
        layers.ZeroPadding2D(),
        layers.UpSampling2D(),
        layers.SpatialDropout2D(0.5),
        layers.Cropping2D(1),
        layers.Conv2DTranspose(2, 2, strides=2, activation="softsign"),
    ):
        x = layer(x)
    proto = exported(disturb(Model(image, x)))
    assert [node.op_type for node in proto.graph.node].count("Transpose") == 2
