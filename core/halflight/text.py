"""Text from outside, made safe to show: on a terminal, on the page, in a table, in an error.

A reply, a header, a file's name or a parameter may hold characters that move the cursor, turn the
order of letters round, or cannot be seen. Here they become the escapes that Python writes
(`\\x1b`, `\\u202e`); letters of every script, accents and emoji stay as they are.
"""

import contextlib
import re
import reprlib
import sys
import unicodedata
from collections.abc import Iterator
from typing import Any, TextIO

LARGEST_SHOWN = 200  # characters of a quoted value: enough to recognise it, and fits a line or two
LARGEST_ERROR = 4000  # characters of an error as a program ends with it: a screen full

# Blank, though Unicode counts them as letters, marks or symbols.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_ZWNJ, _ZWJ, _VARIATION = "\u200c", "\u200d", "\ufe0f"
_VIRAMA = 9  # the combining class of the marks that join consonants of Indian scripts

_FORMULA = "=+-@\t\r"  # what a spreadsheet takes for the start of a formula
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?|[-+]?(inf|nan)", re.IGNORECASE)


def printable(text: str, *, keep: str = "") -> str:
    """The text on one line, without what cannot be seen; `keep`: characters left as they are.

    A space of any kind becomes a plain one. A joiner stays where a script or an emoji needs it.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        letter
        if letter in keep or (letter.isprintable() and letter not in _BLANK)
        else _visible(text, place, letter)
        for place, letter in enumerate(text)
    )


def _visible(text: str, place: int, letter: str) -> str:
    if unicodedata.category(letter) == "Zs":
        return " "
    if letter in (_ZWNJ, _ZWJ) and 0 < place < len(text) - 1:
        before, after = text[place - 1], text[place + 1]
        if unicodedata.combining(before) == _VIRAMA:
            return letter
        if unicodedata.bidirectional(before) == unicodedata.bidirectional(after) == "AL":
            return letter
        if letter == _ZWJ and _is_emoji(before) and _is_emoji(after):
            return letter
    return letter.encode("unicode_escape").decode("ascii")


def _is_emoji(letter: str) -> bool:
    return letter == _VARIATION or unicodedata.category(letter) in ("So", "Sk")


def shortened(text: str, largest: int = LARGEST_SHOWN) -> str:
    """The text, its middle left out where it has more than `largest` characters."""
    if len(text) <= largest:
        return text
    head = (largest - 5) * 2 // 3
    return f"{text[:head]} ... {text[len(text) - (largest - 5 - head) :]}"


class _Shown(reprlib.Repr):
    """`repr` that looks at a few entries of a value, however large or deep it is."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel = 4
        self.maxdict = self.maxlist = self.maxtuple = self.maxset = self.maxfrozenset = 8
        self.maxstring = self.maxother = self.maxlong = LARGEST_SHOWN

    def repr_int(self, number: int, _: int) -> str:
        """A number too long for Python to write, or for a line, by its number of bits."""
        if number.bit_length() > 3 * self.maxlong:
            return f"<an integer of {number.bit_length()} bits>"
        return repr(number)

    def repr_str(self, text: str, _: int) -> str:
        """Both ends of a text, as Python writes it."""
        return repr(shortened(text, self.maxstring))


_SHOWN = _Shown()


def shown(value: object) -> str:
    """A value received from outside, for an error: as Python writes it, one short line.

    Takes no longer, and no more memory, for a value of a gigabyte or with a thousand levels.
    """
    return shortened(printable(_SHOWN.repr(value)))


def error_line(error: BaseException) -> str:
    """An error as a program ends with it: its class and message, safe to show and of a length.

    It is one line, but for the lists that our own errors make: their lines are indented, so that no
    part of a message can be taken for one of another program.
    """
    message = re.sub(r"\n(?!  )", r"\\n", shortened(str(error), LARGEST_ERROR))
    return f"{type(error).__name__}: {printable(message, keep=chr(10))}"


def table_cell(value: Any) -> Any:
    """A cell of a table that a spreadsheet may open: a text that it would calculate is quoted.

    Numbers stay numbers, those in text too.
    """
    if not isinstance(value, str):
        return value
    quoted = value[:1] in _FORMULA and bool(value) and not _NUMBER.fullmatch(value.strip())
    return printable(f"'{value}" if quoted else value)


class _Guarded:
    """A stream on which nothing invisible can be written but what a progress bar needs."""

    # A bar starts with these: back to the start of the line, clear it, or go up by one.
    BAR = re.compile(r"(\r|\x1b\[K|\x1b\[A)*")

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write what is left of a text when it is printable."""
        start = self.BAR.match(text).end()  # type: ignore[union-attr]  # it matches nothing, too
        self._stream.write(text[:start] + printable(text[start:], keep="\n\t"))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextlib.contextmanager
def guarded_terminal() -> Iterator[None]:
    """What is printed within, by us or by a library, reaches the terminal printable."""
    guards: tuple[Any, Any] = _Guarded(sys.stdout), _Guarded(sys.stderr)
    with contextlib.redirect_stdout(guards[0]), contextlib.redirect_stderr(guards[1]):
        yield
