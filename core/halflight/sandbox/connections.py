"""The sandbox's connections: a thread each, and limits of number, time and size for all of them.

A request comes within seconds of its first byte, or its connection ends; a body is read before the
next request, or the connection ends; a client that does not take its reply ends its connection.
"""

import contextlib
import socket
import sys
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from halflight.sandbox.replies import Reply, bad_request
from halflight.text import printable, shortened

CONNECTIONS = 128  # open at a time, a thread each: an astroquery client opens ten or fewer
IDLE_SECONDS = 60.0  # between the requests of one connection: a client's pool keeps them open
REQUEST_SECONDS = 10.0  # from a request's first byte to its last: on loopback it takes none
REPLY_SECONDS = 20.0  # to take a whole reply: a frame of 12 MB takes a tenth of a second
LINGER_SECONDS = 1.0  # for a client's last bytes, so that it can read the reply to the first
LARGEST_BODY = 2**16  # bytes: no page of SkyServer's or the SAS's that is served here takes any

BUSY = b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"

Answer = Callable[[str, str], Reply]


class Server(ThreadingHTTPServer):
    """Listens on 127.0.0.1 and gives every request, method and target, to `answer`."""

    daemon_threads = False
    block_on_close = True
    request_queue_size = 64

    def __init__(self, port: int, answer: Answer) -> None:
        """Take the port; 0 takes a free one. Raises OSError where it is in use."""
        self.answer = answer
        self._deadlines: dict[socket.socket, float] = {}  # of every open connection
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", port), Handler)

    def expect(self, connection: socket.socket, seconds: float) -> None:
        """Let the client take so long for what it has to do next."""
        with self._lock:
            if connection in self._deadlines:
                self._deadlines[connection] = time.monotonic() + seconds

    def service_actions(self) -> None:
        """End the connections of clients that took too long; called some 20 times a second."""
        now = time.monotonic()
        with self._lock:
            late = [connection for connection, end in self._deadlines.items() if end < now]
        for connection in late:
            _shut(connection, socket.SHUT_RDWR)

    def verify_request(
        self,
        request: socket.socket | tuple[bytes, socket.socket],
        client_address: object,  # noqa: ARG002  # the base's signature
    ) -> bool:
        """Take a connection, or refuse one too many."""
        if not isinstance(request, socket.socket):
            return False
        with self._lock:
            room = len(self._deadlines) < CONNECTIONS
            if room:
                self._deadlines[request] = time.monotonic() + IDLE_SECONDS
        if not room:
            with contextlib.suppress(OSError):  # the client has gone
                request.send(BUSY, socket.MSG_DONTWAIT)
        return room

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        """End a connection, once what the client still sends has been taken and left."""
        if isinstance(request, socket.socket):
            with self._lock:
                known = self._deadlines.pop(request, None) is not None
            if known:
                _linger(request)
        super().shutdown_request(request)

    def drop_connections(self) -> None:
        """Wake the threads that wait on idle keep-alive connections, so that they can end."""
        with self._lock:
            for connection in self._deadlines:
                _shut(connection, socket.SHUT_RD)

    def handle_error(self, request: object, client_address: object) -> None:
        """Nothing of a client that has gone; the traceback of anything else."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


def _shut(connection: socket.socket, how: int) -> None:
    with contextlib.suppress(OSError):  # the client was faster
        connection.shutdown(how)


def _linger(connection: socket.socket) -> None:
    """Read what has been sent in vain: closed with bytes unread, TCP would take the reply back."""
    _shut(connection, socket.SHUT_WR)
    end = time.monotonic() + LINGER_SECONDS
    with contextlib.suppress(OSError):  # the client has gone, or says nothing more
        while (left := end - time.monotonic()) > 0:
            connection.settimeout(left)
            if not connection.recv(2**16):
                return


class Handler(BaseHTTPRequestHandler):
    """Reads the requests of one connection, and sends the replies."""

    protocol_version = "HTTP/1.1"
    default_request_version = "HTTP/1.0"  # so that the reply to rubbish has a status line, too
    server_version = "halflight-sandbox"
    timeout = REPLY_SECONDS
    server: Server

    def log_message(self, *_: object) -> None:
        """Nothing on stderr: `Sandbox.requests` is the log."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse a request with a page that quotes little of it, and nothing invisible."""
        super().send_error(code, message and shortened(printable(message)), explain)

    def handle_one_request(self) -> None:
        """Wait for a request as long as a connection may be idle, then read it quickly."""
        self.server.expect(self.connection, IDLE_SECONDS)
        self.rfile.peek(1)  # type: ignore[attr-defined]  # a buffered reader has it
        self.server.expect(self.connection, REQUEST_SECONDS)
        super().handle_one_request()

    def do_GET(self) -> None:
        """Answer with headers and body."""
        self._answer("GET", with_body=True)

    def do_HEAD(self) -> None:
        """Answer with the headers that GET would give."""
        self._answer("HEAD", with_body=False)

    def _answer(self, method: str, *, with_body: bool) -> None:
        fault = self._read_body()
        self.server.expect(self.connection, float("inf"))  # what follows is ours to do
        self._send(fault or self.server.answer(method, self.path), with_body=with_body)

    def _read_body(self) -> Reply | None:
        """Read the body of a request, which means nothing here; the reply to one with none or two.

        What is not read would be taken for the next request.
        """
        lengths = self.headers.get_all("Content-Length", [])
        if not lengths and "Transfer-Encoding" not in self.headers:
            return None
        length = lengths[0].strip() if len(set(lengths)) == 1 else ""
        if "Transfer-Encoding" in self.headers or not (length.isascii() and length.isdecimal()):
            self.close_connection = True
            return bad_request("a body needs one Content-Length, and no Transfer-Encoding")
        if len(length) > len(str(LARGEST_BODY)) or int(length) > LARGEST_BODY:
            self.close_connection = True
            return bad_request(f"a body may have at most {LARGEST_BODY} bytes")
        if len(self.rfile.read(int(length))) < int(length):
            self.close_connection = True
            return bad_request("its body ends too early")
        return None

    def _send(self, reply: Reply, *, with_body: bool) -> None:
        body = reply.body or b""
        if reply.truncate is not None:
            self.close_connection = True
        try:
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.content_type)
            self.send_header("Content-Length", str(len(body)))
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if self.close_connection:
                self.send_header("Connection", "close")
            self.end_headers()
            if with_body:
                self.wfile.write(body[: reply.truncate])
        except (BrokenPipeError, ConnectionResetError):  # the client has gone
            self.close_connection = True
