"""The way to the servers: every reply has a deadline, a size and an end, or is refused."""

import http.client
import io
import socket
import time
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.poolmanager import PoolManager

from halflight.surveys.retry import Transient

PIECE = 1 << 16  # bytes read or unpacked at a time: what a bomb can take before it is seen
# An error page is read for its words alone, and a redirect for none: the rest of it stays unread.
MOST_ERROR_BYTES = 1 << 16
# Beside its body a reply has headers and the lengths of its chunks: SDSS's own are far smaller.
MOST_FRAMING_BYTES = 1 << 20
MOST_REDIRECTS = 3  # to https, to a mirror, and one to spare


class Door(HTTPAdapter):
    """Connections on which no reply outlasts `deadline` [s] or outgrows `most_bytes`.

    A reply that is not streamed is read whole, as far as it may go, before anybody sees it; of an
    error or a redirect only the beginning is kept. Raises `Transient` for what breaks a limit.
    """

    def __init__(self, deadline: float, most_bytes: int) -> None:
        self.deadline, self.most_bytes = deadline, most_bytes
        super().__init__()

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """The pools of requests, of connections that keep the limits."""
        super().init_poolmanager(*args, **options)
        self._limit(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **options: Any) -> Any:
        """The same through a proxy."""
        manager = super().proxy_manager_for(*args, **options)
        self._limit(manager)
        return manager

    def send(  # type: ignore[override]
        self, request: requests.PreparedRequest, stream: bool = False, **options: Any
    ) -> requests.Response:
        """Send a request, and read what may be read of its reply at once."""
        response = super().send(request, stream=True, **options)
        if response.status_code >= 300:
            self._keep(response, _beginning(response))
        elif not stream:
            self._keep(response, b"".join(body(response, self.most_bytes)))
        response.encoding = "utf-8"  # not guessed from the bytes, which takes minutes for many
        return response

    @staticmethod
    def _keep(response: requests.Response, content: bytes) -> None:
        response.raw.close()
        response.raw = io.BytesIO(content)

    def _limit(self, manager: PoolManager) -> None:
        door = self

        class Response(http.client.HTTPResponse):
            def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
                super().__init__(sock, *args, **options)
                most = 2 * door.most_bytes + MOST_FRAMING_BYTES
                metered = _Metered(sock, self.fp.detach(), door.deadline, most)
                self.fp = io.BufferedReader(metered)

        class Plain(HTTPConnection):
            response_class = Response

        class Secure(HTTPSConnection):
            response_class = Response

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class SecurePool(HTTPSConnectionPool):
            ConnectionCls = Secure

        manager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}


class _Metered(io.RawIOBase):
    """What comes from a socket, headers included, until the time is over or it is too much."""

    def __init__(self, sock: socket.socket, raw: Any, seconds: float, most: int) -> None:
        self._socket, self._raw, self._patience = sock, raw, sock.gettimeout()
        self._seconds, self._end = seconds, time.monotonic() + seconds
        self._most, self._left = most, most

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._end - time.monotonic()
        if left <= 0:
            raise self._too_slow()
        self._socket.settimeout(left if self._patience is None else min(left, self._patience))
        try:
            count = self._raw.readinto(buffer)
        except TimeoutError as error:
            if time.monotonic() >= self._end:
                raise self._too_slow() from error
            raise
        self._left -= count or 0
        if self._left < 0:
            raise Transient(f"the reply goes on after {self._most} bytes, more than it may have")
        return int(count) if count is not None else None

    def close(self) -> None:
        self._raw.close()
        super().close()

    def _too_slow(self) -> Transient:
        got = self._most - self._left
        return Transient(f"the reply was not whole after {self._seconds:g} s ({got} bytes came)")


def body(response: requests.Response, most: int) -> Iterator[bytes]:
    """The body in pieces, unpacked where the server packed it with gzip, and whole.

    Raises `Transient` if it has more than `most` bytes, or not as many as its Content-Length says,
    or if nothing says where it ends, so that a cut could not be told from its end.
    """
    announced = response.headers.get("Content-Length", "")
    chunked = "chunked" in response.headers.get("Transfer-Encoding", "").lower()
    digits = announced.isascii() and announced.isdigit() and len(announced) < 20
    if announced and not digits:
        raise Transient(f"Content-Length is {announced[:40]!r}, which is no number of bytes")
    if not (announced or chunked):
        raise Transient(
            "the reply says nowhere how long it is: a cut could not be told from its end"
        )
    if not chunked and int(announced) > most:
        raise Transient(f"{announced} bytes are announced, at most {most} may come")
    packed = response.raw.stream(PIECE, decode_content=False)
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    received = 0
    for piece in _gunzipped(packed) if encoding in ("gzip", "x-gzip") else packed:
        received += len(piece)
        if received > most:
            raise Transient(f"the body goes on after {most} bytes, more than it may have")
        yield piece


def _gunzipped(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The contents of a gzip file, a small piece at a time."""
    unpacker = zlib.decompressobj(wbits=31)  # zlib's number for gzip
    try:
        for piece in pieces:
            while True:
                content = unpacker.decompress(piece, PIECE)
                piece = unpacker.unconsumed_tail
                yield content
                if not piece and len(content) < PIECE:
                    break
    except zlib.error as error:
        raise Transient(f"the gzip body is damaged: {error}") from error
    if not unpacker.eof:
        raise Transient("the gzip body is cut short")


def _beginning(response: requests.Response) -> bytes:
    """The first bytes of an error page or of a redirect, packed or not."""
    pieces = []
    left = MOST_ERROR_BYTES
    for piece in response.raw.stream(PIECE, decode_content=False):
        pieces.append(piece[:left])
        left -= len(piece)
        if left <= 0:
            break
    return b"".join(pieces)
