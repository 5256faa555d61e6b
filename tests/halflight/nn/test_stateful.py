"""Stateful layers: what one batch leaves to the next, what resets it, and what keeps it."""

import copy
import pickle

import numpy as np
import pytest

from halflight.nn import Input, Model, Sequential, callbacks, layers, load_model
from halflight.nn.optimizers import SGD
from halflight.nn.sharding import Sharding
from tests.halflight.kernels.backends import EVERYWHERE

UNITS, SAMPLES = 3, 2
MAKERS = {
    "simple rnn": (layers.SimpleRNN, (2,)),
    "lstm": (layers.LSTM, (2,)),
    "gru": (layers.GRU, (2,)),
    "gru reset before": (lambda n, **rest: layers.GRU(n, reset_after=False, **rest), (2,)),
    "conv lstm": (lambda n, **rest: layers.ConvLSTM1D(n, 2, **rest), (3, 2)),
}
every_maker = pytest.mark.parametrize(("make", "step"), MAKERS.values(), ids=MAKERS)


def model_of(make, shape, backend="reference", **options):
    x = Input(shape, name="x")
    layer = make(UNITS, name="r", bias_initializer="normal", **options)
    return Model(x, layer(x), backend=backend, seed=3), layer


def data_of(shape, seed=1):
    return np.random.default_rng(seed).normal(size=(SAMPLES, *shape))


@every_maker
@pytest.mark.parametrize("sequences", [True, False])
def test_batches_in_order_are_one_long_sequence(make, step, sequences):
    options = {"return_sequences": sequences}
    whole, _ = model_of(make, (6, *step), **options)
    model, layer = model_of(make, (2, *step), **options, stateful=True)
    data = data_of((6, *step))
    parts = [model.predict(data[:, k : k + 2]) for k in (0, 2, 4)]
    found = np.concatenate(parts, axis=1) if sequences else parts[-1]
    np.testing.assert_allclose(found, whole.predict(data), rtol=1e-12)
    layer.reset_state()
    np.testing.assert_array_equal(model.predict(data[:, :2]), parts[0])
    model.reset_states()
    np.testing.assert_array_equal(model.predict(data[:, :2]), parts[0])
    layer.reset_states()  # Keras's other name
    np.testing.assert_array_equal(model.predict(data[:, :2]), parts[0])


@pytest.mark.parametrize("backend", EVERYWHERE)
def test_it_does_so_on_every_back_end(backend):
    model, layer = model_of(layers.LSTM, (1, 2), backend, stateful=True)
    truth, _ = model_of(layers.LSTM, (1, 2), stateful=True)
    truth.set_weights(model.get_weights())
    for seed in (1, 2, 3):
        data = data_of((1, 2), seed)
        np.testing.assert_allclose(model.predict(data), truth.predict(data), rtol=1e-5)
    assert [state.shape for state in layer.memory.hosts()] == [(SAMPLES, UNITS)] * 2


@every_maker
def test_masked_steps_leave_what_it_remembers(make, step):
    x, counts = Input((2, *step)), Input((2,))
    layer = make(UNITS, stateful=True, return_state=True)
    model = Model([x, counts], [*layer(x, counts)], backend="reference")
    data = data_of((2, *step))
    first = model.predict([data, np.ones((SAMPLES, 2))])
    second = model.predict([data, np.array([[0.0, 0.0], [0.0, 1.0]])])
    for before, after in zip(first[1:], second[1:], strict=True):
        np.testing.assert_array_equal(after[0], before[0])
        assert (after[1] != before[1]).any()
    np.testing.assert_array_equal(second[0][0], 0.0)  # no step of its own to show


@every_maker
def test_gradients_end_where_the_batch_began(make, step):
    """A step of training is that of a layer which is given the states as numbers."""
    model, layer = model_of(make, (2, *step), stateful=True)
    x = Input((2, *step))
    plain = make(UNITS, name="r", bias_initializer="normal")
    begun = [Input(layer.one) for _ in range(layer.state_count)]
    given = Model([x, *begun], plain(x, initial_state=begun), backend="reference", seed=3)
    model.predict(data_of((2, *step), 5))
    states = [state.reshape(SAMPLES, *layer.one) for state in layer.memory.hosts()]
    data, target = data_of((2, *step)), np.ones((SAMPLES, *model.output_shape))
    for trained, inputs in ((model, data), (given, [data, *states])):
        trained.compile(SGD(0.1), "mean_squared_error")
        trained.train_on_batch(inputs, target)
    for name, weight in given.get_weights().items():
        np.testing.assert_allclose(model.get_weights()[name], weight, rtol=1e-12)


def test_a_bidirectional_layer_remembers_both_directions():
    x = Input((2, 2))
    inner = layers.LSTM(UNITS, stateful=True, name="lstm")
    both = layers.Bidirectional(inner, merge_mode=None, name="both")
    model = Model(x, both(x), backend="reference", seed=3)
    first, second = data_of((2, 2), 1), data_of((2, 2), 2)
    begun = model.predict(first)
    found = model.predict(second)
    weights = model.get_weights()
    for number, direction in enumerate(("forward", "backward")):
        layer = layers.LSTM(UNITS, stateful=True, go_backwards=bool(number), name="r")
        alone = Model(x, layer(x), backend="reference")
        alone.set_weights(
            {key: weights[f"both/{direction}_lstm/{key[2:]}"] for key in alone.get_weights()}
        )
        alone.predict(first)
        np.testing.assert_allclose(found[number], alone.predict(second), rtol=1e-12)
    both.reset_state()
    np.testing.assert_array_equal(model.predict(first), begun)


