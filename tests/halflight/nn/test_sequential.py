"""Sequential: layers that are stacked, added and taken off, before and after the input is known."""

import copy
import pickle

import numpy as np
import pytest

from halflight.nn import Input, Model, Sequential, layers, losses

RNG = np.random.default_rng(5)
X, Y = RNG.normal(size=(24, 6)), RNG.normal(size=(24, 1))


def parts():
    return [layers.Dense(5, "tanh"), layers.Dropout(0.1), layers.Dense(1)]


def whole():
    return Sequential([Input((6,)), *parts()], backend="reference", seed=3)


def added():
    model = Sequential(backend="reference", seed=3)
    model.add(layers.Input((6,)))
    for layer in parts():
        model.add(layer)
    return model


def first_layer_says():
    first, *rest = parts()
    first = layers.Dense(5, "tanh", input_shape=(6,))
    return Sequential([first, *rest], backend="reference", seed=3)


def built_later():
    model = Sequential(parts(), backend="reference", seed=3)
    model.build((None, 6))
    return model


def built_by_data():
    model = Sequential(parts(), backend="reference", seed=3)
    assert not model.built
    model.predict(X)
    return model


def called():
    block = Sequential(parts())
    x = Input((6,))
    return Model(x, block(x), backend="reference", seed=3)


@pytest.mark.parametrize("make", [added, first_layer_says, built_later, built_by_data, called])
def test_every_way_to_say_the_input_makes_the_same_model(make):
    expected, model = whole(), make()
    assert list(model.get_weights()) == list(expected.get_weights())
    np.testing.assert_array_equal(model.predict(X), expected.predict(X))
    for one in (expected, model):
        one.compile("adam", "mse")
        one.fit(X, Y, epochs=2, verbose=0)
    np.testing.assert_array_equal(model.predict(X), expected.predict(X))


def test_compiled_before_it_is_built():
    model, expected = Sequential(parts(), backend="reference", seed=3), whole()
    for one in (model, expected):
        one.compile("sgd", "mae", metrics=["mse"])
        history = one.fit(X, Y, verbose=0)
    assert model.evaluate(X, Y) == expected.evaluate(X, Y)
    assert list(history.history) == ["loss", "mean_squared_error", "learning_rate"]


def test_a_wrong_name_for_later_is_said_when_it_is_built():
    model = Sequential(parts())
    model.compile("adam", "no such loss")
    with pytest.raises(ValueError, match="unknown loss 'no such loss'"):
        model.fit(X, Y)


def test_pop_and_add_keep_the_weights_below():
    model = whole()
    before = model.predict(X)
    head = model.pop()
    assert isinstance(head, layers.Dense)
    assert head.units == 1
    assert [type(layer).__name__ for layer in model.layers] == ["Dense", "Dropout"]
    assert model.predict(X).shape == (24, 5)
    model.add(head)
    np.testing.assert_array_equal(model.predict(X), before)
    model.pop()
    model.add(layers.Dense(2))
    model.compile("adam", "mse")
    model.fit(X, np.repeat(Y, 2, axis=1), verbose=0)
    assert model.output_shape == (2,)


def test_all_taken_off_and_begun_anew():
    model = Sequential([layers.Dense(2, input_shape=(6,))], backend="reference")
    model.pop()
    assert not model.built
    assert model.layers == []
    model.add(layers.Dense(3))
    assert model.predict(X).shape == (24, 3)
    model.pop()
    with pytest.raises(ValueError, match="needs a layer to take off"):
        model.pop()


def test_a_changed_model_wants_to_be_compiled_again():
    model = whole()
    model.compile("adam", "mse")
    model.add(layers.Dense(1))
    with pytest.raises(ValueError, match=r"call compile\(\) first"):
        model.fit(X, Y)


def test_a_layer_that_does_not_fit_changes_nothing():
    model = whole()
    before = model.predict(X)
    with pytest.raises(ValueError, match="image"):
        model.add(layers.Conv2D(2, 3))
    np.testing.assert_array_equal(model.predict(X), before)
    empty = Sequential()
    with pytest.raises(ValueError, match="image"):
        empty.add(layers.Conv2D(2, 3, input_shape=(6,)))
    empty.add(layers.Dense(2, input_shape=(3,)))
    assert empty.input_shapes == [(3,)]


def test_stacks_inside_a_stack():
    inner = Sequential([layers.Dense(4, "relu"), layers.Dense(3)])
    model = Sequential([inner, layers.Dense(1)], backend="reference")
    assert [layer.units for layer in model.layers] == [4, 3, 1]
    model.compile("adam", "mse")
    model.fit(X, Y, verbose=0)
    assert model.input_shapes == [(6,)]
    assert not inner.built  # its layers are the outer model's


def test_words_first():
    model = Sequential([layers.Embedding(7, 3), layers.GlobalAveragePooling1D(), layers.Dense(1)])
    model.compile("adam", losses.MeanSquaredError())
    words = RNG.integers(0, 7, size=(8, 5))
    model.fit(words, Y[:8], verbose=0)
    assert model.inputs[0].dtype == "int32"


def pickled(model):
    return pickle.loads(pickle.dumps(model))  # noqa: S301


@pytest.mark.parametrize("copied", [copy.deepcopy, pickled])
def test_copies_grow_by_themselves(copied):
    for model in (Sequential(parts(), backend="reference"), whole()):
        again = copied(model)
        again.add(layers.Dense(2))
        assert again.predict(X).shape == (24, 2)
        assert model.predict(X).shape == (24, 1)
    model.compile("adam", "mse")
    again = copied(model)
    for one in (model, again):
        one.fit(X, Y, verbose=0)
    np.testing.assert_array_equal(model.predict(X), again.predict(X))
    shared = copy.copy(model)
    shared.pop()
    assert len(model.layers) == 3


@pytest.mark.parametrize("ask", ["summary", "get_weights", "count_params", "save"])
def test_what_is_not_there_yet_is_said(ask, tmp_path):
    model = Sequential(parts())
    arguments = (tmp_path / "model",) if ask == "save" else ()
    with pytest.raises(AttributeError, match=r"no (graph|owner) yet, .*begin with Input"):
        getattr(model, ask)(*arguments)
    assert repr(model) == "<Sequential 'sequential': 3 entries, no input's shape yet>"
    assert not hasattr(model, "nonsense")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Sequential([Input((2,)), Input((2,))]), "every entry is a layer"),
        (lambda: Sequential([layers.Dense(2), "dense"]), "received 'dense'"),
        (lambda: Sequential(layers.Dense(2)), "takes a list of layers"),
        (lambda: layers.Dense(2, input_shape=(0,)), "input_shape must be positive integers"),
        (lambda: Sequential().predict(X), "has no layer"),
        (lambda: whole().build((None, 5)), r"is built for \[\(6,\)\], received \(5,\)"),
        (lambda: Sequential(parts()).train_on_batch(iter([]), Y), "does not say its shape"),
    ],
)
def test_errors(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_hint_of_the_input_is_no_part_of_a_layers_configuration():
    assert "input_shape" not in layers.Dense(2, input_shape=(3,)).get_config()
    with pytest.raises(ValueError, match=r"unknown argument\(s\) input_shape"):
        layers.LAYERS.construct({"class": "Dense", "config": {"units": 2, "input_shape": [3]}})
