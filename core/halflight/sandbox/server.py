"""An SDSS-compatible HTTP server on loopback: SkyServer's SQL page and the SAS's files."""

import re
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, unquote, urlsplit

from halflight.sandbox.replies import Reply, csv_result, json_result, not_found, sql_error
from halflight.sandbox.sky import Sky
from halflight.sandbox.sql import Database, SqlError

# The SQL pages of all SkyServer releases (astroquery.sdss: QUERY_URL_SUFFIX_*).
SQL_PAGE = re.compile(r"/dr\d+/en/tools/search/x_(?:sql|results)\.aspx?", re.IGNORECASE)
SAS_FILE = re.compile(r"/sas/(?P<path>.+)")
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
        self, sky: Sky, *, port: int = 0, fault: Fault | None = None, time_limit: float = 30.0
    ) -> None:
        self.sky = sky
        self._port = port
        self._fault = fault
        self._time_limit = time_limit
        self._log: list[Request] = []
        self._lock = threading.Lock()
        self._stopping = threading.Event()

    def __enter__(self) -> Self:
        """Load the catalogue, take the port, start answering."""
        self._stopping.clear()
        try:
            self._server = _Server(self._port, self)
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
        """All requests so far, in the order of arrival."""
        with self._lock:
            return tuple(self._log)

    def answer(self, method: str, target: str) -> Reply:
        """The reply to one request, the injected fault included; logs the request."""
        parts = urlsplit(target)
        path = unquote(parts.path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        with self._lock:
            number = len(self._log) + 1
            self._log.append(Request(number, method, path, query))
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
        body = self.sky.file(match["path"]) if match else None
        if body is None:
            return not_found(path)
        kind = FILE_TYPES.get(path.rpartition(".")[2], "application/octet-stream")
        return Reply(body=body, content_type=kind)

    def _sql(self, query: Mapping[str, str]) -> Reply:
        form = query.get("format", "csv").lower()
        if form not in ("csv", "json"):
            return sql_error(f"format={form} is not offered here: use csv or json.")
        try:
            columns, rows = self._database.query(query.get("cmd", ""))
        except SqlError as error:
            return sql_error(str(error))
        write = csv_result if form == "csv" else json_result
        return write(columns, rows)


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True
    request_queue_size = 64

    def __init__(self, port: int, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__(("127.0.0.1", port), _Handler)

    def get_request(self) -> tuple[socket.socket, tuple[str, int]]:
        connection, address = super().get_request()
        with self._open_lock:
            self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        if isinstance(request, socket.socket):
            with self._open_lock:
                self._open.discard(request)
        super().shutdown_request(request)

    def drop_connections(self) -> None:
        """Wake the threads that wait on idle keep-alive connections, so that they can end."""
        with self._open_lock:
            for connection in self._open:
                try:
                    connection.shutdown(socket.SHUT_RD)
                except OSError:  # the client was faster
                    continue


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "halflight-sandbox"
    server: _Server

    def log_message(self, *_: object) -> None:
        """Nothing on stderr: `Sandbox.requests` is the log."""

    def do_GET(self) -> None:
        """Answer with headers and body."""
        self._send(self.server.sandbox.answer("GET", self.path), with_body=True)

    def do_HEAD(self) -> None:
        """Answer with the headers that GET would give."""
        self._send(self.server.sandbox.answer("HEAD", self.path), with_body=False)

    def _send(self, reply: Reply, *, with_body: bool) -> None:
        body = reply.body or b""
        try:
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.content_type)
            self.send_header("Content-Length", str(len(body)))
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.end_headers()
            if with_body:
                self.wfile.write(body[: reply.truncate])
        except (BrokenPipeError, ConnectionResetError):  # the client has gone
            self.close_connection = True
        if reply.truncate is not None:
            self.close_connection = True
