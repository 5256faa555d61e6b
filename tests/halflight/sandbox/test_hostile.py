"""Hostile queries and requests are answered quickly and shortly; others are served meanwhile."""

import http.client
import itertools
import resource
import socket
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd
import pytest

from halflight.sandbox import Sandbox, connections, sql
from halflight.sandbox.sql import Database, SqlError

pytestmark = pytest.mark.faults

SQL = "/dr17/en/tools/search/x_results.aspx"
FILE = "/sas/dr17/a%20file.fits.bz2"
HONEST = "SELECT TOP 2 objID, modelMag_r FROM Galaxy ORDER BY objID"
TIME_LIMIT = 0.5

FOUR = "Big a, Big b, Big c, Big d"
REFUSED = "not authorized|no such function"
QUERIES = {
    # one call that would take minutes or gigabytes
    "a search in hexadecimal": ("SELECT instr(hex(zeroblob(99999999)), hex(zeroblob(9)))", REFUSED),
    "zeros": ("SELECT zeroblob(1000000000)", REFUSED),
    "random bytes": ("SELECT randomblob(1000000000)", REFUSED),
    "length of zeros": ("SELECT LEN(zeroblob(1000000000))", REFUSED),
    "a wide number": ("SELECT printf('%*d', 1000000000, 1)", REFUSED),
    "a wide format": ("SELECT format('%1000000000d', 1)", REFUSED),
    "letters": ("SELECT char(65, 66)", REFUSED),
    "quotes": ("SELECT quote('x')", REFUSED),
    "joined text": (f"SELECT group_concat(a.n) FROM {FOUR}", REFUSED),
    "joined text by another name": (f"SELECT string_agg(a.n, 'x') FROM {FOUR}", REFUSED),
    "JSON": ("SELECT json_group_array(n) FROM Big", REFUSED),
    "an error of one's own": ("SELECT raise(abort, 'x')", "RAISE|syntax|not authorized"),
    "text that doubles": (
        "WITH d(t, k) AS (SELECT 'xxxxxxxx', 0 UNION ALL SELECT t || t, k + 1 FROM d WHERE k < 40)"
        " SELECT LEN(t) FROM d",
        "too big",
    ),
    "text replaced by more": (
        f"SELECT REPLACE('{'x' * 1000}', 'x', '{'y' * 1000}')",
        "too big",
    ),
    "a long pattern": (f"SELECT 1 WHERE 'x' LIKE '{'%x' * 1000}'", "pattern too complex"),
    "a regular expression": ("SELECT 1 WHERE 'x' REGEXP '(x+)+y'", REFUSED),
    "another pattern": ("SELECT 1 WHERE 'x' GLOB '*'", REFUSED),
    "a search of text": ("SELECT 1 FROM Field WHERE Field MATCH 'x'", "MATCH|no such|authorized"),
    # many steps
    "an endless table": (
        "WITH n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT COUNT(*) FROM n",
        "longer than",
    ),
    "an endless set": (
        "WITH n(i) AS (SELECT 1 UNION SELECT i+1 FROM n) SELECT MAX(i) FROM n",
        "longer than",
    ),
    "a cross join counted": (f"SELECT COUNT(*) FROM {FOUR}", "longer than"),
    "a cross join sorted": (f"SELECT a.n+b.n+c.n AS s FROM {FOUR} ORDER BY s", "longer than"),
    "a cross join of distinct rows": (
        f"SELECT DISTINCT a.n, b.n, c.n, d.n + 0.5 FROM {FOUR}",
        "longer|more than",
    ),
    "a cross join grouped": (
        f"SELECT COUNT(*) FROM {FOUR} GROUP BY a.n, b.n, c.n, d.n",
        "longer than",
    ),
    "a cross join without a match": (f"SELECT 1 FROM {FOUR} WHERE a.n+b.n < c.n*0-1", "longer"),
    "a window over a cross join": (
        f"SELECT RANK() OVER (ORDER BY a.n+b.n+c.n) FROM {FOUR}",
        "longer than",
    ),
    "rows without end": (
        "WITH n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT i FROM n",
        "more than|longer than",
    ),
    "tables that double": (
        "WITH t0 AS (SELECT n FROM Big), "
        + ", ".join(f"t{k} AS (SELECT x.n FROM t{k - 1} x, t{k - 1} y)" for k in range(1, 30))
        + " SELECT TOP 1 n FROM t29",
        "too many|longer|not authorized",
    ),
    # long to compile
    "a long query": ("SELECT " + "1+" * 50_000 + "1", "at most 65536 characters"),
    "a deep expression": ("SELECT " + "(" * 2000 + "1" + ")" * 2000, "stack|depth|deep"),
    "a long sum": ("SELECT " + "1+" * 5_000 + "1", "too large"),
    "a long chain of NOT": ("SELECT " + "NOT " * 5000 + "1", "too large|stack|deep"),
    "many columns": ("SELECT " + "1," * 5_000 + "1", "too many columns"),
    "many unions": (" UNION ALL ".join(["SELECT 1"] * 200), "too many terms"),
    "many joins": ("SELECT 1 FROM " + ",".join(f"Field f{k}" for k in range(99)), "at most 64"),
    "many arguments": ("SELECT MAX(" + "1," * 500 + "1)", "too many arguments"),
    "many comments that do not end": ("SELECT 1 " + "/* " * 20_000, "Incorrect syntax near"),
    "a text that does not end": ("SELECT " + "''" * 20_000 + "'", "Incorrect syntax"),
    # what is not reading
    "a library": ("SELECT load_extension('/tmp/x.so')", REFUSED),
    "a file written": ("SELECT writefile('/tmp/x', 'x')", REFUSED),
    "a file read": ("SELECT readfile('/etc/passwd')", REFUSED),
    "a command": ("EXEC xp_cmdshell 'id'", "Only SELECT"),
    "another database": ("ATTACH '/tmp/x.db' AS x", "Only SELECT"),
    "a setting": ("PRAGMA hard_heap_limit = 1", "Only SELECT"),
    "a setting as a table": ("SELECT * FROM pragma_database_list", "not authorized"),
    "the schema": ("SELECT sql FROM sqlite_master", "prohibited"),
    "the pages": ("SELECT * FROM dbstat", "vtable|no such"),
    "JSON as a table": ("SELECT * FROM json_each('[1]')", "vtable|no such"),
    "an insertion": ("WITH x AS (SELECT 1) INSERT INTO Field(run) SELECT 1", "not authorized"),
    "a deletion behind": ("SELECT 1; DELETE FROM Field", "Only one statement"),
    "the plan": ("EXPLAIN SELECT 1", "Only SELECT"),
    "a parameter": ("SELECT ?1", "Incorrect syntax"),
    "bytes": ("SELECT CAST('x' AS BLOB)", "binary"),
    # clumsy
    "NUL": ("SELECT 'a\0b'", "NUL"),
    "a comment of MySQL": ("SELECT 1 # SQL", "Incorrect syntax near '# SQL'"),
    "the cursor moved": ("SELECT \x1b[2J", r"Incorrect syntax near '\\x1b"),
    "a column of 30 kB": (f"SELECT {'x' * 30_000} FROM Field", "no such column: x+ ... x+"),
    "a surrogate": ("SELECT '\ud800'", "surrogates"),
    "overflow": ("SELECT abs(-9223372036854775807 - 1)", "overflow"),
}  # fmt: skip


