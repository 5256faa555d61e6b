"""Arrays of every kind that users bring: used as they are meant, or refused by name."""

import warnings

import numpy as np
import pandas as pd
import pytest
from astropy.table import Column, MaskedColumn, Table
from astropy.utils.masked import Masked

from halflight.nn import ArraySource, Input, Model, Sequential, layers
from halflight.nn.hosts import host, hosts

X = np.random.default_rng(0).normal(size=(70, 5)).astype(np.float32)
Y = X.sum(1)


def model(loss="mse"):
    stack = Sequential([Input((5,)), layers.Dense(8, "relu"), layers.Dense(1)])
    stack.compile("adam", loss)
    return stack


def covered(values, *places):
    """The values with a fill beneath a mask at some places."""
    masked = np.ma.masked_array(values.copy(), mask=np.zeros(values.shape, bool))
    for place in places:
        masked.data[place] = -9999.0
        masked[place] = np.ma.masked
    return masked


XM, YM = covered(X, (5, 2), (7, 0)), covered(Y, 3)
WM = covered(np.ones(70), 4)
BATCH = slice(0, 16)


class Source:
    steps = 1

    def __init__(self, *parts):
        self.parts = parts

    def batches(self, epoch):
        yield tuple(self.parts)


INPUTS = r"inputs.*: 2 of \d+ values are masked, the first at \(5, 2\)"
TARGETS = r"targets.*: 1 of \d+ values are masked, the first at \(3,\)"
WEIGHTS = r"sample.weights?.*: 1 of \d+ values are masked, the first at \(4,\)"
CALLS = {
    "fit inputs": (lambda m: m.fit(XM, Y), INPUTS),
    "fit targets": (lambda m: m.fit(X, YM), TARGETS),
    "fit weights": (lambda m: m.fit(X, Y, sample_weight=WM), WEIGHTS),
    "fit by name": (lambda m: m.fit({"input_layer": XM}, Y), "inputs 'input_layer'.*masked"),
    "fit target by name": (lambda m: m.fit(X, {"dense_1": YM}), "targets 'dense_1'.*masked"),
    "fit rows in a list": (lambda m: m.fit(list(XM), Y), "inputs, entry 5.*masked"),
    "fit with classes": (lambda m: m.fit(X, YM, class_weight={0: 2.0}), TARGETS),
    "validation inputs": (lambda m: m.fit(X, Y, validation_data=(XM, Y)), INPUTS),
    "validation targets": (lambda m: m.fit(X, Y, validation_data=(X, YM)), TARGETS),
    "validation weights": (lambda m: m.fit(X, Y, validation_data=(X, Y, WM)), WEIGHTS),
    "predict": (lambda m: m.predict(XM), INPUTS),
    "predict a source": (lambda m: m.predict(Source(XM, None)), INPUTS),
    "evaluate": (lambda m: m.evaluate(X, YM), TARGETS),
    "evaluate weights": (lambda m: m.evaluate(X, Y, sample_weight=WM), WEIGHTS),
    "one batch": (lambda m: m.train_on_batch(XM, Y), INPUTS),
    "one batch's targets": (lambda m: m.train_on_batch(X, YM), TARGETS),
    "one batch's weights": (lambda m: m.train_on_batch(X, Y, WM), WEIGHTS),
    "a generator": (lambda m: m.fit(iter([(XM, Y)]), steps_per_epoch=1), INPUTS),
    "a generator's weights": (lambda m: m.fit(iter([(X, Y, WM)]), steps_per_epoch=1), WEIGHTS),
    "a source": (lambda m: m.fit(Source(X, YM)), TARGETS),
    "a source with classes": (lambda m: m.fit(Source(X, YM), class_weight={0: 2.0}), TARGETS),
    "a source's weights with classes": (
        lambda m: m.fit(Source(X, Y, WM), class_weight={0: 2.0}),
        WEIGHTS,
    ),
    "an array source": (
        lambda m: m.fit(ArraySource({"input_layer": XM}, Y, batch_size=8, shuffle=True)),
        "inputs 'input_layer'.*masked",
    ),
    "weights of layers": (
        lambda m: m.set_weights({n: covered(v, 0) for n, v in m.get_weights().items()}),
        "set_weights: 'dense.*masked",
    ),
}


@pytest.mark.parametrize(("call", "message"), CALLS.values(), ids=CALLS)
def test_what_a_mask_covers_is_never_used(call, message):
    stack = model()
    before = stack.get_weights()
    with pytest.raises(ValueError, match=message) as raised:
        call(stack)
    assert "\n" not in str(raised.value)
    for name, value in stack.get_weights().items():
        np.testing.assert_array_equal(value, before[name])


def test_a_mask_that_covers_nothing_is_no_mask():
    plain, masked = model(), model()
    plain.fit(X, Y, sample_weight=np.ones(70))
    masked.fit(covered(X), covered(Y), sample_weight=covered(np.ones(70)))
    np.testing.assert_array_equal(masked.predict(covered(X)), plain.predict(X))
    assert type(host("x", covered(X))) is np.ndarray


