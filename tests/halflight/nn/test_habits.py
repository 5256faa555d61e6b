"""Habits of Keras: progress by default, samples kept to validate on, scores in a list."""

import numpy as np
import pytest

from halflight.nn import Input, Sequential, layers, load_model
from halflight.nn.callbacks import BackupAndRestore, ProgressLogger
from tests.halflight.nn.test_layer_check import Scale

RNG = np.random.default_rng(2)
X, Y = RNG.normal(size=(40, 3)), RNG.normal(size=(40, 1))


def model(*more, **options):
    stack = Sequential([Input((3,)), *more, layers.Dense(1)], backend="reference", seed=1)
    stack.compile("sgd", "mse", **options)
    return stack


@pytest.mark.parametrize(
    ("verbose", "terminal", "lines", "bar"),
    [
        ("auto", True, 2, True),
        (1, True, 2, True),
        (1, False, 2, False),
        (2, True, 2, False),
        (0, True, 0, False),
        (True, False, 2, False),
    ],
)
def test_progress(verbose, terminal, lines, bar, capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: terminal)
    model().fit(X, Y, epochs=2, verbose=verbose)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == lines
    assert ("[" in err.replace("\x1b[", "")) == bar


def test_progress_is_not_told_twice(capsys):
    model().fit(X, Y, epochs=3, callbacks=[ProgressLogger()])
    assert capsys.readouterr().err.count("epoch ") == 3


@pytest.mark.parametrize("verbose", [3, -1, "loud", None, 1.0])
def test_another_verbosity_is_refused(verbose):
    for run in (model().fit, model().evaluate):
        with pytest.raises(ValueError, match='verbose must be "auto", 0, 1 or 2, received'):
            run(X, Y, verbose=verbose)


def test_a_backup_resumes_however_much_is_told(tmp_path):
    for verbose, epochs in ((0, 2), (1, 4)):
        backup = BackupAndRestore(tmp_path / "backup", delete_checkpoint=False)
        history = model().fit(X, Y, epochs=epochs, verbose=verbose, callbacks=[backup])
    assert history.epoch == [0, 1, 2, 3]


@pytest.mark.parametrize("share", [0.25, 0.5, 0.01 + 0.25])
def test_the_last_samples_are_kept_to_validate_on(share):
    kept = int(40 * (1 - share))
    weight = RNG.uniform(0.5, 1.5, 40)
    found = model().fit(
        X, Y, validation_split=share, sample_weight=weight, batch_size=8, epochs=2, verbose=0
    )
    given = model().fit(
        X[:kept],
        Y[:kept],
        sample_weight=weight[:kept],
        validation_data=(X[kept:], Y[kept:], weight[kept:]),
        batch_size=8,
        epochs=2,
        verbose=0,
    )
    assert list(found) == list(given)


def test_validation_data_go_before_a_split():
    found = model().fit(X, Y, validation_split=0.5, validation_data=(X, Y), verbose=0)
    given = model().fit(X, Y, validation_data=(X, Y), verbose=0)
    assert list(found) == list(given)


@pytest.mark.parametrize(
    ("x", "share", "message"),
    [
        (X, 1.0, "validation_split must be a finite number of at least 0 and below 1"),
        (X, -0.1, "validation_split"),
        (X[:1], 0.5, "both need one"),
        (iter([(X, Y)]), 0.5, "takes samples from arrays"),
    ],
)
def test_a_split_that_cannot_be(x, share, message):
    y = None if not hasattr(x, "shape") else Y[: len(x)]
    with pytest.raises(ValueError, match=message):
        model().fit(x, y, validation_split=share)


def test_scores_by_name_and_in_order(capsys):
    stack = model(metrics=["mae", "mse"])
    scores = stack.evaluate(X, Y, verbose=1)
    loss, mae, mse = scores
    assert scores["loss"] == scores[0] == loss == pytest.approx(mse)
    assert scores["mean_absolute_error"] == scores[1] == mae
    assert list(scores.keys()) == ["loss", "mean_absolute_error", "mean_squared_error"]
    assert scores[-1] == mse
    assert "evaluated  loss" in capsys.readouterr().err
    plain = stack.evaluate(X, Y, return_dict=True)
    assert type(plain) is dict
    assert plain == scores
    with pytest.raises(KeyError):
        scores["nonsense"]
    with pytest.raises(IndexError):
        scores[3]


def test_a_loss_alone_is_a_number():
    scores = model().evaluate(X, Y)
    assert f"{scores:.3f}" == f"{scores['loss']:.3f}"
    assert float(scores) == scores[0]
    assert f"{scores}" == str(scores)


def test_own_classes_for_one_call(tmp_path):
    stack = model(Scale(2.0))
    stack.save(tmp_path / "model")
    with pytest.raises(ValueError, match="unknown class 'Scale'"):
        load_model(tmp_path / "model")
    again = load_model(tmp_path / "model", custom_objects={"Scale": Scale}, backend="reference")
    np.testing.assert_array_equal(again.predict(X), stack.predict(X))
    with pytest.raises(ValueError, match="unknown class 'Scale'"):
        load_model(tmp_path / "model")
    with pytest.raises(TypeError, match="'Scale' must be a class, received 3"):
        load_model(tmp_path / "model", custom_objects={"Scale": 3})


def test_an_input_layer_begins_a_sequential():
    for entry in (layers.InputLayer((3,)), layers.InputLayer(input_shape=(3,), batch_size=2)):
        model = Sequential([entry, layers.Dense(1)], backend="reference")
        assert model.predict(np.zeros((2, 3))).shape == (2, 1)
    with pytest.raises(ValueError, match="takes shape or input_shape, received"):
        layers.InputLayer((3,), input_shape=(3,))