class BigSky:
    """The tiny sky, and a table of which a few joins have more rows than anyone can count."""

    description = "big sky"

    def __init__(self, tiny: Any) -> None:
        self.tiny = tiny
        self.file = tiny.file

    def tables(self) -> dict[str, pd.DataFrame]:
        return self.tiny.tables() | {"Big": pd.DataFrame({"n": range(2000)})}


@pytest.fixture
def database(tiny_sky: Any) -> Iterator[Database]:
    opened = Database(BigSky(tiny_sky).tables(), time_limit=TIME_LIMIT)
    yield opened
    opened.close()


def test_there_are_queries_and_requests_enough() -> None:
    assert len(QUERIES) >= 40
    assert len(REQUESTS) >= 40


@pytest.mark.parametrize("name", QUERIES)
def test_a_hostile_query_is_refused_in_time_and_memory(database: Database, name: str) -> None:
    query, message = QUERIES[name]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    with pytest.raises(SqlError, match=message) as caught:
        database.query(query)
    assert time.perf_counter() - start < 5 + TIME_LIMIT  # on a busy machine
    assert len(str(caught.value)) < 400
    assert str(caught.value).isprintable()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 2**20  # in kB
    assert database.query(HONEST)[1] == [(1237645876861337601, 17.5)]


def test_a_large_reply_is_refused(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sql, "REPLY_LIMIT", 2**20)
    with pytest.raises(SqlError, match="more than 1 MiB"):
        database.query(f"SELECT a.n, '{'x' * 1000}' FROM Big a")
    assert len(database.query("SELECT n FROM Big")[1]) == 2000


