"""Batch sources: order, generators, class weights, and every error with its message."""

import numpy as np
import pytest

from halflight.nn.class_weights import ClassWeighted
from halflight.nn.sources import (
    ArraySource,
    BatchSource,
    IteratorSource,
    as_source,
    validation_source,
)

X, Y = np.arange(20.0).reshape(10, 2), np.arange(10.0)


def source(**options):
    return ArraySource({"x": X}, Y, **({"batch_size": 4, "shuffle": True} | options))


def test_every_sample_comes_once_and_stays_with_its_target():
    batches = list(source().batches(0))
    assert [len(target) for _, target, _ in batches] == [4, 4, 2]
    assert source().steps == 3
    target = np.concatenate([target for _, target, _ in batches])
    assert sorted(target) == list(Y)
    for inputs, target, weight in batches:
        np.testing.assert_array_equal(inputs["x"][:, 0], 2 * target)
        assert weight is None


def test_the_order_depends_on_seed_and_epoch_alone():
    def order(seed, epoch):
        return [list(target) for _, target, _ in source(seed=seed).batches(epoch)]

    assert order(1, 2) == order(1, 2)
    assert order(1, 2) != order(1, 3)
    assert order(1, 2) != order(2, 2)


def test_no_shuffle():
    batches = source(shuffle=False).batches(3)
    np.testing.assert_array_equal(np.concatenate([target for _, target, _ in batches]), Y)


class Stored:
    """Samples that are read when they are asked for, as those on disk; counts what was read."""

    def __init__(self, array):
        self.array, self.shape, self.dtype = array, array.shape, array.dtype
        self.read = 0

    def __len__(self):
        return len(self.array)

    def __getitem__(self, rows):
        found = self.array[rows].copy()
        self.read += len(found)
        return found


@pytest.mark.parametrize("kept", [np.asarray, Stored])
def test_rows_say_which_samples_take_part_and_in_which_order(kept):
    rows = np.array([7, 2, 9, 3, 4])
    chosen = ArraySource({"x": kept(X)}, kept(Y), Y + 1, batch_size=2, shuffle=False, rows=rows)
    assert (chosen.length, chosen.steps) == (5, 3)
    batches = list(chosen.batches(0))
    assert np.concatenate([target for _, target, _ in batches]).tolist() == rows.tolist()
    for inputs, target, weight in batches:
        np.testing.assert_array_equal(inputs["x"], X[target.astype(int)])
        np.testing.assert_array_equal(weight, target + 1)
    np.testing.assert_array_equal(chosen.samples(slice(1, 3))[1], [2, 9])


@pytest.mark.parametrize("kept", [np.asarray, Stored])
def test_the_order_is_the_permutation_of_seed_and_epoch(kept):
    rows = np.arange(3, 10)
    for epoch in range(3):
        order = np.random.Generator(np.random.Philox(key=[7, epoch])).permutation(7)
        chosen = source(rows=rows, seed=7)
        chosen._inputs, chosen._target = {"x": kept(X)}, kept(Y)
        found = [(inputs["x"], target) for inputs, target, _ in chosen.batches(epoch)]
        target = np.concatenate([target for _, target in found])
        np.testing.assert_array_equal(target, rows[order])
        np.testing.assert_array_equal(np.concatenate([x for x, _ in found]), X[rows[order]])


def test_stored_samples_are_read_batch_by_batch_and_ahead():
    stored = Stored(X)
    chosen = ArraySource({"x": stored}, Y, batch_size=4, shuffle=True)
    assert chosen.read_ahead
    assert not source().read_ahead
    batches = chosen.batches(0)
    assert stored.read == 0
    next(batches)
    assert stored.read == 4


