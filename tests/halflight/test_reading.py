"""A small text file that is damaged, huge or of another kind is one short line, at once."""

import json
import os
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from halflight import reading
from halflight.reading import ReadingError, parse_json, read_json, read_text

pytestmark = pytest.mark.faults

DAMAGES = {
    "empty": (b"", "Expecting value"),
    "blank": (b" \n\n ", "line 3, column 2: Expecting value"),
    "cut in an object": (b'{"a": ', "line 1"),
    "cut in a name": (b'{"a', "Unterminated string"),
    "cut in a list": (b"[1, 2", "delimiter"),
    "cut in a number": (b'{"a": -', "Expecting value"),
    "cut in a word": (b'{"a": tru', "Expecting value"),
    "cut in an escape": (b'"\\u12', "escape"),
    "a comma too many": (b"[1, 2,]", "line 1"),
    "a comma missing": (b'{"a": 1\n "b": 2}', "line 2, column 2"),
    "two values": (b"{} {}", "Extra data"),
    "rubbish behind": (b'{"a": 1}\n<html>', "line 2, column 1: Extra data"),
    "a page instead": (b"<html><title>404</title></html>", "Expecting value"),
    "YAML instead": (b"a: 1\nb: 2", "Expecting value"),
    "Python instead": (b"{'a': None}", "double quotes"),
    "a comment": (b'{"a": 1} // note', "Extra data"),
    "single quotes": (b"{'a': 1}", "double quotes"),
    "a bare name": (b"{a: 1}", "double quotes"),
    "NaN": (b'{"a": NaN}', "NaN is no number of JSON"),
    "infinity": (b'{"a": Infinity}', "Infinity is no number of JSON"),
    "minus infinity": (b'{"a": -Infinity}', "-Infinity is no number"),
    "too large a float": (b'{"a": 1e999}', "the number 1e999 is too large"),
    "an integer of 5000 digits": (b"1" * 5000, "has 5000 digits"),
    "an integer of 41 digits": (b"9" * 41, "has 41 digits, and may have 40"),
    "a leading zero": (b'{"a": 01}', "delimiter"),
    "a plus sign": (b'{"a": +1}', "Expecting value"),
    "hexadecimal": (b'{"a": 0x10}', "delimiter"),
    "a name twice": (b'{"a": 1, "b": {"c": 1, "c": 2}}', "the name 'c' occurs twice"),
    "a name twice by an escape": (b'{"a": 1, "\\u0061": 2}', "the name 'a' occurs twice"),
    "65 lists": (b"[" * 65 + b"]" * 65, "more than 64 levels"),
    "a million lists": (b"[" * 10**6, "more than 64 levels"),
    "a million objects": (b'{"a":' * 10**6, "more than 64 levels"),
    "a tab in a string": (b'"a\tb"', "control character"),
    "a NUL in a string": (b'"a\0b"', "control character"),
    "NULs": (b"\0" * 100, "Expecting value"),
    "a wrong escape": (b'"\\x41"', "escape"),
    "Latin-1": ('{"a":\n "Ångström"}'.encode("latin-1"), "line 2, column 3: the byte 0xc5"),
    "UTF-16": ('{"a": 1}'.encode("utf-16"), "it is UTF-16, not UTF-8"),
    "UTF-16, big-endian": (b"\xfe\xff" + '{"a": 1}'.encode("utf-16-be"), "it is UTF-16"),
    "an overlong form": (b'"\xc0\xaf"', "the byte 0xc0 is not UTF-8"),
    "a surrogate in UTF-8": (b'"\xed\xa0\x80"', "the byte 0xed is not UTF-8"),
    "cut in a letter": ('"é'.encode()[:-1], "the byte 0xc3 is not UTF-8"),
    "a gzip archive": (b"\x1f\x8b\x08\0\0", "a gzip archive, not UTF-8"),
    "a zip archive": (b"PK\x03\x04", "a zip archive, not UTF-8"),
    "a pickle": (b"\x80\x04\x95", "the byte 0x80 is not UTF-8"),
    "a name of megabytes twice": (
        json.dumps({"x" * 10**6: 1})[:-1].encode() + b', "' + b"x" * 10**6 + b'": 2}',
        "occurs twice",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damage_is_one_short_line_that_names_the_file(tmp_path, damage):
    content, message = DAMAGES[damage]
    path = tmp_path / "scores.json"
    path.write_bytes(content)
    start = time.perf_counter()
    with pytest.raises(ReadingError) as caught:
        read_json(path)
    assert time.perf_counter() - start < 2
    line = str(caught.value)
    assert line.startswith(f"{path} is not JSON (")
    assert message in line
    assert line.isprintable()
    assert len(line) < 600


def folder(path):
    path.mkdir()


def pipe(path):
    os.mkfifo(path)


def device(path):
    path.symlink_to("/dev/zero")


def large(path):
    with path.open("wb") as file:
        file.truncate(reading.LARGEST_JSON + 1)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (folder, "it is a folder"),
        (pipe, "it is no regular file"),
        (device, "it is no regular file"),
        (large, "it may have at most"),
    ],
)
def test_what_is_no_file_or_too_large_is_refused_at_once(tmp_path, make, message):
    path = tmp_path / "scores.json"
    make(path)
    start = time.perf_counter()
    for read in (read_json, lambda p: read_text(p, largest=10)):
        with pytest.raises(ReadingError, match=message):
            read(path)
    assert time.perf_counter() - start < 1


def test_a_file_that_is_missing_says_so(tmp_path):
    (tmp_path / "link.json").symlink_to(tmp_path / "nowhere.json")
    for name in ("scores.json", "link.json"):
        with pytest.raises(FileNotFoundError, match=name):
            read_json(tmp_path / name)


def test_a_hostile_name_is_shown_harmless(tmp_path):
    path = tmp_path / "a\x1b[2J\u202e.json"
    path.write_text("[")
    with pytest.raises(ReadingError, match=r"a\\x1b\[2J\\u202e\.json is not JSON"):
        read_json(path)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64) | st.text()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)  # fmt: skip


@given(JSON)
def test_honest_json_is_read_as_it_was_written(value):
    assert parse_json(json.dumps(value)) == value
    assert parse_json(json.dumps(value, ensure_ascii=False, indent=1)) == value


@pytest.mark.parametrize(
    "text", ['{"[[[": "]]]\\"{{"}', "[" * 64 + "]" * 64, '"' + "[" * 999 + '"']
)
def test_brackets_in_strings_are_no_levels(text):
    assert parse_json(text) == json.loads(text)


def test_a_byte_order_mark_is_left_out(tmp_path):
    path = tmp_path / "scores.json"
    path.write_bytes(b'\xef\xbb\xbf{"a": 1}')
    assert read_json(path) == {"a": 1}
    assert read_text(path, largest=20) == '{"a": 1}'
