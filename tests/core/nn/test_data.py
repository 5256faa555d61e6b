"""Batches: order, and every check with its message."""

import numpy as np
import pytest

from core.nn.data import ArraySource, BatchSource, as_source, check_batch, validation_source

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


def test_protocol():
    assert isinstance(source(), BatchSource)
    assert not isinstance({"x": X}, BatchSource)
    assert as_source(["x"], source(), None, None, 4).steps == 3
    assert validation_source(["x"], None, 4) is None
    assert validation_source(["x"], (X, Y, Y + 1), 4).steps == 3


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: source(batch_size=0), "batch_size must be a positive integer, received 0"),
        (lambda: ArraySource({"x": X}, Y[:3], batch_size=2, shuffle=False), "'targets': 3"),
        (lambda: ArraySource({"x": X[:0]}, Y[:0], batch_size=2, shuffle=False), "at least one"),
        (lambda: as_source(["x"], source(), Y, None, 4), "y must be None"),
        (lambda: as_source(["x"], X, None, None, 4), "targets are missing"),
        (lambda: as_source(["x"], {"z": X}, Y, None, 4), r"needs the inputs \['x'\], received"),
        (lambda: as_source(["x", "z"], X, Y, None, 4), r"received 1 array"),
        (lambda: validation_source(["x"], X, 4), "validation_data"),
    ],
)
def test_source_errors(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def check(x, y, *weight, dtype=np.float32):
    return check_batch((x, y, *weight), ["x"], [(2,)], 1, dtype)


def test_a_checked_batch():
    batch = check(np.asfortranarray(X), Y)
    assert batch.inputs[0].dtype == np.float32
    assert batch.inputs[0].flags["C_CONTIGUOUS"]
    assert batch.target.shape == (10, 1)
    np.testing.assert_array_equal(batch.weight, 1)


@pytest.mark.parametrize(
    ("x", "y", "weight", "message"),
    [
        (X[:, :1], Y, None, r"input 'x': needs the shape \(batch, 2\), received \(10, 1\)"),
        (X[:0], Y[:0], None, "input 'x': the batch is empty"),
        (X.astype(complex), Y, None, "real numbers, received the dtype complex128"),
        (np.where(X == 3, np.nan, X), Y, None, "every value must be finite, received 1 NaN"),
        (X * 1e300, Y, None, "finite, received 19"),
        (X, Y[:4], None, "same number of samples, received 10, 4"),
        (X, np.full(10, np.inf), None, "targets: every value must be finite, received 10"),
        (X, np.stack([Y, Y], 1), None, r"targets: needs the shape \(batch, 1\)"),
        (X, Y, -Y, "must not be negative"),
        (X, Y, 0 * Y, "nor all zero"),
        (X, Y, X, r"sample weights: needs the shape \(batch,\)"),
        (X, Y, Y[:3], "same number of samples"),
    ],
)
def test_batch_errors(x, y, weight, message):
    with pytest.raises(ValueError, match=message):
        check(x, y, weight)


def test_a_batch_is_a_tuple():
    with pytest.raises(ValueError, match=r"a batch is a tuple .* received list"):
        check_batch([X, Y], ["x"], [(2,)], 1, np.float32)
