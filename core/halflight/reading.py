"""Small text files of ours, read within bounds: size, encoding, depth, and each name once.

Whatever is wrong is a ReadingError of one short line: the file, the place in it, what to do.
"""

import json
import math
import os
import re
import stat
from pathlib import Path
from typing import Any, NoReturn

from halflight.text import printable, shortened, shown

# Bytes of a JSON file: a description, scores, the list of a survey's files (200 bytes each).
LARGEST_JSON = 64 * 2**20
LARGEST_DEPTH = 64  # levels: ours have six, and Python's own functions fail at about a thousand
LARGEST_DIGITS = 40  # of a whole number: 2^64 has 20

_MARKS = {
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
    b"\x1f\x8b": "a gzip archive",
    b"PK": "a zip archive",
}
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)


class ReadingError(ValueError):
    """A file that is not what it must be; the message names the file and the place."""


def name_of(path: Path | str) -> str:
    """A file's name as an error gives it."""
    return shortened(printable(str(path)))


def read_text(path: Path, *, largest: int) -> str:
    """The UTF-8 text of a regular file of at most `largest` bytes.

    A byte-order mark at its start is left out. Nothing is waited for: a pipe is refused.

    Raises:
        ReadingError: it is larger, no regular file, or not UTF-8.
        OSError: there is none, or it cannot be opened.
    """
    try:
        return _decoded(_read_bytes(path, largest))
    except ValueError as error:
        raise ReadingError(f"{name_of(path)}: {error}") from error


def _read_bytes(path: Path, largest: int) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    form = os.fstat(descriptor)
    if not stat.S_ISREG(form.st_mode):
        os.close(descriptor)
        kind = "a folder" if stat.S_ISDIR(form.st_mode) else "no regular file"
        raise ValueError(f"it is {kind}: a text file must stand there")
    with os.fdopen(descriptor, "rb") as file:
        content = b"" if form.st_size > largest else file.read(largest + 1)
    size = max(form.st_size, len(content))
    if size > largest:
        raise ValueError(f"it may have at most {largest} bytes, received {size}")
    return content


def _decoded(content: bytes) -> str:
    for mark, kind in _MARKS.items():
        if content.startswith(mark):
            raise ValueError(f"it is {kind}, not UTF-8: save it as UTF-8 text")
    try:
        return content.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8")
        where, byte = place(before, len(before)), content[error.start]
        raise ValueError(f"{where}: the byte 0x{byte:02x} is not UTF-8: save it as UTF-8") from (
            error
        )


def place(text: str, at: int) -> str:
    """Where the character number `at` of a text stands: "line 3, column 5"."""
    start = text.rfind("\n", 0, at) + 1
    return f"line {text.count(chr(10), 0, at) + 1}, column {at - start + 1}"


def read_json(path: Path, *, largest: int = LARGEST_JSON) -> Any:
    """The value of a JSON file: plain numbers alone, every name once, at most 64 levels.

    Raises:
        ReadingError: it is not that, too large, or not UTF-8.
        OSError: there is none, or it cannot be opened.
    """
    try:
        return parse_json(_decoded(_read_bytes(path, largest)))
    except ValueError as error:
        raise ReadingError(f"{name_of(path)} is not JSON ({error})") from error


def parse_json(text: str) -> Any:
    """The value of a JSON text, as `read_json` has it; ValueError says what is wrong, and where."""
    _check_depth(text)
    try:
        return json.loads(
            text,
            object_pairs_hook=_unique,
            parse_constant=_no_number,
            parse_float=_finite,
            parse_int=_whole,
        )
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise ValueError(f"{where}: {error.msg}") from error


def _check_depth(text: str) -> None:
    depth = 0
    for bracket in re.finditer(r"[\[\]{}]", _STRING.sub('""', text)):
        depth += 1 if bracket[0] in "[{" else -1
        if depth > LARGEST_DEPTH:
            raise ValueError(f"it has more than {LARGEST_DEPTH} levels")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = dict(pairs)
    if len(names) < len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise ValueError(f"the name {shown(name)} occurs twice in one object")
            seen.add(name)
    return names


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number of JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(f"the number {shortened(digits)} is too large")
    return number


def _whole(digits: str) -> int:
    if len(digits) > LARGEST_DIGITS:
        raise ValueError(f"a whole number has {len(digits)} digits, and may have {LARGEST_DIGITS}")
    return int(digits)
