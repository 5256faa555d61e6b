"""What a reply must look like before anything believes it: status, length, and form of the body."""

import bz2
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import requests

from halflight.surveys.errors import NotFoundError
from halflight.surveys.retry import Transient, parse_retry_after

RETRY_STATUSES = frozenset({429, 500, 502, 503, 504})
PIECE = 1 << 20  # bytes read at a time
# The part of SkyServer's refusal that says we were too quick; it comes with status 200.
TOO_MANY_QUERIES = "queries allowed per minute"


def check_status(response: requests.Response) -> None:
    """Raise `Transient` for a status that may pass, `NotFoundError` for one that is final."""
    code = response.status_code
    if code in RETRY_STATUSES:
        pause = parse_retry_after(response.headers.get("Retry-After"), time.time())
        raise Transient(f"HTTP {code} {response.reason}", pause)
    if code >= 400:
        raise NotFoundError(
            f"{response.url}: HTTP {code} {response.reason}, {excerpt(response.text)!r}. This is "
            "the server's final word: check the base address, the release, and what was asked for."
        )


def pieces(response: requests.Response) -> Iterator[bytes]:
    """The body in pieces; raises `Transient` if it is not as long as its Content-Length."""
    received = 0
    for piece in response.iter_content(PIECE):
        received += len(piece)
        yield piece
    announced = response.headers.get("Content-Length")
    if announced is not None and received != int(announced):
        raise Transient(f"{received} bytes came where {announced} were announced")


def check_sql_reply(response: requests.Response, **_: Any) -> None:
    """Refuse every SQL reply that is not a rectangular CSV table (a response hook of requests)."""
    if response.is_redirect:
        return
    check_status(response)
    text = response.text
    if TOO_MANY_QUERIES in text:
        raise Transient(f"SkyServer refused: {excerpt(text)}", retry_after=60.0)
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    if not lines:
        raise Transient("the reply is empty")
    header, *rows = lines
    if not re.fullmatch(r"\w+(,\w+)*", header.strip()):
        raise Transient(f"the reply is no CSV table but begins {excerpt(text)!r}")
    ragged = [number for number, row in enumerate(rows, 1) if row.count(",") != header.count(",")]
    if ragged:
        raise Transient(f"row {ragged[0]} of {len(rows)} has not the header's number of values")


def check_bz2(path: Path) -> None:
    """Decompress once: bzip2 carries a checksum of every block."""
    with path.open("rb") as file:
        start = file.read(1000)
    if not start.startswith(b"BZh"):
        raise Transient(f"the body is not bzip2 but begins {excerpt(start.decode('latin-1'))!r}")
    try:
        with bz2.open(path) as file:
            while file.read(PIECE):
                pass
    except (OSError, EOFError) as error:
        raise Transient(f"the bzip2 body is damaged or cut short: {error}") from error


def check_fits(path: Path) -> None:
    """Check the two things every FITS file shows outside: its first keyword and its block size."""
    with path.open("rb") as file:
        start = file.read(1000)
    if not start.startswith(b"SIMPLE  ="):
        raise Transient(f"the body is not FITS but begins {excerpt(start.decode('latin-1'))!r}")
    if path.stat().st_size % 2880:
        raise Transient(f"{path.stat().st_size} bytes are no whole number of 2880-byte FITS blocks")


def excerpt(text: str, length: int = 200) -> str:
    """The first `length` characters of a text on one line, without its HTML tags, for messages."""
    plain = " ".join(re.sub(r"<[^>]*>", " ", text).split()) or " ".join(text.split())
    return plain if len(plain) <= length else plain[:length] + "..."
