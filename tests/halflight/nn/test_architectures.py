"""Random architectures of up to ten layers build, train and round-trip, or are refused clearly."""

import tempfile
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from halflight.nn import Input, Model, layers, load_model

SMALL = st.integers(1, 4)
STEPS = st.integers(1, 2)
PADDING = st.sampled_from(["valid", "same", "same"])
ACTIVATION = st.sampled_from([None, "relu", "tanh", "silu", "softmax", "gelu"])


def window(cls, *sizes):
    return (cls, dict.fromkeys(sizes, SMALL) | {"strides": STEPS, "padding": PADDING})


ANY_RANK = [
    (layers.Dense, {"units": SMALL, "activation": ACTIVATION}),
    (layers.BatchNormalization, {}),
    (layers.LayerNormalization, {}),
    (layers.GroupNormalization, {"groups": SMALL}),
    (layers.Dropout, {"rate": st.sampled_from([0.0, 0.5, 1.0])}),
    (layers.Activation, {"activation": st.sampled_from(["elu", "sigmoid", "gaussian", "rleu"])}),
    (layers.Flatten, {}),
    (
        layers.Reshape,
        {"target_shape": st.lists(st.sampled_from([-1, 1, 2, 3, 4]), min_size=1, max_size=4)},
    ),
    (layers.Permute, {"dims": st.lists(st.integers(1, 4), min_size=1, max_size=4)}),
]
SEQUENCES = [
    window(layers.Conv1D, "filters", "kernel_size"),
    window(layers.MaxPooling1D, "pool_size"),
    (layers.GlobalMaxPooling1D, {}),
    (layers.SimpleRNN, {"units": SMALL, "return_sequences": st.booleans()}),
    (layers.LSTM, {"units": SMALL, "return_sequences": st.booleans()}),
    (layers.GRU, {"units": SMALL, "return_sequences": st.booleans()}),
]
IMAGES = [
    window(layers.Conv2D, "filters", "kernel_size"),
    (
        layers.Conv2D,
        {"filters": SMALL, "kernel_size": SMALL, "dilation_rate": STEPS, "groups": STEPS},
    ),
    window(layers.Conv2DTranspose, "filters", "kernel_size"),
    (layers.DepthwiseConv2D, {"kernel_size": SMALL, "depth_multiplier": STEPS}),
    (layers.SeparableConv2D, {"filters": SMALL, "kernel_size": SMALL, "padding": PADDING}),
    window(layers.MaxPooling2D, "pool_size"),
    (layers.GlobalAveragePooling2D, {"keepdims": st.booleans()}),
    (layers.UpSampling2D, {"size": STEPS}),
    (layers.ZeroPadding2D, {"padding": STEPS}),
    (layers.Cropping2D, {"cropping": STEPS}),
]
VOLUMES = [
    window(layers.Conv3D, "filters", "kernel_size"),
    window(layers.AveragePooling3D, "pool_size"),
]
FITTING = {1: [], 2: SEQUENCES, 3: IMAGES, 4: VOLUMES}
EVERYTHING = [*ANY_RANK, *SEQUENCES, *IMAGES, *VOLUMES]


def next_layer(data: Any, rank: int) -> tuple[type, dict[str, Any]]:
    """A layer and its arguments: mostly one for tensors of this rank, now and then any."""
    choices = EVERYTHING if data.draw(st.integers(0, 9)) == 0 else FITTING[rank] + ANY_RANK
    cls, arguments = data.draw(st.sampled_from(choices))
    return cls, {name: data.draw(values) for name, values in arguments.items()}


def grow(data: Any, shape: tuple[int, ...]):
    """Up to ten layers; one that does not fit is refused by name and rule, and left out."""
    tensors = [Input(shape)]
    for _ in range(data.draw(st.integers(1, 10))):
        cls, arguments = next_layer(data, len(tensors[-1].shape))
        try:
            tensor = cls(**arguments)(tensors[-1])
        except ValueError as error:
            message = str(error)
            assert message.startswith(cls.__name__)
            assert "received" in message
            continue
        twin = next((t for t in tensors if t.shape == tensor.shape), None)
        if twin is not None and data.draw(st.booleans()):
            tensor = layers.Add()([tensor, twin])
        tensors.append(tensor)
    if len(tensors) == 1:
        tensors.append(layers.Flatten()(tensors[0]))
    return tensors[0], tensors[-1]


@settings(
    max_examples=120,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(st.data(), st.lists(st.integers(1, 6), min_size=1, max_size=4).map(tuple))
def test_build_train_and_round_trip_or_a_clear_refusal(data, shape):
    inputs, output = grow(data, shape)
    model = Model(inputs, output, backend="reference", seed=1)
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(3, *shape)), rng.normal(size=(3, *output.shape))
    model.compile("sgd", "mean_squared_error")
    if any(weight.trained for weight in model.weights.values()):
        model.fit(x, y, batch_size=2)
    prediction = model.predict(x)
    assert prediction.shape == (3, *output.shape)
    assert np.isfinite(prediction).all()
    with tempfile.TemporaryDirectory() as folder:
        model.save(folder)
        again = load_model(folder, backend="reference")
    np.testing.assert_array_equal(again.predict(x), prediction)
    assert [layer.get_config() for layer in again.layers] == [
        layer.get_config() for layer in model.layers
    ]
