"""Whole numbers: exact, or refused by column, row and value."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from halflight.integers import exact_integers

INT64 = st.integers(-(2**63), 2**63 - 1)


@given(st.lists(INT64))
def test_every_integer_of_64_bits_survives_as_number_and_as_text(numbers):
    for values in (numbers, [str(n) for n in numbers], [f" {n} " for n in numbers]):
        found = exact_integers(pd.Series(values, dtype="object"), "id")
        assert found.dtype == np.int64
        assert found.tolist() == numbers


@given(st.floats() | st.text() | st.booleans() | st.integers() | st.none())
def test_a_value_is_either_exactly_itself_or_refused(value):
    try:
        [number] = exact_integers(pd.Series([value], dtype="object"), "id").tolist()
    except ValueError as error:
        said = str(error)
        assert said.startswith("column id, row 1: ")
        assert len(said) < 300
    else:
        assert not isinstance(value, bool)
        assert number == (int(value.partition(".")[0]) if isinstance(value, str) else value)


BAD_TEXTS = (
    *("1.2376e18", "1237.9", str(2**63 + 5), "NaN", "True", "0x1F", "1 237", "1,237", "1_237"),
    *("", " ", "null", "--", "1e400", "inf", "²", "١٢٣", "+-1", "9" * 5000),
)


@pytest.mark.parametrize("text", BAD_TEXTS)
def test_texts_that_are_no_integer(text):
    with pytest.raises(ValueError, match="column id, row 2: "):
        exact_integers(pd.Series(["7", text]), "id")


@pytest.mark.parametrize(
    "values",
    [
        np.array([1.0, 1.2376e18]),
        np.array([1.0, 1237.9]),
        np.array([1.0, np.nan]),
        np.array([1.0, 2.0**25 + 2], np.float32),
        np.array([1, 2**63 + 5], np.uint64),
        np.array([True, False]),
        np.ma.array([1, 2], mask=[False, True]),
        np.ma.array([1.0, 2.0], mask=[False, True]),
        pd.Series([1, None], dtype="Int64"),
        pd.Series([1, None]),
        pd.to_datetime(pd.Series(["2020-01-01", "2020-01-02"])),
        np.array([1j, 2j]),
    ],
)
def test_columns_that_are_no_integers(values):
    with pytest.raises(ValueError, match=r"column id, row [12]: "):
        exact_integers(values, "id")


def test_exact_floats_and_other_integers_are_taken():
    for values in (
        np.array([3.0, -4.0]),
        np.array([3, -4], np.int8),
        np.array(["3.", "-4.00"]),
        np.array([b"3", b"-4"]),
        np.ma.array([3, -4]),
        pd.Series([3, -4], dtype="Int64"),
        [3, -4],
    ):
        assert exact_integers(values, "id").tolist() == [3, -4]
    assert exact_integers([], "id").tolist() == []
    assert exact_integers(np.array([2**53], float), "id").tolist() == [2**53]
