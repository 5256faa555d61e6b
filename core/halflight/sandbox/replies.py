"""What the sandbox sends: the reply itself, query results as SkyServer writes them, error pages."""

import csv
import html
import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from halflight.text import printable, shortened

HTML = "text/html; charset=utf-8"


@dataclass(frozen=True)
class Reply:
    """One HTTP reply, honest or deliberately broken.

    A fault may leave `body` at None: then the honest answer is sent (status, body and content type
    included), and `headers`, `delay` and `truncate` still apply to it.

    Attributes:
        status: HTTP status code.
        body: the bytes to send, or None for the honest answer.
        content_type: value of the Content-Type header.
        headers: further headers, e.g. {"Retry-After": "1"}.
        delay: seconds to wait before anything is sent.
        truncate: send only this many bytes of the body, then drop the connection; Content-Length
            still promises all of them. None sends everything.
    """

    status: int = 200
    body: bytes | None = None
    content_type: str = HTML
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    truncate: int | None = None


def csv_result(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Reply:
    """Rows as SkyServer's CSV: a line `#Table1`, the header, the rows; NULL is the word null."""
    text = io.StringIO()
    text.write("#Table1\n")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([["null" if value is None else value for value in row] for row in rows])
    return Reply(body=text.getvalue().encode(), content_type="text/csv; charset=utf-8")


def json_result(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Reply:
    """Rows as SkyServer's JSON: a list with one table, each row an object."""
    numbered = [[None if _is_no_number(value) else value for value in row] for row in rows]
    entries = [dict(zip(columns, row, strict=True)) for row in numbered]
    text = json.dumps([{"TableName": "Table1", "Rows": entries}], allow_nan=False)
    return Reply(body=text.encode(), content_type="application/json")


def _is_no_number(value: object) -> bool:
    """Infinity, which JSON cannot write."""
    return isinstance(value, float) and not math.isfinite(value)


def sql_error(message: str) -> Reply:
    """A failed query: like SkyServer, an HTML page with status 200 (so a client must look)."""
    page = (
        "<html><head>\n<title>Skyserver Error</title>\n</head><body bgcolor=white>\n"
        "<h2>An error occured</h2><H3 BGCOLOR=pink><font color=red><br>"
        f"{html.escape(message)}</font></H3></BODY></HTML>\n"
    )
    return Reply(body=page.encode(), content_type=HTML)


def not_found(path: str) -> Reply:
    """The page of a web server for a path that it does not have."""
    return _page(
        404, "Not Found", f"The requested URL {_shown(path)} was not found on this server."
    )


def bad_request(reason: str) -> Reply:
    """The page for a request that cannot be understood."""
    return _page(400, "Bad Request", f"The request cannot be understood: {_shown(reason)}.")


def unreadable(path: str, reason: str) -> Reply:
    """The page for a file that is there but cannot be read."""
    return _page(500, "Internal Server Error", f"{_shown(path)} cannot be read: {_shown(reason)}.")


def _shown(text: str) -> str:
    return html.escape(shortened(printable(text)))


def _page(status: int, title: str, sentence: str) -> Reply:
    page = (
        f"<html>\n<head><title>{status} {title}</title></head>\n<body>\n<h1>{title}</h1>\n"
        f"<p>{sentence}</p>\n</body></html>\n"
    )
    return Reply(status=status, body=page.encode(), content_type=HTML)
