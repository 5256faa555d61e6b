"""What Keras takes: ends of ranges that mean something, and NumPy's numbers wherever one is."""

import numpy as np
import pytest

from halflight.nn import (
    ArraySource,
    Input,
    Model,
    Sequential,
    callbacks,
    layers,
    optimizers,
    presets,
    regularizers,
    schedules,
)
from halflight.nn.constraints import MaxNorm
from halflight.nn.initializers import Constant, RandomNormal, RandomUniform, VarianceScaling
from halflight.nn.losses import BinaryCrossentropy, BinaryFocalCrossentropy, Huber, Quantile
from halflight.nn.metrics import Precision, Recall, TopKCategoricalAccuracy

RNG = np.random.default_rng(4)
IMAGES = RNG.normal(size=(12, 6, 6, 2)).astype(np.float32)
Y = IMAGES.mean(axis=(1, 2, 3))

ENDS = {
    "nothing dropped": lambda: layers.Dropout(0),
    "all dropped": lambda: layers.Dropout(1),
    "no channel dropped": lambda: layers.SpatialDropout2D(0),
    "all channels dropped": lambda: layers.SpatialDropout2D(1),
    "no noise": lambda: layers.GaussianNoise(0),
    "no noise multiplied": lambda: layers.GaussianDropout(0),
    "fixed moving statistics": lambda: layers.BatchNormalization(momentum=1.0),
    "newest moving statistics": lambda: layers.BatchNormalization(momentum=0),
    "batches without epsilon": lambda: layers.BatchNormalization(epsilon=0),
    "rows without epsilon": lambda: layers.LayerNormalization(epsilon=0),
    "groups without epsilon": lambda: layers.GroupNormalization(1, epsilon=0),
    "neighbours without power": lambda: layers.LocalResponseNormalization(1, beta=0),
    "leaky without slope": lambda: layers.LeakyReLU(0),
    "leaky of a line": lambda: layers.LeakyReLU(1),
    "elu without alpha": lambda: layers.ELU(0),
    "no shift": lambda: layers.RandomTranslation(0, 0),
    "penalties of nothing": lambda: layers.Conv2D(2, 1, kernel_regularizer=regularizers.L1L2(0, 0)),
}


@pytest.mark.parametrize("backend", ["cpu", "reference"])
@pytest.mark.parametrize("make", ENDS.values(), ids=ENDS)
def test_layers_at_the_ends_of_their_ranges_train(make, backend):
    image = Input((6, 6, 2))
    x = layers.Conv2D(2, 3, name="before")(image)
    stack = Model(image, layers.Dense(1)(layers.Flatten()(make()(x))), backend=backend)
    stack.compile("sgd", "mse")
    history = stack.fit(IMAGES, Y, epochs=2, batch_size=6)
    assert np.isfinite(history.column("loss")).all()
    assert np.isfinite(stack.predict(IMAGES)).all()


def test_moving_statistics_of_a_momentum_of_one_never_move():
    row = Input((3,))
    stack = Model(row, layers.Dense(1)(layers.BatchNormalization(momentum=1)(row)))
    stack.compile("sgd", "mse")
    stack.fit(RNG.normal(3, 2, size=(40, 3)), np.ones(40), epochs=3)
    weights = stack.get_weights()
    np.testing.assert_array_equal(weights["batch_normalization/moving_mean"], np.zeros(3))
    np.testing.assert_array_equal(weights["batch_normalization/moving_variance"], np.ones(3))


def test_what_drops_everything_writes_zeros_and_passes_no_gradient():
    stack = Sequential([Input((3,)), layers.Dense(2, name="below"), layers.Dropout(1)])
    stack.compile("sgd", "mse")
    before = stack.get_weights()["below/kernel"]
    assert stack.fit(np.ones((4, 3)), np.ones((4, 2)))[0]["loss"] == 1.0
    np.testing.assert_array_equal(stack.get_weights()["below/kernel"], before)