def test_protocol():
    assert isinstance(source(), BatchSource)
    assert not isinstance({"x": X}, BatchSource)
    assert as_source(["x"], source(), None, None, 4).steps == 3
    assert validation_source(["x"], None, 4) is None
    assert validation_source(["x"], (X, Y, Y + 1), 4).steps == 3


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: source(batch_size=0),
            "batch_size must be a positive integer, received 0",
        ),
        (lambda: source(rows=np.array([], int)), r"rows must be one or more integers .*\(0,\)"),
        (lambda: source(rows=np.ones(10, bool)), "rows must be one or more integers .*bool"),
        (
            lambda: source(rows=np.array([3, 10])),
            "numbers of 0 to 9, received 3 to 10",
        ),
        (lambda: source(rows=np.array([-1, 9])), "received -1 to 9"),
        (lambda: ArraySource({"x": X}, Y[:3], batch_size=2, shuffle=False), "'targets': 3"),
        (lambda: ArraySource({"x": X[:0]}, Y[:0], batch_size=2, shuffle=False), "at least one"),
        (lambda: as_source(["x"], source(), Y, None, 4), "y must be None"),
        (lambda: as_source(["x"], iter([]), None, None, 4), "needs steps_per_epoch"),
        (lambda: IteratorSource([], 0), "positive integer, received 0"),
        (lambda: validation_source(["x"], iter([]), 4), "a generator is not"),
        (
            lambda: ClassWeighted(source(), {"a": 1.0}, (1,)),
            "a class must be an integer",
        ),
        (
            lambda: ClassWeighted(source(), {1: -1.0}, (1,)),
            "weight of class 1 .*least 0, received -1.0",
        ),
        (lambda: as_source(["x"], {"z": X}, Y, None, 4), r"needs the inputs \['x'\], received"),
        (lambda: as_source(["x", "z"], X, Y, None, 4), r"received 1 array"),
        (lambda: validation_source(["x"], X, 4), "validation_data"),
    ],
)
def test_source_errors(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_several_targets_and_weights_by_name():
    many = ArraySource(
        {"x": X}, {"a": Y, "b": -Y}, {"a": Y + 1}, batch_size=4, shuffle=True, seed=3
    )
    for inputs, target, weight in many.batches(0):
        np.testing.assert_array_equal(inputs["x"][:, 0], 2 * target["a"])
        np.testing.assert_array_equal(target["a"], -target["b"])
        np.testing.assert_array_equal(weight["a"], target["a"] + 1)


def test_a_generator_is_read_once():
    generator = ((X[i : i + 1], Y[i : i + 1]) for i in range(5))
    drawn = as_source(["x"], generator, None, None, 4, steps=2)
    assert [float(y[0]) for _, y in drawn.batches(0)] == [0, 1]
    assert [float(y[0]) for _, y in drawn.batches(1)] == [2, 3]
    assert [float(y[0]) for _, y in drawn.batches(2)] == [4]


@pytest.mark.parametrize(
    ("target", "shape", "expected"),
    [
        (np.array([0, 1, 2, 1]), (1,), [2.0, 1.0, 0.5, 1.0]),
        (np.array([[0], [1], [2], [1]]), (1,), [2.0, 1.0, 0.5, 1.0]),
        (np.eye(3)[[0, 1, 2, 1]], (3,), [2.0, 1.0, 0.5, 1.0]),
        (np.array([[0, 1], [2, 2]]), (2, 1), [[2.0, 1.0], [0.5, 0.5]]),
    ],
)
def test_class_weights(target, shape, expected):
    plain = ArraySource(X[: len(target)], target, batch_size=9, shuffle=False)
    ((_, _, weight),) = ClassWeighted(plain, {0: 2.0, 2: 0.5}, shape).batches(0)
    np.testing.assert_array_equal(weight, expected)
    own = np.arange(1.0, 1 + len(target))
    weighted = ArraySource(X[: len(target)], target, own, batch_size=9, shuffle=False)
    ((_, _, weight),) = ClassWeighted(weighted, {0: 2.0, 2: 0.5}, shape).batches(0)
    np.testing.assert_array_equal(weight, (np.array(expected).T * own).T)


def test_class_weights_need_one_output():
    many = ArraySource(X, {"a": Y, "b": Y}, batch_size=4, shuffle=False)
    with pytest.raises(ValueError, match="model of one output"):
        list(ClassWeighted(many, {0: 1.0}, (1,)).batches(0))
