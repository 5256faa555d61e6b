"""Whole models in ONNX: branches, shared layers, several outputs, presets, and the axes' order."""

import numpy as np
import onnx
import pytest

from halflight.export import export_onnx
from halflight.nn import Input, Model, layers
from halflight.nn.presets import PRESETS
from tests.halflight.export.comparing import disturb
from tests.halflight.nn.preset_shapes import SMALL


def operators(proto):
    return [node.op_type for node in proto.graph.node]


def test_shared_layers_are_called_twice_and_kept_once(exported):
    left, right = Input((6, 6, 2), name="left"), Input((6, 6, 2), name="right")
    shared = layers.Conv2D(2, 3, padding="same", activation="relu", name="shared")
    norm = layers.BatchNormalization()
    joined = layers.Add()([norm(shared(left)), norm(shared(shared(right)))])
    model = disturb(Model([left, right], layers.Dense(3)(layers.Flatten()(joined))))
    proto = exported(model)
    assert operators(proto).count("Conv") == 3
    kernels = [tensor for tensor in proto.graph.initializer if len(tensor.dims) == 4]
    assert [tensor.name for tensor in kernels] == ["shared/kernel"]


def test_several_outputs_in_the_models_order_under_their_names(exported):
    image = Input((6, 6, 1), name="image")
    trunk = layers.Conv2D(4, 3, name="trunk")(image)
    mean = layers.GlobalAveragePooling2D(name="mean")(trunk)
    model = disturb(Model(image, [layers.Dense(2, name="head")(mean), mean, trunk]))
    proto = exported(model)
    assert [output.name for output in proto.graph.output] == ["head", "mean", "trunk"]
    assert [entry.name for entry in proto.graph.input] == ["image"]
    axes = [
        dim.dim_param or dim.dim_value for dim in proto.graph.output[2].type.tensor_type.shape.dim
    ]
    assert axes == ["batch", 4, 4, 4]


def test_outputs_that_are_an_input_or_each_other_in_inference(exported):
    x = Input((3,), name="x")
    same, again = layers.Dropout(0.5, name="same")(x), layers.Activation("linear", name="again")(x)
    hidden = layers.Dense(2, name="hidden")(x)
    twice = layers.Dropout(0.5, name="twice")(hidden)
    proto = exported(disturb(Model(x, [same, again, hidden, twice])))
    assert operators(proto) == ["Gemm", "Identity", "Identity", "Identity"]


def test_a_chain_of_images_is_turned_once_and_turned_back_once(exported):
    x = image = Input((12, 12, 2))
    for filters in (3, 4):
        x = layers.Conv2D(filters, 3, padding="same", activation="silu")(x)
        x = layers.LeakyReLU()(layers.BatchNormalization()(x))
        x = layers.MaxPooling2D()(layers.Concatenate()([x, layers.ReLU()(x)]))
    proto = exported(disturb(Model(image, x)))
    assert operators(proto).count("Transpose") == 2
    pooled = layers.GlobalAveragePooling2D()(x)
    proto = exported(disturb(Model(image, layers.Dense(1)(pooled))))
    assert operators(proto).count("Transpose") == 1


def test_images_in_both_orders_meet(exported):
    image = Input((6, 6, 3))
    convolved = layers.Conv2D(3, 3, padding="same")(image)
    joined = layers.Concatenate()([layers.Add()([image, convolved]), convolved, image])
    x = layers.Conv2D(2, 3)(joined)
    flat = layers.Flatten()(joined)
    exported(disturb(Model(image, [layers.Add()([x, x]), layers.Dense(2)(flat)])))


@pytest.mark.parametrize("name", SMALL)
def test_every_preset(name, exported):
    exported(disturb(PRESETS[name](**SMALL[name])))


def test_either_back_end_gives_the_same_graph(tmp_path, exported):
    def build(backend):
        x = Input((5,), name="x")
        return Model(x, layers.Dense(3, "tanh", name="y")(x), backend=backend, seed=2)

    cpu, reference = exported(build("cpu")), exported(build("reference"))
    assert cpu.SerializeToString() == reference.SerializeToString()
    assert np.prod(cpu.graph.initializer[0].dims) == 15


def test_what_only_training_reads_is_left_out(exported):
    x = Input((4,), name="x")
    mean, log_variance = layers.Dense(2)(x), layers.Dense(2, name="log_variance")(x)
    code = layers.Sampling()([mean, log_variance])
    proto = exported(disturb(Model(x, layers.Dense(3)(code))))
    assert operators(proto) == ["Gemm", "Gemm"]
    assert not [t.name for t in proto.graph.initializer if "log_variance" in t.name]


def test_recurrent_layers_on_top_of_each_other_stay_time_first(exported):
    sequence = Input((5, 3))
    x = layers.GRU(2)(layers.LSTM(4, return_sequences=True)(sequence))
    proto = exported(disturb(Model(sequence, x)))
    assert operators(proto) == ["Transpose", "LSTM", "Squeeze", "GRU", "Squeeze"]


def test_integers_and_numbers_meet(exported):
    words, numbers = Input((6,), name="words", dtype="int32"), Input((6, 2), name="numbers")
    x = layers.Concatenate()([layers.Embedding(7, 3)(words), numbers])
    inner = layers.LSTM(3, return_sequences=True)
    x = layers.Bidirectional(inner, name="both")(x)
    x = layers.TimeDistributed(layers.Dense(2, "softmax"), name="each")(x)
    proto = exported(disturb(Model([words, numbers], x)))
    kinds = [entry.type.tensor_type.elem_type for entry in proto.graph.input]
    assert kinds == [onnx.TensorProto.INT32, onnx.TensorProto.FLOAT]
    names = {tensor.name for tensor in proto.graph.initializer}
    assert {"both/forward_lstm/kernel", "both/backward_lstm/kernel", "each/dense/bias"} <= names


def test_an_error_names_the_layer_inside_a_layer(tmp_path, monkeypatch):
    monkeypatch.setattr("halflight.export.export.INEXPRESSIBLE", {layers.Dense: "so it is"})
    sequence = Input((5, 3))
    model = Model(sequence, layers.TimeDistributed(layers.Dense(2), name="each")(sequence))
    with pytest.raises(ValueError, match="TimeDistributed 'each', Dense 'dense': cannot .* so it"):
        export_onnx(model, tmp_path / "a.onnx")
