"""Text in formats that cannot hold every character: escapes that are read back to the same text.

The escapes are Python's (`\\n`, `\\x1b`, `\\u202e`, `\\U0001f30c`); a backslash that is meant is
doubled. An escaped text is on one line, shows all that is in it and moves no cursor.
"""

import re

_ESCAPE = re.compile(r"\\(?:\\|n|r|t|x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8})")
_NAMED = {"\\\\": "\\", "\\n": "\n", "\\r": "\r", "\\t": "\t"}
FORMULA = "=+-@"
"""What a spreadsheet takes for the start of a formula; tabs and line ends are escaped anyway."""


def escaped(text: str, *, ascii_only: bool = False) -> str:
    """The text with escapes for what cannot be seen, for spaces at its ends, and for backslashes.

    ascii_only: also for all that is not ASCII, which FITS does not allow in text.
    """
    inner = text.strip(" ")
    start = len(text) - len(text.lstrip(" "))
    ends = range(start, start + len(inner))
    return "".join(
        letter if place in ends and _is_plain(letter, ascii_only) else _escape(letter)
        for place, letter in enumerate(text)
    )


def unescaped(text: str) -> str:
    """The inverse of `escaped`."""

    def letter(match: re.Match[str]) -> str:
        return _NAMED.get(match[0]) or chr(int(match[0][2:], 16))

    return _ESCAPE.sub(letter, text)


def spreadsheet_safe(text: str) -> str:
    """The escaped text, after an apostrophe where a spreadsheet would calculate it.

    A text that begins with an apostrophe gets another, so that `from_spreadsheet` takes off what
    was put on.
    """
    safe = escaped(text)
    return f"'{safe}" if safe[:1] in (*FORMULA, "'") else safe


def from_spreadsheet(text: str) -> str:
    """The inverse of `spreadsheet_safe`."""
    return unescaped(text.removeprefix("'"))


def _is_plain(letter: str, ascii_only: bool) -> bool:
    return letter != "\\" and letter.isprintable() and (letter.isascii() or not ascii_only)


def _escape(letter: str) -> str:
    if letter == "\\":
        return "\\\\"
    if letter == " ":
        return "\\x20"
    return letter.encode("unicode_escape").decode("ascii")
