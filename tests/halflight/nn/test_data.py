"""The checks of a batch, each with its message."""

import numpy as np
import pytest

from halflight.nn.data import InputRule, Rules, TargetRule, by_name, check_batch, check_inputs

X, Y = np.arange(20.0).reshape(10, 2), np.arange(10.0)


def no_rule(target):
    pass


def no_mask(target):
    return None


RULES = Rules(
    (InputRule("x", (2,), integers=False),),
    (TargetRule("y", (1,), (), no_rule, no_mask),),
    np.float32,
)


def check(x, y, *weight):
    return check_batch((x, y, *weight), RULES)


def test_a_checked_batch():
    batch = check(np.asfortranarray(X), Y)
    assert batch.inputs[0].dtype == np.float32
    assert batch.inputs[0].flags["C_CONTIGUOUS"]
    assert batch.targets[0].shape == (10, 1)
    np.testing.assert_array_equal(batch.weights[0], 1)


@pytest.mark.parametrize(
    ("x", "y", "weight", "message"),
    [
        (X[:, :1], Y, None, r"input 'x': needs the shape \(batch, 2\), received \(10, 1\)"),
        (X[:0], Y[:0], None, "input 'x': the batch is empty"),
        (X.astype(complex), Y, None, "real numbers, received the dtype complex128"),
        (np.where(X == 3, np.nan, X), Y, None, "every value must be finite, received 1 NaN"),
        (X * 1e300, Y, None, r"finite, received 19 .* in float32, the first 1e\+300 at \(0, 1\)"),
        (X, Y[:4], None, "same number of samples, received 10 inputs and 4 targets"),
        (X, np.full(10, np.inf), None, "targets: every value must be finite, received 10"),
        (X, np.stack([Y, Y], 1), None, r"targets: needs the shape \(batch, 1\)"),
        (X, Y, -Y, "must not be negative"),
        (X, Y, X, r"sample weights: needs the shape \(batch,\)"),
        (X, None, None, r"targets are missing: the model needs the targets \['y'\]"),
        (X, Y, Y[:3], "same number of samples"),
    ],
)
def test_batch_errors(x, y, weight, message):
    with pytest.raises(ValueError, match=message):
        check(x, y, weight)


def test_a_batch_is_a_tuple():
    with pytest.raises(ValueError, match=r"a batch is a tuple .* received list"):
        check_batch([X, Y], RULES)


def test_names():
    assert list(by_name("inputs", {"b": X, "a": Y}, ["a", "b"])) == ["a", "b"]
    with pytest.raises(ValueError, match=r"needs the inputs \['a'\], received \['b'\]"):
        by_name("inputs", {"b": X}, ["a"])
    with pytest.raises(ValueError, match=r"needs the inputs \['a', 'b'\], received 1 array"):
        by_name("inputs", X, ["a", "b"])
    np.testing.assert_array_equal(by_name("targets", [1, 0, 1], ["y"])["y"], [1, 0, 1])


def images(check=no_rule, needed=True):
    """Two outputs: a map of 3 x 2 pixels with 4 classes, and one number."""
    targets = (
        TargetRule("map", (3, 2, 1), (3, 2), check, no_mask),
        TargetRule("z", (1,), (), no_rule, no_mask),
    )
    if not needed:
        targets = (targets[0], TargetRule("z", (5,), (), no_rule, no_mask, needed=False))
    return Rules(RULES.inputs, targets, np.float32)


def test_targets_and_masks_of_maps_become_rows():
    labels, mask = np.arange(60).reshape(10, 3, 2), np.ones((10, 3, 2))
    mask[:, 0] = 0
    batch = check_batch((X, [labels, Y], {"map": mask}), images())
    assert batch.targets[0].shape == (60, 1)
    np.testing.assert_array_equal(batch.targets[0][:, 0], np.arange(60))
    np.testing.assert_array_equal(batch.weights[0], mask.reshape(-1))
    np.testing.assert_array_equal(batch.weights[1], 1)
    whole = check_batch((X, {"map": labels[..., None], "z": Y}, Y + 1), images())
    np.testing.assert_array_equal(whole.weights[0], np.repeat(Y + 1, 6))
    np.testing.assert_array_equal(whole.weights[1], Y + 1)


def test_targets_that_nobody_needs_may_be_absent():
    labels = np.zeros((10, 3, 2))
    for targets in ({"map": labels}, labels, [labels, np.zeros((10, 5))]):
        batch = check_batch((X, targets), images(needed=False))
        assert batch.targets[1].shape == (10, 5)
        assert not batch.targets[1].any()


def test_a_loss_may_mask_rows_and_masked_rows_are_not_checked():
    def below_five(target):
        assert target.max() < 5

    def mask(target):
        return target[:, 0] < 5

    rules = Rules(RULES.inputs, (TargetRule("y", (1,), (), below_five, mask),), np.float32)
    (weight,) = check_batch((X, Y, Y + 1), rules).weights
    np.testing.assert_array_equal(weight, np.where(Y < 5, Y + 1, 0))


def test_errors_name_the_output():
    labels = np.zeros((10, 3, 2))
    with pytest.raises(ValueError, match=r"targets of 'z': needs the shape"):
        check_batch((X, [labels, X]), images())
    with pytest.raises(ValueError, match=r"weights of 'map': needs the shape \(batch, 3, 2\)"):
        check_batch((X, [labels, Y], {"map": np.ones((10, 3))}), images())
    with pytest.raises(ValueError, match=r"unknown outputs \['q'\]; known are \['map', 'z'\]"):
        check_batch((X, [labels, Y], {"q": Y}), images())

    def refuse(target):
        raise ValueError(f"received {target.max()}")

    with pytest.raises(ValueError, match="received 9"):
        check_batch((X, [labels + 9, Y]), images(refuse))


def test_integer_inputs():
    rules = Rules((InputRule("i", (2,), integers=True, limit=5),), (), np.float32)
    (index,) = check_inputs(np.array([[0, 4]]), rules)
    assert index.dtype == np.int32
    for bad, message in (
        (np.array([[0, 5]]), "at least 0 and below 5, received 0 to 5"),
        (np.array([[-1, 0]]), "received -1 to 0"),
        (np.array([[0.0, 1.0]]), "needs integers, received the dtype float64"),
        (np.array([[0]]), r"needs the shape \(batch, 2\), received \(1, 1\)"),
    ):
        with pytest.raises(ValueError, match=message):
            check_inputs(bad, rules)
