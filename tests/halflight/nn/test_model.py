"""Models: names, structure, weights, and the errors of a graph that is not whole."""

import numpy as np
import pytest

from halflight.nn import Input, Model, Sequential, layers
from halflight.nn.naming import snake_case


def test_names_are_deterministic_and_follow_the_graph():
    def build():
        x = Input((8, 8, 1))
        a = layers.Conv2D(2, 3)(x)
        b = layers.Conv2D(2, 3, name="conv2d")(x)
        c = layers.Conv2D(2, 3)(x)
        y = layers.GlobalAveragePooling2D()(layers.Add()([c, a, b]))
        return Model(x, y, backend="reference")

    names = ["conv2d_1", "conv2d_2", "conv2d", "add", "global_average_pooling2d"]
    assert [layer.name for layer in build().layers] == names
    assert [layer.name for layer in build().layers] == names
    assert build().input_names == ["input_layer"]


def test_default_names_are_those_of_keras():
    assert snake_case("MaxPooling2D") == "max_pooling2d"
    assert snake_case("BatchNormalization") == "batch_normalization"
    assert snake_case("LeakyReLU") == "leaky_re_lu"
    assert snake_case("ELU") == "elu"


def test_initial_weights_depend_on_seed_and_name_alone():
    def kernel(extra, seed):
        stack = [Input((4,)), *extra, layers.Dense(3, name="d")]
        return Sequential(stack, backend="reference", seed=seed).get_weights()["d/kernel"]

    np.testing.assert_array_equal(kernel([], 1), kernel([layers.Dense(4)], 1))
    assert not np.array_equal(kernel([], 1), kernel([], 2))


def two_inputs():
    a, b = Input((2,), name="a"), Input((3,), name="b")
    return Model([a, b], layers.Dense(1)(layers.Concatenate()([b, a])), backend="reference")


def test_inputs_by_name_or_in_order():
    model = two_inputs()
    a, b = np.ones((4, 2)), np.full((4, 3), 2.0)
    np.testing.assert_array_equal(model.predict([a, b]), model.predict({"b": b, "a": a}))
    with pytest.raises(ValueError, match=r"needs the inputs \['a', 'b'\], received \['a'\]"):
        model.predict({"a": a})
    with pytest.raises(ValueError, match="same number of samples"):
        model.predict([a, b[:2]])
    with pytest.raises(ValueError, match=r"input 'b': needs the shape \(batch, 3\)"):
        model.predict([a, a])
    with pytest.raises(ValueError, match="at least one"):
        model.predict([a[:0], b[:0]])
    with pytest.raises(ValueError, match="every value must be finite"):
        model.predict([a * np.nan, b])


def test_a_shared_layer_has_one_set_of_weights():
    a, b = Input((2,)), Input((2,))
    shared = layers.Dense(3)
    model = Model([a, b], layers.Add()([shared(a), shared(b)]), backend="reference")
    assert model.input_names == ["input_layer", "input_layer_1"]
    assert model.count_params() == 9
    x = np.ones((1, 2))
    single = np.concatenate([model.predict([x, 0 * x]), model.predict([0 * x, x])])
    np.testing.assert_allclose(single.sum(axis=0), model.predict([x, x])[0])


def test_structure():
    model = two_inputs()
    assert model.input_shapes == [(2,), (3,)]
    assert model.output_shape == (1,)
    assert model.get_layer("dense").units == 1
    assert list(model.get_weights()) == ["dense/kernel", "dense/bias"]
    assert (model.count_params(), model.flops()) == (6, 11)
    with pytest.raises(ValueError, match=r"the layers are \['concatenate', 'dense'\]"):
        model.get_layer("conv")


def test_summary():
    model = Sequential(
        [Input((6, 6, 1)), layers.Conv2D(2, 3), layers.BatchNormalization(), layers.Flatten()],
        backend="reference",
    )
    model.freeze("conv*")
    lines = []
    model.summary(lines.append)
    text = lines[0]
    assert "conv2d (Conv2D) frozen" in text
    assert "(batch, 4, 4, 2)" in text
    assert "Parameters: 28 (4 trainable, 24 not)" in text
    assert f"a sample: {16 * (2 * 9 * 2 + 2) + 2 * 32:,}" in text
    assert all(line == line.rstrip() for line in text.splitlines())


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Input((0, 3)), "positive integers"),
        (lambda: Input(()), "positive integers"),
        (lambda: Model([], layers.Dense(1)(Input((2,)))), "inputs must be one or more different"),
        (lambda: Model(Input((2,)), layers.Dense(1)(Input((2,), name="z"))), "Input 'z' is not"),
        (lambda: Model(Input((2,)), layers.Dense(1)(Input((2,))), seed=-1), "seed"),
        (lambda: Sequential([Input((2,)), 3]), "every entry is a layer, or a model"),
        (
            lambda: Sequential([Input((2,)), layers.Dense(2, name="x"), layers.Dense(2, name="x")]),
            "'x' is used twice",
        ),
    ],
)
def test_errors(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_more_errors():
    a, b = Input((2,), name="a"), Input((2,), name="b")
    y = layers.Dense(1)(a)
    with pytest.raises(ValueError, match=r"do not depend on the input\(s\) \['b'\]"):
        Model([a, b], y)
    for outputs in ([], [y, y]):
        with pytest.raises(ValueError, match="outputs must be one or more different"):
            Model(a, outputs)
    with pytest.raises(ValueError, match="an output is an input itself"):
        Model(a, a)
    Model(a, y, backend="reference")
    with pytest.raises(ValueError, match="Dense 'dense': belongs to a model on another back end"):
        Model(a, y, backend="cpu")
    with pytest.raises(ValueError, match="unknown back end"):
        Model(b, layers.Dense(1)(b), backend="tpu")


def test_a_deep_model_needs_no_recursion():
    x = first = Input((1,))
    for _ in range(1500):
        x = layers.ReLU()(x)
    assert Model(first, x, backend="reference").predict(np.ones((1, 1))) == [[1.0]]
