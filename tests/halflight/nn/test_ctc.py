"""CTC: against all alignments one by one, values by hand, its gradient, its errors; a model learns.

The values of two labels in three steps are those that PyTorch's `nn.CTCLoss` has by its definition:
-log of the sum over the alignments' products of softmax probabilities.
"""

import itertools
import json
import math

import numpy as np
import pytest

from halflight import kernels
from halflight.nn import Input, Model, layers, load_model, losses, optimizers
from halflight.nn.configuration import plain
from tests.halflight.kernels.backends import COMPILED, ON_CPU
from tests.halflight.nn.conftest import reference_in_float32


def softmax(logits):
    e = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def collapsed(path):
    """Repeats of a class are one, and then blanks are left out."""
    return [k for k, _ in itertools.groupby(path) if k]


def by_brute_force(logits, labels):
    """The sum over every sequence of classes, a class a step, that collapses to the labels."""
    p, total = softmax(logits), 0.0
    for path in itertools.product(range(logits.shape[1]), repeat=len(logits)):
        if collapsed(path) == [k for k in labels if k]:
            total += math.prod(p[t, k] for t, k in enumerate(path))
    return -math.log(total) if total else math.inf


def run(backend, prediction, target, weight):
    k = reference_in_float32() if backend == "reference in float32" else kernels.load(backend)
    target = losses.CTC().arrange(np.asarray(target, float), None, np.asarray(weight))
    arrays = [k.to_device(np.asarray(a, float)) for a in (prediction, target, weight)]
    values, gradient = k.empty((len(weight),)), k.empty(prediction.shape)
    losses.CTC().write(k, values, gradient, *arrays)
    return k.to_host(values), k.to_host(gradient)


LABELS = [[0, 0, 0], [1, 0, 0], [1, 2, 0], [2, 2, 0], [1, 2, 1], [2, 1, 1]]
RNG = np.random.default_rng(2)
LOGITS = 2.0 * RNG.normal(size=(len(LABELS), 5, 3)).astype(np.float32).astype(float)


@pytest.mark.parametrize("backend", ON_CPU)
def test_equals_the_sum_over_all_alignments(backend):
    values, _ = run(backend, LOGITS, LABELS, np.ones(len(LABELS)))
    expected = [by_brute_force(x, y) for x, y in zip(LOGITS, LABELS, strict=True)]
    np.testing.assert_allclose(values, expected, rtol=1e-12 if backend == "reference" else 1e-5)


@pytest.mark.parametrize("backend", ON_CPU)
def test_values_by_hand(backend):
    """Label 1 in two steps of even odds: 11, 10 and 01, of probability 1/4 each.

    Labels 1, 2 in three steps whose classes 0, 1, 2 have shares (2, 1, 1), (1, 2, 1), (1, 1, 2) of
    4: the five alignments have so many of 64.
    """
    values, _ = run(backend, np.zeros((1, 2, 2)), [[1.0]], [1.0])
    np.testing.assert_allclose(values, [math.log(4 / 3)], rtol=1e-6)
    shares = np.array([[2.0, 1, 1], [1, 2, 1], [1, 1, 2]])
    products = {"112": 1 * 2 * 2, "122": 1 * 1 * 2, "102": 1 * 1 * 2, "120": 1 * 1 * 1, "012": 8}
    values, _ = run(backend, np.log(shares)[np.newaxis], [[1.0, 2.0]], [1.0])
    np.testing.assert_allclose(values, [math.log(64 / sum(products.values()))], rtol=1e-6)


def test_gradient_is_that_of_the_weighted_mean(gradient_error):
    weight = np.array([1.0, 2.0, 0.0, 0.5, 1.5, 1.0])
    logits = LOGITS.copy()
    _, gradient = run("reference", logits, LABELS, weight)
    assert not gradient[2].any()

    def value():
        return float(run("reference", logits, LABELS, weight)[0] @ weight / weight.sum())

    assert gradient_error(value, logits, gradient) <= 1e-7


@pytest.mark.parametrize("backend", COMPILED)
def test_back_ends_agree_on_long_sequences_and_far_logits(backend, agrees):
    rng = np.random.default_rng(4)
    logits = 10.0 * rng.normal(size=(6, 150, 9)).astype(np.float32).astype(float)
    labels = rng.integers(1, 9, (6, 40)) * (np.arange(40) < rng.integers(1, 40, (6, 1)))

    def numbers(name):
        found = run(name, logits, labels, np.ones(6))
        return dict(zip(("loss", "dprediction"), found, strict=True))

    agrees(numbers("reference"), numbers("reference in float32"), numbers(backend))


@pytest.mark.parametrize("backend", ON_CPU)
def test_samples_that_cannot_be(backend):
    """Too many labels for the steps; a label that is no class; a logit that is not finite."""
    logits = np.zeros((4, 2, 3))
    logits[3, 0, 1] = np.inf
    with np.errstate(invalid="ignore"):
        values, gradient = run(backend, logits, [[1, 1], [5, 0], [1, 2], [1, 0]], np.ones(4))
    np.testing.assert_array_equal(values[:2], [np.inf, np.nan])
    assert not gradient[0].any()
    assert np.isfinite(values[2])
    assert np.isnan(values[3])