def trained(stateful=True, **options):
    model = Sequential(
        [Input((2, 1)), layers.GRU(UNITS, stateful=stateful, name="gru"), layers.Dense(1)],
        backend="reference",
        seed=2,
    )
    model.compile(SGD(0.1), "mean_squared_error", **options)
    return model


def test_training_evaluation_and_prediction_go_on_from_each_other(tmp_path):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(6, 2, 1)), rng.normal(size=6)
    model, steps = trained(), trained()
    model.fit(x, y, batch_size=2, shuffle=False, epochs=2, verbose=0)
    for k in (0, 2, 4) * 2:
        steps.train_on_batch(x[k : k + 2], y[k : k + 2])
    steps.evaluate(x[:2], y[:2])
    model.evaluate(x[:2], y[:2])
    kept = model.get_layer("gru").memory.hosts()
    np.testing.assert_array_equal(kept, steps.get_layer("gru").memory.hosts())
    model.save(tmp_path / "model")
    copies = [copy.deepcopy(model), pickle.loads(pickle.dumps(model))]  # noqa: S301
    expected = model.predict(x[:2])
    for each in copies:  # go on as the original would
        np.testing.assert_array_equal(each.predict(x[:2]), expected)
    again = load_model(tmp_path / "model", backend="reference")  # begins anew
    assert again.get_layer("gru").stateful
    model.reset_states()
    np.testing.assert_array_equal(again.predict(x[:2]), model.predict(x[:2]))


@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning")
def test_a_step_that_is_not_finite_leaves_what_it_remembers():
    model, x = trained(), np.ones((2, 2, 1))
    with pytest.raises(FloatingPointError):
        model.train_on_batch(x, np.full(2, 1e200))
    np.testing.assert_array_equal(model.get_layer("gru").memory.hosts()[0], 0.0)
    model.predict(x)
    kept = model.get_layer("gru").memory.hosts()
    with pytest.raises(FloatingPointError):
        model.train_on_batch(x, np.full(2, 1e200))
    np.testing.assert_array_equal(model.get_layer("gru").memory.hosts(), kept)


class _Interrupt(callbacks.Callback):
    """Notes the epochs that begin, and stops at one."""

    def __init__(self, at=None):
        self.at, self.seen = at, []

    def on_epoch_begin(self, epoch):
        if epoch == self.at:
            raise KeyboardInterrupt
        self.seen.append(epoch)


def test_a_training_that_resumes_remembers(tmp_path):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(4, 2, 1)), rng.normal(size=4)
    options = {"batch_size": 2, "shuffle": False, "epochs": 4, "verbose": 0}
    whole, killed, resumed = trained(), trained(), trained()
    whole.fit(x, y, **options)
    with pytest.raises(KeyboardInterrupt):
        killed.fit(x, y, **options, callbacks=[callbacks.BackupAndRestore(tmp_path), _Interrupt(2)])
    rest = _Interrupt()
    resumed.fit(x, y, **options, callbacks=[callbacks.BackupAndRestore(tmp_path), rest])
    assert rest.seen == [2, 3]
    for name, weight in whole.get_weights().items():
        np.testing.assert_array_equal(resumed.get_weights()[name], weight)


@pytest.mark.parametrize("asked", [{"batch_shape": (2, 3, 1)}, {"shape": (3, 1), "batch_size": 2}])
def test_an_input_may_say_how_many_samples_a_batch_has(asked, tmp_path):
    model = Sequential(
        [Input(**asked), layers.LSTM(2, stateful=True), layers.Dense(1)], backend="reference"
    )
    assert model.input_shapes == [(3, 1)]
    model.compile("sgd", "mse")
    x = np.zeros((4, 3, 1))
    model.fit(x, np.zeros(4), batch_size=2, shuffle=False, verbose=0)
    model.save(tmp_path / "model")
    loaded = load_model(tmp_path / "model", backend="reference")
    for each in (model, loaded, copy.deepcopy(model)):
        each.predict(x, batch_size=2)
        with pytest.raises(ValueError, match="asks for batches of 2 samples: .* received 4"):
            each.predict(x)


def test_errors():
    with pytest.raises(ValueError, match="batch_shape is in the place of shape"):
        Input((3, 1), batch_shape=(2, 3, 1))
    with pytest.raises(ValueError, match="batch_size must be a positive integer, or None"):
        Input((3, 1), batch_size=0)
    with pytest.raises(ValueError, match="shape must be positive integers"):
        Input(batch_shape=(2,))
    with pytest.raises(ValueError, match="shape must be positive integers"):
        Input()
    model, layer = model_of(layers.GRU, (2, 2), stateful=True)
    model.predict(data_of((2, 2)))
    with pytest.raises(ValueError, match="GRU 'r': goes on with the states .* received"):
        model.predict(np.zeros((3, 2, 2)))
    with pytest.raises(ValueError, match="as many samples"):
        model.predict(np.zeros((4, 2, 2)), batch_size=3)
    layer.reset_state()
    model.predict(np.zeros((3, 2, 2)))
    with pytest.raises(ValueError, match="stateful must be True or False, received 1"):
        layers.LSTM(2, stateful=1)
    sharded = trained(sharding=Sharding(2))
    with pytest.raises(ValueError, match="GRU 'gru': is stateful and reads whole batches"):
        sharded.train_on_batch(np.zeros((2, 2, 1)), np.zeros(2))
