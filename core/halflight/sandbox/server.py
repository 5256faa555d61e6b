"""An SDSS-compatible HTTP server on loopback: SkyServer's SQL page and the SAS's files."""

import re
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, unquote, urlsplit

from halflight.sandbox.connections import Server
from halflight.sandbox.replies import (
    Reply,
    bad_request,
    csv_result,
    json_result,
    not_found,
    sql_error,
    unreadable,
)
from halflight.sandbox.sky import Sky
from halflight.sandbox.sql import Database, SqlError
from halflight.text import shortened

# The SQL pages of all SkyServer releases (astroquery.sdss: QUERY_URL_SUFFIX_*).
SQL_PAGE = re.compile(r"/dr\d+/en/tools/search/x_(?:sql|results)\.aspx?", re.IGNORECASE)
SAS_FILE = re.compile(r"/sas/(?P<path>.+)")
TIME_LIMIT = 10.0  # seconds of one SQL query: a slow one of an honest client takes one
LOG_LENGTH = 10_000  # requests remembered: each may hold as much as its line
LARGEST_LOGGED = 4_000  # characters of a path or a parameter that are remembered
FIELDS = 64  # parameters of a request: SkyServer's page has ten
FILE_TYPES = {"bz2": "application/x-bzip2", "gz": "application/gzip"}

Fault = Callable[[str, int], Reply | None]


@dataclass(frozen=True)
class Request:
    """One request as it arrived: its number (from 1), method, path and query parameters."""

    number: int
    method: str
    path: str
    query: Mapping[str, str]


class Sandbox:
    """Serve a sky on 127.0.0.1 for as long as a `with` block lasts.

    Args:
        sky: what is served.
        port: 0 takes a free port.
        fault: called with the path and the number of every request; a Reply that it returns is
            sent in place of the honest answer.
        time_limit: seconds that one SQL query may take.

    Raises:
        OSError: on entering, when the port is in use; the message names it.
    """

    def __init__(
        self, sky: Sky, *, port: int = 0, fault: Fault | None = None, time_limit: float = TIME_LIMIT
    ) -> None:
        self.sky = sky
        self._port = port
        self._fault = fault
        self._time_limit = time_limit
        self._log: deque[Request] = deque(maxlen=LOG_LENGTH)
        self._number = 0
        self._lock = threading.Lock()
        self._stopping = threading.Event()

    def __enter__(self) -> Self:
        """Load the catalogue, take the port, start answering."""
        self._stopping.clear()
        try:
            self._server = Server(self._port, self.answer)
        except OSError as error:
            message = f"cannot listen on 127.0.0.1:{self._port}: {error.strerror}; "
            raise OSError(error.errno, message + "choose another port, or 0 for a free one") from (
                error
            )
        try:
            self._database = Database(self.sky.tables(), time_limit=self._time_limit)
        except BaseException:
            self._server.server_close()
            raise
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop answering, drop open connections, wait for the threads, free the port."""
        self._stopping.set()
        self._database.stop()
        self._server.shutdown()
        self._server.drop_connections()
        self._server.server_close()
        self._thread.join()
        self._database.close()

    @property
    def skyserver_url(self) -> str:
        """The address to use in place of https://skyserver.sdss.org."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def sas_url(self) -> str:
        """The address to use in place of https://data.sdss.org/sas."""
        return f"{self.skyserver_url}/sas"

    @property
    def requests(self) -> tuple[Request, ...]:
        """The requests so far, in the order of arrival: the last `LOG_LENGTH` of them."""
        with self._lock:
            return tuple(self._log)

    def answer(self, method: str, target: str) -> Reply:
        """The reply to one request, the injected fault included; logs the request."""
        try:
            parts = urlsplit(target)
            query = dict(parse_qsl(parts.query, keep_blank_values=True, max_num_fields=FIELDS))
        except ValueError as error:
            return bad_request(str(error))
        path = unquote(parts.path)
        with self._lock:
            self._number = number = self._number + 1
            short = {key[:LARGEST_LOGGED]: value[:LARGEST_LOGGED] for key, value in query.items()}
            self._log.append(Request(number, method, path[:LARGEST_LOGGED], short))
        fault = self._fault(path, number) if self._fault else None
        if fault is None:
            return self._honest_answer(path, query)
        self._stopping.wait(fault.delay)
        if fault.body is not None:
            return fault
        honest = self._honest_answer(path, query)
        return Reply(
            honest.status,
            honest.body,
            honest.content_type,
            headers=fault.headers,
            truncate=fault.truncate,
        )

    def _honest_answer(self, path: str, query: Mapping[str, str]) -> Reply:
        if SQL_PAGE.fullmatch(path):
            return self._sql(query)
        match = SAS_FILE.fullmatch(path)
        try:
            body = self.sky.file(match["path"]) if match else None
        except OSError as error:
            return unreadable(path, error.strerror or str(error))
        if body is None:
            return not_found(path)
        kind = FILE_TYPES.get(path.rpartition(".")[2], "application/octet-stream")
        return Reply(body=body, content_type=kind)

    def _sql(self, query: Mapping[str, str]) -> Reply:
        form = query.get("format", "csv").lower()
        if form not in ("csv", "json"):
            return sql_error(f"format={shortened(form)} is not offered here: use csv or json.")
        try:
            columns, rows = self._database.query(query.get("cmd", ""))
        except SqlError as error:
            return sql_error(str(error))
        write = csv_result if form == "csv" else json_result
        return write(columns, rows)