def test_others_are_answered_while_a_query_runs(tiny_sky: Any, get: Callable) -> None:
    slow = f"SELECT COUNT(*) FROM {FOUR}"
    with Sandbox(BigSky(tiny_sky), time_limit=30) as sandbox:
        url = sandbox.skyserver_url + SQL
        honest = get(url, cmd=HONEST)
        clients = [threading.Thread(target=get, args=(url,), kwargs={"cmd": slow}) for _ in "abc"]
        for client in clients:
            client.start()
        while len(sandbox.requests) < 4:
            time.sleep(0.01)
        start = time.perf_counter()
        assert get(url, cmd=HONEST)[2] == honest[2]
        assert get(sandbox.skyserver_url + FILE)[2] == tiny_sky.content
        assert time.perf_counter() - start < 5
        assert all(client.is_alive() for client in clients)
        leaving = time.perf_counter()
    for client in clients:
        client.join()
    assert time.perf_counter() - leaving < 5  # what runs is interrupted


def test_queries_beyond_those_at_once_wait_and_are_refused_in_time(
    tiny_sky: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql, "QUERIES_AT_ONCE", 1)
    database = Database(BigSky(tiny_sky).tables(), time_limit=0.3)
    with database._reader(), pytest.raises(SqlError, match="queries are running: try again"):
        database.query(HONEST)
    assert len(database.query(HONEST)[1]) == 1
    database.close()


def get_line(target: str, version: str = "HTTP/1.1", *lines: str) -> bytes:
    return "\r\n".join([f"GET {target} {version}", "Host: x", *lines, "", ""]).encode("latin-1")


