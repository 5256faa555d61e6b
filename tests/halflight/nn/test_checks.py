"""Rules of arguments: what passes, and the one message that says who, what, which rule and what."""

import math

import numpy as np
import pytest

from halflight.nn import layers
from halflight.nn.checks import (
    BOOLEAN,
    COUNT,
    FINITE,
    FRACTION,
    NOT_NEGATIVE,
    POSITIVE,
    SEED,
    SHARE,
    as_python,
    broken,
    check,
    choice,
    integer,
    integers,
    number,
    require,
)

NUMBERS = (-1.5, -1, 0, 0.0, 0.5, 1, 1.0, 2, 3.0)
NEVER = (True, "1", None, [1], math.nan, math.inf, -math.inf, 1j)


@pytest.mark.parametrize(
    ("rule", "text", "passes"),
    [
        (FINITE, "a finite number", lambda _: True),
        (NOT_NEGATIVE, "a finite number of at least 0", lambda value: value >= 0),
        (POSITIVE, "a finite number above 0", lambda value: value > 0),
        (SHARE, "a finite number of at least 0 and at most 1", lambda value: 0 <= value <= 1),
        (FRACTION, "a finite number of at least 0 and below 1", lambda value: 0 <= value < 1),
        (number(above=0, most=1), "a finite number above 0 and at most 1", lambda v: 0 < v <= 1),
        (number(below=2), "a finite number below 2", lambda value: value < 2),
        (integer(), "an integer", lambda value: type(value) is int),
        (integer(least=0), "an integer of at least 0", lambda v: type(v) is int and v >= 0),
        (COUNT, "a positive integer", lambda value: type(value) is int and value > 0),
        (SEED, "an integer of 0 to 2^63 - 1", lambda value: type(value) is int and value >= 0),
    ],
    ids=lambda found: found if isinstance(found, str) else "",
)
def test_numbers(rule, text, passes):
    assert rule.text == text
    assert [value for value in NUMBERS if rule.holds(value)] == list(filter(passes, NUMBERS))
    assert not any(rule.holds(value) for value in NEVER)
    assert rule.or_none().holds(None)
    assert rule.or_none().text == f"{text}, or None"
    assert not rule.or_none().holds("1")


def test_others():
    assert BOOLEAN.holds(False)
    assert not BOOLEAN.holds(0)
    assert not SEED.holds(2**63)
    rule = choice("a", "b")
    assert rule.text == "one of 'a', 'b'"
    assert rule.holds("b")
    assert not any(rule.holds(value) for value in ("c", None, 3, ["a"]))
    assert FINITE.holds(np.float64(2.0))


ONES = [np.float32(0.5), np.int64(2), np.array(0.5), 0.5, "a", [1], None]


@pytest.mark.parametrize("value", ONES, ids=repr)
def test_a_number_of_numpy_becomes_pythons(value):
    found = as_python(value)
    assert found == value
    assert type(found) in (int, float, str, list, type(None))
    assert as_python(np.arange(2.0)).shape == (2,)
    assert as_python((np.int64(3), 4)) == (3, 4)
    assert as_python([np.int64(3), (np.float32(0.5), 4)]) == [3, (0.5, 4)]
    assert type(as_python((np.int64(3),))[0]) is int


@pytest.mark.parametrize("number", [np.int32(3), np.uint8(3), np.array(3), 3], ids=repr)
def test_an_integer_of_numpy_is_one_and_is_kept_as_pythons(number):
    found = require("it", "size", number, COUNT)
    assert (found, type(found)) == (3, int)
    rate = require("it", "rate", number, POSITIVE)
    assert (rate, type(rate)) == (3.0, float)
    sizes = require("it", "sizes", [number, 4], integers("sizes", least=1))
    assert (sizes, {type(size) for size in sizes}) == ((3, 4), {int})


@pytest.mark.parametrize(
    "number", [np.True_, True, np.float64(3.0), 3.0, np.array([3]), "3", 3 + 0j]
)
def test_what_is_no_integer_is_refused(number):
    with pytest.raises(ValueError, match="^it: size must be a positive integer, received "):
        require("it", "size", number, COUNT)


def test_an_integer_beyond_every_float_is_no_number():
    with pytest.raises(ValueError, match="^it: rate must be a finite number"):
        require("it", "rate", 10**400, FINITE)


def test_fields_are_kept_as_their_rule_says():
    layer = layers.ReLU(max_value=np.int64(6), negative_slope=0, threshold=np.float32(0.5))
    kept = (layer.max_value, layer.negative_slope, layer.threshold)
    assert kept == (6.0, 0.0, 0.5)
    assert {type(value) for value in kept} == {float}


class Thing:
    rate, size = 2.0, 3


def test_the_message_names_who_what_which_rule_and_what_came():
    check(Thing(), NOT_NEGATIVE, "rate", "size")
    with pytest.raises(ValueError, match=r"^Thing: rate must be a .* and below 1, received 2.0$"):
        check(Thing(), FRACTION, "rate")
    with pytest.raises(ValueError, match="^reader: depth must be a positive integer, received 0$"):
        require("reader", "depth", 0, COUNT)
    assert str(broken(layers.Flatten(name="flat"), "is flat", 3)) == (
        "Flatten 'flat': is flat, received 3"
    )
    assert len(str(broken("it", "is short", "x" * 1000))) < 250
