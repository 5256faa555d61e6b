"""What a reply must look like before anything believes it: its status, and the form of its text."""

import html
import io
import re
import time
from typing import Any

import pandas as pd
import requests

from halflight.surveys.errors import NotFoundError, QueryError
from halflight.surveys.retry import Transient, parse_retry_after

RETRY_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})
# The part of SkyServer's refusal that says we were too quick; it comes with status 200.
TOO_MANY_QUERIES = "queries allowed per minute"
# Words of SQL Server, and of the sandbox's engine, for a query that no server will ever take.
REFUSED_QUERY = re.compile(
    r"incorrect syntax|syntax error|invalid (column|object) name|no such (column|table|function)"
    r"|multi-part identifier|ambiguous column|unclosed quotation|not a recognized"
    r"|must declare|non-boolean type|operand (data )?type|conversion failed|error converting"
    r"|permission was denied on|expects parameter|unrecognized token|invalid in the select list"
    r"|sql error: |sql returned the following error|only (one|select) statement",
    re.IGNORECASE,
)
HEADER = re.compile(r"\w+(,\w+)*")


def check_status(response: requests.Response) -> None:
    """Raise `Transient` for a status that may pass, `NotFoundError` for one that is final."""
    code = response.status_code
    reason = excerpt(response.reason or "", 80)
    if code in RETRY_STATUSES:
        pause = parse_retry_after(response.headers.get("Retry-After"), time.time())
        raise Transient(f"HTTP {code} {reason}", pause)
    if code >= 400:
        raise NotFoundError(
            f"{response.url}: HTTP {code} {reason}, {excerpt(response.text)!r}. This is "
            "the server's final word: check the base address, the release, and what was asked for."
        )
    if code != 200:
        raise Transient(f"HTTP {code} {reason} is no answer")


def check_sql_reply(response: requests.Response, **_: Any) -> None:
    """Refuse every SQL reply that is no CSV text (a response hook of requests).

    Raises `QueryError` where the server says that the query itself is wrong, with whatever status.
    """
    if response.is_redirect:
        return
    text = response.text
    lines = _lines(text)
    if not (response.status_code == 200 and lines and HEADER.fullmatch(lines[0].strip())):
        _explain_refusal(response, text)
    if not lines:
        raise Transient("the reply is empty")


def _explain_refusal(response: requests.Response, text: str) -> None:
    """Raise for what is no table."""
    if TOO_MANY_QUERIES in text:
        raise Transient(f"SkyServer refused: {excerpt(text)}", retry_after=60.0)
    if REFUSED_QUERY.search(text):
        raise QueryError(
            f"the server refuses the query, and would again: {excerpt(text, 400)!r}. Correct "
            "`survey.selection.*.where` in params.yaml."
        )
    check_status(response)
    if text.strip():
        raise Transient(f"the reply is no CSV table but begins {excerpt(text)!r}")


def read_csv(text: str) -> pd.DataFrame:
    """SkyServer's table with every value as text; raises `Transient` if it is not rectangular."""
    header, *rows = _lines(text)
    names = header.strip().split(",")
    if len(set(names)) < len(names):
        raise Transient(f"the reply names a column twice: {excerpt(header)}")
    ragged = [number for number, row in enumerate(rows, 1) if row.count(",") != len(names) - 1]
    if ragged:
        raise Transient(f"row {ragged[0]} of {len(rows)} has not the header's number of values")
    if any('"' in row or "\0" in row for row in rows):
        raise Transient("the reply holds quotes or zero bytes, which a table of numbers does not")
    if not rows:
        return pd.DataFrame({name: pd.Series(dtype="str") for name in names})
    source = io.StringIO("\n".join([",".join(names), *rows]) + "\n")
    return pd.read_csv(
        source, dtype="str", keep_default_na=False, na_filter=False, skip_blank_lines=False
    )


def _lines(text: str) -> list[str]:
    """The lines of a reply without blank ones and the line `#Table1`."""
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]


def excerpt(text: str, length: int = 200) -> str:
    """The first `length` characters of a text, for messages.

    On one line, without HTML tags, and with what cannot be seen written as an escape.
    """
    begin = text[: 20 * length]
    plain = " ".join(re.sub(r"<[^>]*>", " ", begin).split()) or " ".join(begin.split())
    plain = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in html.unescape(plain))
    return plain if len(plain) <= length else plain[:length] + "..."