REQUESTS: dict[str, tuple[bytes, tuple[int, ...]]] = {
    "an open bracket": (get_line("//["), (400, 404)),
    "an open bracket in an address": (get_line("http://["), (400,)),
    "a wrong address": (get_line("http://[x]/sas/a"), (400, 404)),
    "no path": (get_line(""), (400, 404)),
    "a star": (get_line("*"), (404,)),
    "slashes": (get_line("/" * 1000), (404,)),
    "dots": (get_line("/sas/../../../etc/passwd"), (404,)),
    "dots by percent": (get_line("/sas/%2e%2e/%2e%2e/etc/passwd"), (404,)),
    "dots by two percents": (get_line("/sas/%252e%252e/etc/passwd"), (404,)),
    "a slash by percent": (get_line("/sas/..%2f..%2fetc%2fpasswd"), (404,)),
    "a backslash": (get_line("/sas/..\\..\\etc\\passwd"), (404,)),
    "an overlong dot": (get_line("/sas/%c0%ae%c0%ae/etc/passwd"), (404,)),
    "an absolute path": (get_line("/sas//etc/passwd"), (404,)),
    "a file's address": (get_line("file:///etc/passwd"), (400, 404)),
    "a folder": (get_line("/sas/dr17/"), (404,)),
    "the root": (get_line("/"), (404,)),
    "NUL by percent": (get_line("/sas/dr17%00/x"), (404,)),
    "NUL": (b"GET /sas/\0 HTTP/1.1\r\n\r\n", (404,)),
    "half a percent": (get_line("/sas/%"), (404,)),
    "a line feed by percent": (get_line("/sas/%0d%0aSet-Cookie:%20x=1"), (404,)),
    "a script": (get_line("/<script>alert(1)</script>"), (404,)),
    "the cursor moved": (get_line("/sas/%1b%5b2J%e2%80%ae"), (404,)),
    "other letters": ("GET /sas/Ångström HTTP/1.1\r\n\r\n".encode(), (400, 404)),
    "a long path": (get_line("/" + "x" * 60_000), (404,)),
    "too long a path": (get_line("/" + "x" * 70_000), (414,)),
    "a long header": (get_line("/", "HTTP/1.1", "X: " + "x" * 70_000), (431,)),
    "many headers": (get_line("/", "HTTP/1.1", *["X: y"] * 200), (431,)),
    "many parameters": (get_line(SQL + "?" + "&".join(f"a{k}=1" for k in range(500))), (400,)),
    "no query": (get_line(SQL), (200,)),
    "an unknown format": (get_line(SQL + "?cmd=SELECT+1&format=" + "x" * 50_000), (200,)),
    "no version": (b"GET /\r\n", ()),
    "a wrong version": (get_line("/", "HTTP/x"), (400,)),
    "a later version": (get_line("/", "HTTP/9.9"), (505,)),
    "a version of a thousand digits": (get_line("/", "HTTP/1." + "1" * 1000), (400,)),
    "words": (b"hello\r\n\r\n", (400,)),
    "many words": (b"GET / HTTP/1.1 x y\r\n\r\n", (400,)),
    "an encrypted hello": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", (400,)),
    "rubbish": (bytes(range(128, 256)) + b"\r\n\r\n", (400,)),
    "an empty line": (b"\r\n\r\n", ()),
    "nothing": (b"", ()),
    "half a line": (b"GET /sas", ()),
    "half a header": (b"GET / HTTP/1.1\r\nHos", (404, 400)),
    "a method unknown": (b"BREW /pot HTTP/1.1\r\n\r\n", (501,)),
    "POST": (b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello", (501,)),
    "DELETE": (b"DELETE /sas/x HTTP/1.1\r\n\r\n", (501,)),
    "TRACE": (b"TRACE / HTTP/1.1\r\n\r\n", (501,)),
    "CONNECT": (b"CONNECT evil:443 HTTP/1.1\r\n\r\n", (501,)),
    "the preface of HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", (505,)),
    "a body without an end": (get_line("/", "HTTP/1.1", "Content-Length: 100") + b"x", (400,)),
    "a body of gigabytes": (get_line("/", "HTTP/1.1", "Content-Length: 9999999999"), (400,)),
    "a body of a length of a thousand digits": (
        get_line("/", "HTTP/1.1", "Content-Length: " + "9" * 1000),
        (400,),
    ),
    "a negative body": (get_line("/", "HTTP/1.1", "Content-Length: -1"), (400,)),
    "a body of no length": (get_line("/", "HTTP/1.1", "Content-Length: x"), (400,)),
    "a body of a superscript length": (get_line("/", "HTTP/1.1", "Content-Length: \xb2"), (400,)),
    "a body of two lengths": (
        get_line("/", "HTTP/1.1", "Content-Length: 0", "Content-Length: 40"),
        (400,),
    ),
    "a body in chunks": (
        get_line("/", "HTTP/1.1", "Transfer-Encoding: chunked") + b"0\r\n\r\n",
        (400,),
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def open_sandbox() -> Iterator[Sandbox]:
    from tests.halflight.sandbox.conftest import TinySky

    with Sandbox(TinySky(), time_limit=2) as sandbox:
        yield sandbox


def talk(sandbox: Sandbox, *parts: bytes, end: bool = True) -> bytes:
    """All that the server answers to some bytes until it ends the connection."""
    port = int(sandbox.skyserver_url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        for part in parts:
            client.sendall(part)
        if end:
            client.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: client.recv(2**16), b""))


@pytest.mark.parametrize("name", REQUESTS)
def test_a_hostile_request_is_answered_shortly_and_leaves_no_trace(
    open_sandbox: Sandbox, name: str, capfd: pytest.CaptureFixture[str], tiny_sky: Any
) -> None:
    request, statuses = REQUESTS[name]
    start = time.perf_counter()
    answer = talk(open_sandbox, request)
    assert time.perf_counter() - start < 5
    if statuses:
        assert int(answer.split(maxsplit=2)[1]) in statuses, answer[:200]
    assert len(answer) < 2000
    assert b"root:" not in answer
    assert b"<script>" not in answer
    assert not set(answer) & set(b"\0\x1b")
    assert b"Set-Cookie" not in answer.split(b"\r\n\r\n")[0]
    honest = talk(open_sandbox, get_line(FILE, "HTTP/1.1", "Connection: close"))
    assert honest.endswith(tiny_sky.content)
    assert capfd.readouterr().err == ""


def test_a_body_is_no_second_request(open_sandbox: Sandbox) -> None:
    hidden = get_line("/hidden")
    before = len(open_sandbox.requests)
    with_length = get_line("/one", "HTTP/1.1", f"Content-Length: {len(hidden)}") + hidden
    talk(open_sandbox, with_length + get_line("/two"))
    for lie in ("Content-Length: -1", "Transfer-Encoding: chunked", "Content-Length: 9999999"):
        talk(open_sandbox, get_line("/lie", "HTTP/1.1", lie) + hidden)
    talk(open_sandbox, b"POST /post HTTP/1.1\r\nContent-Length: 9\r\n\r\n" + hidden)
    assert [request.path for request in open_sandbox.requests[before:]] == ["/one", "/two"]


@pytest.mark.parametrize("drip", [b"x", b"X: y\r\n"])
def test_a_client_of_a_byte_now_and_then_is_sent_away(
    tiny_sky: Any, monkeypatch: pytest.MonkeyPatch, drip: bytes
) -> None:
    monkeypatch.setattr(connections, "REQUEST_SECONDS", 0.5)
    monkeypatch.setattr(connections, "LINGER_SECONDS", 0.1)
    with Sandbox(tiny_sky) as sandbox:
        port = int(sandbox.skyserver_url.rpartition(":")[2])
        start = time.perf_counter()
        with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
            client.sendall(b"GET / HTTP/1.1\r\n")
            with pytest.raises(OSError, match=r"reset|pipe"):
                for _ in itertools.count():
                    client.sendall(drip)
                    time.sleep(0.05)
        assert time.perf_counter() - start < 5


def test_an_idle_client_is_sent_away_and_an_honest_one_waits_for_its_reply(
    tiny_sky: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "IDLE_SECONDS", 0.3)
    monkeypatch.setattr(connections, "REQUEST_SECONDS", 0.3)
    endless = urllib.parse.quote(f"SELECT COUNT(*) FROM {FOUR}")
    with Sandbox(BigSky(tiny_sky), time_limit=1.0) as sandbox:
        assert talk(sandbox, end=False) == b""
        answer = talk(sandbox, get_line(f"{SQL}?cmd={endless}"), end=False)
        assert b"longer than the limit" in answer


def test_a_client_that_takes_no_reply_is_left(
    tiny_sky: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections.Handler, "timeout", 0.5)
    monkeypatch.setattr(connections, "LINGER_SECONDS", 0.1)
    tiny_sky.content = bytes(50 * 2**20)
    monkeypatch.setattr(type(tiny_sky), "file", lambda self, _: self.content)
    with Sandbox(tiny_sky) as sandbox:
        port = int(sandbox.skyserver_url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
            client.sendall(get_line(FILE))
            while not sandbox.requests:
                time.sleep(0.01)
            start = time.perf_counter()
            time.sleep(1)
        assert time.perf_counter() - start < 5


def test_connections_beyond_the_limit_are_told(
    tiny_sky: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "CONNECTIONS", 3)
    with Sandbox(tiny_sky) as sandbox:
        port = int(sandbox.skyserver_url.rpartition(":")[2])
        idle = [http.client.HTTPConnection("127.0.0.1", port, timeout=20) for _ in range(3)]
        for client in idle:
            client.request("GET", "/")
            client.getresponse().read()
        assert talk(sandbox, end=False).startswith(b"HTTP/1.1 503 ")
        for client in idle:
            client.close()
        time.sleep(0.5)
        assert b"404" in talk(sandbox, get_line("/"))


def test_the_log_does_not_grow_without_end(tiny_sky: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("halflight.sandbox.server.LOG_LENGTH", 3)
    with Sandbox(tiny_sky) as sandbox:
        for number in range(5):
            sandbox.answer("GET", f"/{number}{'x' * 10_000}")
        assert [request.number for request in sandbox.requests] == [3, 4, 5]
        assert all(len(request.path) <= 4000 for request in sandbox.requests)