def test_called_as_in_keras():
    loss = losses.CTC(reduction="none")
    values = loss(LABELS, LOGITS)
    assert values.shape == (len(LABELS),)
    assert losses.CTC()(LABELS, LOGITS) == pytest.approx(values.mean())
    weight = np.arange(1.0, 7.0)
    found = losses.CTC(reduction="sum_over_batch_size")(LABELS, LOGITS, weight)
    assert found == pytest.approx(np.mean(weight * values))
    again = losses.get(json.loads(json.dumps(plain(loss))))
    assert type(again) is type(losses.get("ctc")) is losses.CTC
    assert again.get_config() == loss.get_config()


@pytest.mark.parametrize("length", [None, 8])
def test_a_model_reads_labels_out_of_a_longer_sequence(length, tmp_path):
    """Pulses of one of two signs, of any width, at any time: which came, in their order."""
    rng = np.random.default_rng(5)
    x, labels = np.zeros((256, 8, 1)), np.zeros((256, 2))
    for n in range(256):
        for number, begin in enumerate((rng.integers(0, 2), rng.integers(4, 6))[: 1 + n % 2]):
            sign = rng.integers(2)
            x[n, begin : begin + 1 + rng.integers(2)] = 2.0 * sign - 1.0
            labels[n, number] = 1 + sign
    inputs = Input((length, 1))
    hidden = layers.Conv1D(8, 3, padding="same", activation="relu")(inputs)
    model = Model(inputs, layers.Dense(3, name="logits")(hidden), seed=1)
    model.compile(optimizers.Adam(0.02), "ctc")
    history = model.fit(x, labels, epochs=30, verbose=0).history["loss"]
    assert history[-1] < 0.3 * history[0]
    read = [collapsed(path) for path in model.predict(x).argmax(axis=-1)]
    right = [found == [int(k) for k in row if k] for found, row in zip(read, labels, strict=True)]
    assert np.mean(right) > 0.9
    model.save(tmp_path / "model")
    again = load_model(tmp_path / "model")
    assert list(again.evaluate(x, labels)) == list(model.evaluate(x, labels))
    found = again.fit(x[:20], labels[:20], sample_weight=np.ones(20), batch_size=7, verbose=0)
    assert np.isfinite(found.history["loss"]).all()
    if length is None:
        model.train_on_batch(x[:4, :6], np.ones((4, 1)))
    else:
        with pytest.raises(ValueError, match="row 1 takes more than its 8, received 9"):
            model.train_on_batch(x[:2], [[1, 0, 0, 0, 0], [1, 1, 1, 1, 1]])


def test_steps_that_a_mask_leaves_out_are_as_if_they_were_not_there():
    def model_of(steps):
        x = Input((steps, 2))
        h = layers.GRU(3, return_sequences=True)(layers.Masking()(x))
        model = Model(x, h, backend="reference", seed=4)
        model.compile("sgd", losses.CTC(reduction="sum"))
        return model

    rng, steps = np.random.default_rng(0), (6, 4, 0)
    x, labels = rng.normal(size=(3, 6, 2)), np.array([[1, 2, 1], [2, 2, 0], [1, 1, 1]])
    for n, count in enumerate(steps):
        x[n, count:] = 0.0
    whole, alone = model_of(None), {count: model_of(count) for count in steps[:2]}
    losses_alone = [alone[c].train_on_batch(x[n : n + 1, :c], labels[n : n + 1])["loss"]
                    for n, c in enumerate(steps[:2])]  # fmt: skip
    before = whole.get_weights()
    found = whole.train_on_batch(x, labels)["loss"]  # a sample without steps does not count
    assert found == pytest.approx(sum(losses_alone), rel=1e-12)
    for name, value in whole.get_weights().items():
        moved = sum(model.get_weights()[name] - before[name] for model in alone.values())
        np.testing.assert_allclose(value - before[name], moved, rtol=1e-9, atol=1e-15)
    with pytest.raises(ValueError, match="row 1 takes more than its 4, received 5"):
        whole.train_on_batch(x[:2], np.array([[1, 2, 1], [2, 2, 2]]))
    x[1, 0] = 0.0
    with pytest.raises(ValueError, match=r"first steps of a sample count .* in sample 1"):
        whole.train_on_batch(x, labels)


def test_errors():
    inputs = Input((4, 3))
    model = Model(inputs, layers.Conv1D(3, 1, name="logits")(inputs), backend="reference")
    model.compile("sgd", "ctc")
    x = np.zeros((2, 4, 3))
    for targets, message in (
        ([[1, 3], [1, 2]], "integers of 0 to 2, received 3.0 in row 0"),
        ([[1, 2], [0, 2]], "0 behind the last alone, received 2.0 in row 1"),
        ([[1.5, 2], [1, 0]], "integers of 0 to 2, received 1.5"),
    ):
        with pytest.raises(ValueError, match=message):
            model.train_on_batch(x, np.array(targets))
    with pytest.raises(ValueError, match="'logits' takes no metrics"):
        model.compile("sgd", "ctc", metrics=["accuracy"])
    with pytest.raises(ValueError, match=r"output \(time, classes\) of logits, received \(3,\)"):
        Model(inputs, layers.GRU(3)(inputs)).compile("sgd", "ctc")
    model.compile("sgd", "ctc")
    with pytest.raises(ValueError, match="class_weight needs one class a row"):
        model.fit(x, np.ones((2, 2)), class_weight={1: 2.0}, verbose=0)
