"""Numbers and untrusted text as the page prints them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from halflight.report.formatting import (
    flatten,
    format_count,
    format_fraction,
    format_number,
    format_parameter,
    format_value,
    markdown_code,
    markdown_text,
    prose,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0312345, "0.0312"),
        (0.05, "0.0500"),
        (0.9996, "1.00"),
        (9.999, "10.0"),
        (123.4, "123"),
        (12345.0, "12300"),
        (-1.2345, "−1.23"),
        (0, "0"),
        (8.7e-17, "0"),
        (1.5e-7, "1.50e−7"),
        (2.5e9, "2.50e9"),
        (None, "not measured"),
        (math.nan, "not measured"),
        (math.inf, "not measured"),
    ],
)
def test_three_significant_digits(value, text):
    assert format_number(value) == text


@given(st.floats(1e-4, 9e5))
def test_the_printed_number_is_within_half_a_unit_of_its_third_digit(value):
    assert float(format_number(value)) == pytest.approx(value, rel=0.0051)


def test_counts_have_thin_separators():
    assert format_count(1234567) == "1\u202f234\u202f567"
    assert format_count(12.0) == "12"
    assert format_count(None) == "not measured"
    assert format_count(math.nan) == "not measured"


def test_fractions_are_percentages():
    assert format_fraction(0.0452) == "4.52\u202f%"
    assert format_fraction(-0.05) == "−5.00\u202f%"
    assert format_fraction(math.nan) == "not measured"


def test_values_of_any_kind():
    assert [format_value(v) for v in (True, 1000, 0.12345, "a", None)] == [
        "true", "1\u202f000", "0.123", "a", "not measured",
    ]  # fmt: skip


def test_parameters_are_never_rounded():
    assert format_parameter(0.00012345) == "0.00012345"
    assert format_parameter([8, 0.5, True, None]) == "[8, 0.5, true, null]"


def test_nested_parameters_become_dotted():
    assert flatten({"a": {"b": 1, "c": {"d": 2}}, "e": [3], "f": {}}) == {
        "a.b": 1, "a.c.d": 2, "e": [3], "f": {},
    }  # fmt: skip


def test_percentages_do_not_break():
    assert prose("in 68 % of cases") == "in 68\u202f% of cases"


def test_markdown_text_is_literal():
    hostile = "a|b\n# <script>`x`[l](u)*_"
    text = markdown_text(hostile)
    assert "\n" not in text
    assert "<script>" not in text
    assert r"\|" in text
    assert r"\[l\](u)" in text
    assert r"\`x\`" in text


@pytest.mark.parametrize(
    ("text", "literal"),
    [
        ("- a list", r"\- a list"),
        ("+ a list", r"\+ a list"),
        ("12. a list", r"12\. a list"),
        ("3) a list", r"3\) a list"),
        ("---", r"\---"),
        ("- - -", r"\- - -"),
        ("$x^2$", r"\$x^2\$"),
        ("https://evil.example", r"https\://evil.example"),
        ("www.evil.example", r"www\.evil.example"),
        ("-1.5", "-1.5"),
        ("0.0312", "0.0312"),
        ("1.25 to 3", "1.25 to 3"),
        ("5.5 %", "5.5 %"),
        ("a. b", "a. b"),
    ],
)
def test_markdown_text_starts_no_list_and_makes_no_link(text, literal):
    assert markdown_text(text) == literal


@pytest.mark.parametrize("code", ["SELECT 1", "a ``` b", "````\n<b>\n`````"])
def test_no_backticks_close_the_fence(code):
    block = markdown_code(code, "sql").split("\n")
    fence = block[-1]
    assert block[0] == f"{fence}sql"
    assert set(fence) == {"`"}
    assert all(fence not in line for line in block[1:-1])
