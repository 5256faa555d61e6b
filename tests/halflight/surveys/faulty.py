"""A server that answers wrongly in every way that its address asks for, until it is healed."""

import gzip
import socket
import socketserver
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

# What a fault sends, piece by piece; a number is a pause [s]. The honest body is its argument.
Fault = Callable[[bytes], Iterator[bytes | float]]
Honest = Callable[[str], bytes]
PAGE = b"<html><head><title>Oops</title></head><body>down for maintenance</body></html>"


def reply(body: bytes, *headers: str, status: str = "200 OK", length: str | None = "") -> bytes:
    """A whole reply; `length` replaces the honest Content-Length, None leaves it out."""
    lines = [f"HTTP/1.1 {status}", *headers, "Connection: close"]
    if length is not None:
        lines.append(f"Content-Length: {length or len(body)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def says(body: bytes, *headers: str, **options: str | None) -> Fault:
    """The fault that always sends this one reply."""
    return lambda _: iter([reply(body, *headers, **options)])  # type: ignore[arg-type]


def sends(make: Callable[[bytes], bytes]) -> Fault:
    """The fault that sends, honestly labelled, what `make` makes of the honest body."""
    return lambda honest: iter([reply(make(honest))])


def for_ever(*begin: bytes, again: bytes, pause: float = 0.0) -> Fault:
    """The fault that begins so and never ends."""

    def fault(_: bytes) -> Iterator[bytes | float]:
        yield from begin
        while True:
            yield again
            yield pause

    return fault


def slowly(content: Callable[[bytes], bytes]) -> Fault:
    """The fault that sends a byte at a time, each soon enough to keep a patient reader waiting."""

    def fault(honest: bytes) -> Iterator[bytes | float]:
        for byte in content(honest):
            yield bytes([byte])
            yield 0.05

    return fault


def zeros(packer: Callable[[], "zlib._Compress"], megabytes: int) -> bytes:
    """So many megabytes of zeros, packed."""
    pack, piece = packer(), bytes(1 << 20)
    return b"".join([*(pack.compress(piece) for _ in range(megabytes)), pack.flush()])


def gzip_bomb() -> bytes:
    """Half a gigabyte of zeros in two megabytes."""
    return zeros(lambda: zlib.compressobj(1, zlib.DEFLATED, 31), 512)


def cut_gzip(honest: bytes) -> bytes:
    packed = gzip.compress(honest, 1)
    return packed[: len(packed) // 2]


OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
GZIP = "Content-Encoding: gzip"


def network_faults() -> dict[str, Fault]:
    """Faults that any reply can have, by name."""
    bomb = gzip_bomb()
    return {
        "closed at once": lambda _: iter([]),
        "half a status line": lambda _: iter([b"HTTP/1.1 2"]),
        "no HTTP": lambda _: iter([b"220 ftp.example.org ready\r\n"]),
        "another protocol": lambda _: iter([b"\x16\x03\x01\x02\x00" * 40]),
        "a status that is none": lambda _: iter([b"HTTP/1.1 abc OK\r\n\r\n"]),
        "headers without an end": lambda _: iter([OK + b"Content-Length: 5\r\n"]),
        "slow headers": slowly(reply),
        "endless headers": for_ever(OK, again=b"X-A: b\r\n" * 1000),
        "a header without an end": for_ever(OK + b"X-A: ", again=b"a" * 65536),
        "to be continued for ever": for_ever(again=b"HTTP/1.1 100 Continue\r\n\r\n"),
        "silence": lambda _: iter([30.0]),
        "slow body": _slow_body,
        "a body that stops": lambda honest: iter([reply(honest)[: -len(honest) // 2], 30.0]),
        "an endless body": for_ever(OK + b"\r\n", again=bytes(65536)),
        "an endless body of lines": for_ever(OK + b"\r\n", again=b"1,2,3\n" * 10000),
        "endless chunks": for_ever(CHUNKED, again=b"10000\r\n" + bytes(65536) + b"\r\n"),
        "tiny chunks for ever": for_ever(CHUNKED, again=b"1\r\na\r\n" * 10000),
        "a chunk's size without an end": for_ever(CHUNKED, again=b"0" * 65536),
        "chunks cut off": lambda honest: iter([CHUNKED + b"20000\r\n" + honest[:50]]),
        "a chunk's size that is none": lambda _: iter([CHUNKED + b"xyz\r\nabc\r\n0\r\n\r\n"]),
        "endless trailers": for_ever(CHUNKED + b"1\r\na\r\n0\r\n", again=b"X-A: b\r\n" * 1000),
        "more announced than sent": lambda h: iter([reply(h, length=str(len(h) + 100))]),
        "less announced than sent": lambda h: iter([reply(h, length=str(len(h) // 2))]),
        "a petabyte announced": lambda h: iter([reply(h, length=str(10**15))]),
        "a negative length": lambda h: iter([reply(h, length="-5")]),
        "a length that is none": lambda h: iter([reply(h, length="²")]),
        "two lengths": lambda h: iter([reply(h, "Content-Length: 7")]),
        "half and no length": lambda h: iter([reply(h[: len(h) // 2], length=None)]),
        "a gzip bomb": says(bomb, GZIP),
        "a gzip bomb in gzip": says(gzip.compress(bomb, 1), "Content-Encoding: gzip, gzip"),
        "damaged gzip": says(b"\x1f\x8b\x08" + bytes(40), GZIP),
        "cut gzip": lambda h: iter([reply(cut_gzip(h), GZIP)]),
        "no gzip where it says so": lambda h: iter([reply(h, GZIP)]),
        "a packing nobody knows": lambda h: iter(
            [reply(bytes(b ^ 1 for b in h[:9]), "Content-Encoding: br")]
        ),
        "a redirect in a circle": says(b"", "Location: ?again", status="302 Found"),
        "a redirect to a closed port": says(
            b"", "Location: http://127.0.0.1:9/", status="301 Moved"
        ),
        "a redirect to a file": says(b"", "Location: file:///etc/passwd", status="302 Found"),
        "a redirect to no address": says(b"", "Location: http://[::1/x", status="302 Found"),
        "a redirect nowhere": says(b"", status="302 Found"),
        "a redirect with a bomb": says(bomb, GZIP, "Location: ?again", status="302 Found"),
        "HTTP 500": says(PAGE, status="500 Internal Server Error"),
        "HTTP 502": says(PAGE, status="502 Bad Gateway"),
        "HTTP 503, come back": says(PAGE, "Retry-After: 1", status="503 Unavailable"),
        "come back in a superscript": says(PAGE, "Retry-After: ²", status="503 Unavailable"),
        "come back in the year 33658": says(PAGE, "Retry-After: 1e12", status="503 Unavailable"),
        "come back in 30 years": says(PAGE, "Retry-After: 1000000000", status="429 Too Many"),
        "come back yesterday": says(
            PAGE, "Retry-After: Wed, 21 Oct 2015 07:28:00 GMT", status="429 Too Many"
        ),
        "come back never": says(PAGE, "Retry-After: -1", status="429 Too Many"),
        "come back when": says(PAGE, "Retry-After: ", status="503 Unavailable"),
        "HTTP 404 with 28 MB of words": says(b"word " * 5_600_000, status="404 Not Found"),
        "HTTP 403 without an end": for_ever(b"HTTP/1.1 403 No\r\n\r\n", again=b"word " * 10000),
        "HTTP 404 with a bomb": says(bomb, GZIP, status="404 Not Found"),
        "a reason with escapes": says(PAGE, status="500 \x1b[31mred\x1b[0m"),
        "a reason of 60000 letters": says(PAGE, status="500 " + "x" * 60000),
        "HTTP 204": says(b"", status="204 No Content"),
        "HTTP 304": says(b"", status="304 Not Modified"),
        "HTTP 206": lambda h: iter([reply(h[:20], status="206 Partial Content")]),
        "a page with status 200": says(PAGE),
        "an empty body": says(b""),
        "zero bytes": says(bytes(5000)),
        "noise": says(bytes(range(256)) * 20),
        "the beginning alone": sends(lambda h: h[: len(h) // 3]),
    }


def _slow_body(honest: bytes) -> Iterator[bytes | float]:
    yield reply(honest)[: -len(honest)]
    for byte in honest:
        yield bytes([byte])
        yield 0.05


@dataclass
class FaultyServer:
    """Serves `honest(path)`; below /fault/N, until it is healed, the Nth of `faults` instead."""

    honest: Honest
    faults: dict[str, Fault]
    healed: bool = False
    url: str = ""
    over: threading.Event = field(default_factory=threading.Event)

    def address(self, name: str) -> str:
        """The base address below which the fault of this name waits."""
        return f"{self.url}/fault/{list(self.faults).index(name)}"

    def answer(self, connection: socket.socket, target: str) -> None:
        """Send what the target asks for."""
        parts = target.split("/", 3)
        path = target
        fault: Fault = lambda body: iter([reply(body)])  # noqa: E731 - the honest one
        if parts[1] == "fault":
            path = "/" + parts[3]
            if not self.healed:
                fault = list(self.faults.values())[int(parts[2])]
        for piece in fault(self.honest(path)):
            if isinstance(piece, float):
                if self.over.wait(piece):
                    return
            else:
                connection.sendall(piece)


@contextmanager
def serving(server: FaultyServer) -> Iterator[FaultyServer]:
    """Have a faulty server answer on loopback."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            text = b""
            try:
                while b"\r\n\r\n" not in text:
                    if not (piece := self.request.recv(65536)):
                        return
                    text += piece
                server.answer(self.request, text.split()[1].decode())
            except (BrokenPipeError, ConnectionResetError):
                return  # the client has seen enough

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        request_queue_size = 32

    with Server(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever, args=(0.02,))
        thread.start()
        server.url = f"http://127.0.0.1:{listening.server_address[1]}"
        try:
            yield server
        finally:
            server.over.set()
            listening.shutdown()
            thread.join()