OPTIMIZERS = {
    "no momentum": lambda: optimizers.SGD(0.01, momentum=0),
    "all momentum": lambda: optimizers.SGD(0.01, momentum=1),
    "no betas": lambda: optimizers.Adam(0.01, beta_1=0, beta_2=0),
    "nadam without betas": lambda: optimizers.Nadam(0.01, beta_1=0, beta_2=0),
    "adamax without betas": lambda: optimizers.Adamax(0.01, beta_1=0, beta_2=0),
    "rmsprop without rho": lambda: optimizers.RMSprop(0.01, rho=0, momentum=1),
    "adadelta without rho": lambda: optimizers.Adadelta(0.01, rho=0),
    "adagrad from nothing": lambda: optimizers.Adagrad(0.01, initial_accumulator_value=0),
    "lion's ends": lambda: optimizers.Lion(0.001, beta_1=1, beta_2=1),
    "no rate": lambda: optimizers.Adam(0),
    "no clips": lambda: optimizers.SGD(0.01, clipnorm=0, clipvalue=0, global_clipnorm=0),
    "no decay": lambda: optimizers.AdamW(0.01, weight_decay=0, use_ema=True, ema_momentum=0),
    "averages that stay": lambda: optimizers.SGD(0.01, use_ema=True, ema_momentum=1),
}


@pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_optimizers_at_the_ends_of_their_ranges_train(make):
    stack = Sequential([Input((3,)), layers.Dense(1)])
    stack.compile(make(), "mse")
    x = RNG.normal(size=(20, 3))
    assert np.isfinite(stack.fit(x, x.sum(1), epochs=2).column("loss")).all()


def test_a_clip_of_zero_is_none_as_in_keras():
    def trained(**clip):
        stack = Sequential([Input((3,)), layers.Dense(1)])
        stack.compile(optimizers.SGD(0.1, **clip), "mse")
        stack.fit(np.ones((8, 3)), np.arange(8.0))
        return stack.get_weights()["dense/kernel"]

    for name in ("clipnorm", "clipvalue", "global_clipnorm"):
        np.testing.assert_array_equal(trained(**{name: 0}), trained())
        assert not np.array_equal(trained(**{name: 0.01}), trained())


SCHEDULES = {
    "a climb of no step": (schedules.CosineDecay(0.1, 10, 0, 0.2, 0), [0.2, 0.1, 0.0]),
    "no power": (schedules.PolynomialDecay(0.1, 10, 0.01, 0), [0.1, 0.1, 0.1]),
    "a factor of nothing": (schedules.ExponentialDecay(0.1, 10, 0), [0.1, 0.0, 0.0]),
    "no fall": (schedules.InverseTimeDecay(0.1, 10, 0), [0.1, 0.1, 0.1]),
}


@pytest.mark.parametrize(("schedule", "rates"), SCHEDULES.values(), ids=SCHEDULES)
def test_schedules_at_the_ends_of_their_ranges(schedule, rates):
    assert [schedule(step) for step in (0, 5, 10)] == pytest.approx(rates, abs=1e-12)


@pytest.mark.parametrize("smoothing", [0, 1])
def test_labels_may_be_smoothed_not_at_all_or_wholly(smoothing):
    stack = Sequential([Input((3,)), layers.Dense(1)])
    stack.compile("sgd", BinaryCrossentropy(True, smoothing))
    x = RNG.normal(size=(20, 3))
    assert np.isfinite(stack.fit(x, np.arange(20) % 2)[0]["loss"])


INTEGERS = [np.int64, np.int32, np.int8, np.array]
FLOATS = [np.float64, np.float32, np.float16, np.array]


