"""Whatever text comes from outside, nothing invisible goes out, and what can be read stays."""

import io
import sys
import time
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tqdm import tqdm

from halflight.text import (
    LARGEST_SHOWN,
    error_line,
    guarded_terminal,
    printable,
    shortened,
    shown,
    table_cell,
)

ANYTHING = st.text(st.characters(exclude_categories=()))  # lone surrogates, too
JOINERS = "\u200c\u200d"


@given(ANYTHING)
@example("\x1b[2J\x1b]0;title\x07")
@example("safe\u202etxt.exe")
@example("pay\u200bpal \ufeff\u2066\u061c")
@example("\ud800 and \udfff")
@example("one\rtwo\nthree\u2028four\x85five\x00")
@example("\u3164\u2800\u115f")
@example("\U000e0041\U000e0001")  # tags, which are not seen
def test_nothing_invisible_goes_out(text):
    out = printable(text)
    assert all(letter.isprintable() or letter in JOINERS for letter in out)
    out.encode()  # no lone surrogate
    assert printable(out) == out


READABLE = st.text(
    st.characters(exclude_categories=("C", "Z"), include_characters=" ").filter(
        lambda letter: letter not in "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"
    )
)


@given(READABLE)
@example("Ångström, naïve, e\u0301, Ωmega, 銀河, галактика, مجرة, גלקסיה, 🌌, 👍🏽, ❤️")
@example("می\u200cخواهم")  # Persian, with a joiner between two letters
@example("क्\u200dष")  # Devanagari, after a virama
@example("👩\u200d👩\u200d👧 🏳️\u200d🌈")
def test_what_can_be_read_stays_as_it_is(text):
    assert printable(text) == text


@pytest.mark.parametrize("text", ["a\u200db", "a\u200c", "\u200d", "1\u200d2"])
def test_a_joiner_that_joins_nothing_is_shown(text):
    assert printable(text).isascii()


def test_a_space_of_any_kind_is_a_space():
    spaces = [chr(c) for c in range(sys.maxunicode) if unicodedata.category(chr(c)) == "Zs"]
    assert len(spaces) > 10
    assert printable("a".join(spaces)) == "a".join(" " for _ in spaces)


@given(ANYTHING, st.integers(20, 100))
def test_shortened_text_has_its_length_and_both_ends(text, largest):
    short = shortened(text * 10, largest)
    assert len(short) <= largest
    if len(text * 10) > largest:
        assert (short[:5], short[-5:]) == ((text * 10)[:5], (text * 10)[-5:])


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANYTHING | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
)


@given(VALUES)
def test_a_shown_value_is_one_short_printable_line(value):
    line = shown(value)
    assert len(line) <= LARGEST_SHOWN
    assert all(letter.isprintable() or letter in JOINERS for letter in line)


@pytest.mark.parametrize(
    ("value", "line"),
    [
        (3, "3"),
        (2.5, "2.5"),
        ("no", "'no'"),
        (None, "None"),
        (True, "True"),
        ([752, 752], "[752, 752]"),
        ({"units": 3}, "{'units': 3}"),
        ("\x1b[1m", r"'\x1b[1m'"),
    ],
)
def test_a_short_value_is_shown_as_python_writes_it(value, line):
    assert shown(value) == line


def deep():
    value = []
    for _ in range(100_000):
        value = [value]
    return value


def laughs():
    value = ["lol"] * 10
    for _ in range(12):
        value = [value] * 10
    return value


@pytest.mark.parametrize(
    "value",
    [
        "x" * 10**8,
        10**100_000,
        deep(),
        laughs(),
        list(range(10**6)),
        {str(k): k for k in range(10**5)},
        b"x" * 10**7,
    ],
    ids=["text", "integer", "deep", "laughs", "list", "mapping", "bytes"],
)
def test_a_huge_value_is_shown_at_once(value):
    start = time.perf_counter()
    assert len(shown(value)) <= LARGEST_SHOWN
    assert time.perf_counter() - start < 0.5


@given(ANYTHING)
@example("gone\nhalflight: done")
@example("x" * 10**6)
def test_an_error_is_a_line_that_fakes_no_other(text):
    first, *others = error_line(ValueError(text)).splitlines()
    assert first.startswith("ValueError: ")
    assert all(line.startswith("  ") for line in others)
    assert len(first) < 50_000


def test_a_list_of_faults_keeps_its_lines():
    error = ValueError("params.yaml:\n  seed: bad\n  band: bad")
    assert error_line(error) == "ValueError: params.yaml:\n  seed: bad\n  band: bad"


@pytest.mark.parametrize(
    "cell",
    ["=1+2", "+cmd|' /C calc'!A0", "@SUM(A1)", "-2+3", "-J1234", "\t=1", "\r=1", "+", "-1-1"],
)
def test_a_cell_that_a_spreadsheet_would_calculate_is_quoted(cell):
    assert table_cell(cell) == "'" + printable(cell)


@pytest.mark.parametrize(
    "cell",
    [-1.5, 3, None, True, "-1.5", "+2", "-1e-3", "-.5", "-inf", "NaN", "r", "", "J1234-56", "a=b"],
)
def test_a_number_and_a_harmless_text_stay(cell):
    assert table_cell(cell) is cell


@given(st.floats() | st.integers(), ANYTHING)
def test_numbers_stay_numbers_and_no_cell_starts_a_formula(number, text):
    assert table_cell(str(number)) == str(number)
    cell = table_cell(text)
    assert cell[:1] not in tuple("=@\t\r")
    if cell[:1] in tuple("+-"):
        float(cell)


def test_the_terminal_gets_nothing_invisible(capsys):
    with guarded_terminal():
        print("name: \x1b]0;owned\x07 \u202e")
        print("two\nlines\tand a tab", file=sys.stderr)
    out, err = capsys.readouterr()
    assert out == "name: \\x1b]0;owned\\x07 \\u202e\n"
    assert err == "two\nlines\tand a tab\n"


def test_progress_bars_still_move(capsys):
    with guarded_terminal():
        for _ in tqdm(range(3), desc="measure", file=sys.stderr):
            pass
        sys.stderr.write("\r\x1b[Kepoch 1 \r\x1b[K spoofed")
    err = capsys.readouterr().err
    assert err.count("\rmeasure") >= 2
    assert err.endswith("\r\x1b[Kepoch 1 \\r\\x1b[K spoofed")


def test_the_streams_are_given_back_and_stay_streams():
    before = sys.stdout, sys.stderr
    with guarded_terminal():
        assert sys.stdout.isatty() == before[0].isatty()
        assert sys.stdout.encoding == before[0].encoding
    assert (sys.stdout, sys.stderr) == before
    assert isinstance(sys.stdout, io.TextIOBase)