GOOD = {
    "float16": lambda a: a.astype(np.float16),
    "float64": lambda a: a.astype(np.float64),
    "big-endian": lambda a: a.astype(">f4"),
    "big-endian doubles": lambda a: a.astype(">f8"),
    "integers": lambda a: np.round(a * 3).astype(np.int16),
    "unsigned": lambda a: np.abs(np.round(a * 3)).astype(np.uint8),
    "booleans": lambda a: a > 0,
    "not contiguous": lambda a: np.repeat(a, 2, axis=0)[::2],
    "lists": lambda a: a.tolist(),
    "a frame": pd.DataFrame,
    "columns": lambda a: pd.DataFrame(a).astype("Float64"),
    "nullable integers": lambda a: pd.DataFrame(np.round(a * 3)).astype("Int64"),
    "astropy's own mask": lambda a: Masked(a, mask=np.zeros(a.shape, bool)),
    "read only": lambda a: np.broadcast_to(a, a.shape),
}


@pytest.mark.parametrize("change", GOOD.values(), ids=GOOD)
def test_numbers_of_every_kind_are_what_they_are(change):
    given = change(X)
    expected = np.asarray(given, np.float32)
    stack = model()
    np.testing.assert_array_equal(stack.predict(given), stack.predict(expected))
    assert stack.evaluate(given, Y) == stack.evaluate(expected, Y)


@pytest.mark.parametrize(
    "column", [Column, MaskedColumn, pd.Series, lambda y: pd.Series(y, dtype="Float32"), list]
)
def test_columns_of_targets(column):
    stack = model()
    assert stack.evaluate(X, column(Y)) == stack.evaluate(X, Y)


def spoilt(values, place, value):
    other = values.astype(np.float64)
    other[place] = value
    return other


BAD = {
    "NaN": (
        lambda: (spoilt(X, (5, 2), np.nan), Y),
        r"received 1 .* first nan at \(\d+, 2\)",
    ),
    "infinite": (lambda: (spoilt(X, (5, 2), np.inf), Y), r"finite, .* first inf at \(\d+, 2\)"),
    "beyond float32": (lambda: (spoilt(X, (5, 2), 1e300), Y), r"in float32, the first 1e\+300 at"),
    "NaN target": (lambda: (X, spoilt(Y, 3, np.nan)), r"targets: .* first nan at \(\d+, 0\)"),
    "large target": (lambda: (X, spoilt(Y, 3, -1e39)), r"targets: .* first -1e\+39 at \(\d+, 0\)"),
    "complex": (lambda: (X.astype(complex), Y), "real numbers, received the dtype complex128"),
    "strings": (lambda: (X.astype(str), Y), "real numbers, received the dtype <U"),
    "bytes": (lambda: (X.astype("S9"), Y), r"real numbers, received the dtype \|S9"),
    "objects": (lambda: (X.astype(object), Y), "dtype object, as of missing values"),
    "times": (lambda: (np.round(X).astype("m8[s]"), Y), "dtype timedelta64"),
    "NA of numbers": (
        lambda: (X, pd.Series([*Y[:-1], None], dtype="Float64")),
        "targets: .*nan at",
    ),
    "NA of integers": (lambda: (X, pd.Series([1] * 69 + [None], dtype="Int64")), "targets: .* nan"),
    "NA in a frame": (
        lambda: (pd.DataFrame(np.round(X)).astype("Int64").mask(X > 2), Y),
        "finite, .* nan at|dtype object, as of missing",
    ),
    "NA of booleans": (
        lambda: (X, pd.Series([True] * 69 + [None], dtype="boolean")),
        "targets: .*(dtype object, as of missing|finite, .* nan at)",
    ),
    "NA in a column": (lambda: (X, MaskedColumn(Y, mask=np.arange(70) == 3)), r"masked.*\(3,\)"),
    "astropy's own mask": (lambda: (X, Masked(Y, mask=np.arange(70) == 3)), r"masked.*\(3,\)"),
    "a table": (lambda: (Table(X), Y), r"inputs: is a table of the columns \['col0'"),
    "a matrix of unequal rows": (lambda: ([[1.0] * 5, [1.0] * 4], Y[:2]), "inputs: is no array: "),
}


@pytest.mark.parametrize(("data", "message"), BAD.values(), ids=BAD)
def test_what_is_no_number_is_refused_by_name_and_place(data, message):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for call in (model().fit, model().evaluate, model().train_on_batch):
            with pytest.raises(ValueError, match=message) as raised:
                call(*data())
            assert "\n" not in str(raised.value)


def test_masks_of_several_inputs_are_named():
    a, b = Input((5,), name="a"), Input((5,), name="b")
    stack = Model([a, b], layers.Dense(1)(layers.Add()([a, b])))
    for given in ({"a": X, "b": XM}, [X, XM]):
        with pytest.raises(ValueError, match="inputs 'b': 2 of 350 values are masked"):
            stack.predict(given)


def test_what_is_read_when_it_is_asked_for_stays_unread():
    class Stored:
        shape, dtype = (3, 2), np.dtype(np.float32)

        def __len__(self):
            return 3

    stored = Stored()
    assert hosts("x", stored) is stored
    assert hosts("x", {"a": stored, "b": covered(X)})["a"] is stored
    assert hosts("x", None) is None