@pytest.mark.parametrize("n", INTEGERS)
@pytest.mark.parametrize("f", FLOATS)
def test_numpys_numbers_are_numbers_everywhere(n, f, tmp_path):
    image = Input((n(6), 6, n(2)))
    x = layers.Conv2D(n(4), n(3), strides=(n(1), 1), dilation_rate=n(1), padding=n(1))(image)
    x = layers.BatchNormalization(momentum=f(0.5), epsilon=f(0.25))(x)
    x = layers.ReLU(n(6), f(0.5), f(0.25))(x)
    x = layers.Dropout(f(0.5), seed=n(3))(x)
    x = layers.MaxPooling2D(n(2), (n(1), n(1)))(x)
    x = layers.ZeroPadding2D(n(1))(layers.UpSampling2D(n(2))(x))
    x = layers.Concatenate(axis=n(3))([x, layers.GaussianNoise(f(0.5))(x)])
    x = layers.Reshape((n(-1), n(2)))(layers.Permute((n(2), n(1), 3))(x))
    x = layers.LSTM(n(3))(x)
    x = layers.Dense(n(1), kernel_regularizer=regularizers.L2(f(0.5)))(x)
    stack = Model(image, x, seed=n(5))
    rate = schedules.CosineDecay(f(0.01), n(20))
    stack.compile(
        optimizers.Adam(rate, beta_1=f(0.5), global_clipnorm=n(1)),
        Huber(f(0.5)),
        loss_weights=[n(2)],
    )
    stop = callbacks.EarlyStopping("loss", patience=n(3), min_delta=f(0))
    history = stack.fit(IMAGES, Y, epochs=n(2), batch_size=n(5), seed=n(3), callbacks=[stop])
    assert len(history) == 2
    assert stack.predict(IMAGES, batch_size=n(7)).shape == (12, 1)
    stack.evaluate(IMAGES, Y, batch_size=n(7))
    stack.fit(iter([(IMAGES, Y)]), steps_per_epoch=n(1), epochs=n(3), initial_epoch=n(2))
    stack.save(tmp_path / "model")  # as plain JSON


OTHERS = {
    "initializers": lambda n, f: [
        Constant(n(2)),
        RandomNormal(f(0), n(1)),
        RandomUniform(n(-1), n(1)),
        VarianceScaling(n(2)),
        MaxNorm(n(2)),
    ],
    "losses": lambda n, f: [BinaryFocalCrossentropy(gamma=n(2)), Quantile([f(0.5), f(0.25)])],
    "metrics": lambda n, f: [
        Precision(f(0.5)),
        Recall(class_id=n(0)),
        TopKCategoricalAccuracy(n(2)),
    ],
    "optimizers": lambda n, f: [
        optimizers.SGD(f(0.5), ema_overwrite_frequency=n(3)),
        optimizers.SGD(0.1, learning_rate_multipliers={"a": f(0.5)}),
    ],
    "schedules": lambda n, f: [schedules.PiecewiseConstantDecay([n(1), n(2)], [f(1), f(0.5), 0])],
    "presets": lambda n, f: [presets.build("mlp", input_shape=[n(3)], dropout=f(0.5), seed=n(1))],
    "sources": lambda n, f: [
        ArraySource(IMAGES, Y * f(2), batch_size=n(3), shuffle=np.True_, seed=n(1))
    ],
}


@pytest.mark.parametrize("make", OTHERS.values(), ids=OTHERS)
def test_and_of_everything_else(make):
    for n in (np.int16, np.array):
        assert make(n, np.float32)


NOT_INTEGERS = [True, np.True_, 3.0, np.float32(3), "3", None, [3], np.array([3])]
TAKING = {
    "units": layers.Dense,
    "filters": lambda v: layers.Conv2D(v, 3),
    "depth": lambda v: layers.SeparableConv2D(3, 3, depth_multiplier=v),
    "groups": layers.GroupNormalization,
    "size": layers.UpSampling1D,
    "dim": lambda v: layers.Embedding(v, 3),
    "axis": lambda v: layers.Concatenate(axis=v),
    "batch_size": lambda v: ArraySource(IMAGES, Y, batch_size=v, shuffle=False),
    "k": TopKCategoricalAccuracy,
    "decay_steps": lambda v: schedules.CosineDecay(0.1, v),
    "epochs": lambda v: _compiled().fit(IMAGES, Y, epochs=v),
    "initial_epoch": lambda v: _compiled().fit(IMAGES, Y, initial_epoch=v),
    "steps": lambda v: _compiled().fit(iter([]), steps_per_epoch=v),
    "patience": lambda v: callbacks.EarlyStopping(patience=v),
    "model seed": lambda v: Sequential([Input((3,)), layers.Dense(1)], seed=v),
}


def _compiled():
    stack = Sequential([Input((6, 6, 2)), layers.Flatten(), layers.Dense(1)])
    stack.compile("sgd", "mse")
    return stack


@pytest.mark.parametrize("value", NOT_INTEGERS, ids=repr)
@pytest.mark.parametrize("make", TAKING.values(), ids=TAKING)
def test_what_is_no_integer_is_refused_by_name(make, value):
    with pytest.raises(ValueError, match=r"received ") as raised:
        make(value)
    assert "\n" not in str(raised.value)
