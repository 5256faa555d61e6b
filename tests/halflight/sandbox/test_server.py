import http.client
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from halflight.sandbox import Reply, Request, Sandbox

SQL = "/dr17/en/tools/search/x_results.aspx"
FILE = "/dr17/a%20file.fits.bz2"


def test_a_file_is_served_byte_for_byte(sandbox: Sandbox, tiny_sky: Any, get: Callable) -> None:
    status, headers, body = get(sandbox.sas_url + FILE)
    assert (status, body) == (200, tiny_sky.content)
    assert headers["Content-Length"] == str(len(body))
    assert headers["Content-Type"] == "application/x-bzip2"


def test_head_gives_the_headers_alone(sandbox: Sandbox, tiny_sky: Any, get: Callable) -> None:
    status, headers, body = get(sandbox.sas_url + FILE, method="HEAD")
    assert (status, body) == (200, b"")
    assert headers["Content-Length"] == str(len(tiny_sky.content))


@pytest.mark.parametrize("release", [8, 12, 17, 18])
def test_sql_of_every_release(sandbox: Sandbox, get: Callable, release: int) -> None:
    page = "x_sql.aspx" if release < 12 else "x_results.aspx"
    url = f"{sandbox.skyserver_url}/dr{release}/en/tools/search/{page}"
    status, headers, body = get(url, cmd="SELECT TOP 1 run FROM Field", format="csv")
    assert (status, body) == (200, b"#Table1\nrun\n94\n")
    assert headers["Content-Type"].startswith("text/csv")


def test_json_and_unknown_formats(sandbox: Sandbox, get: Callable) -> None:
    url = sandbox.skyserver_url + SQL
    assert get(url, cmd="SELECT run FROM Field", format="json")[2].startswith(b'[{"TableName"')
    assert b"Skyserver Error" in get(url, cmd="SELECT run FROM Field", format="fits")[2]


def test_a_bad_query_is_an_error_page_with_status_200(sandbox: Sandbox, get: Callable) -> None:
    for query in ({"cmd": "SELECT x FROM Field"}, {"cmd": "DROP TABLE Field"}, {}):
        status, headers, body = get(sandbox.skyserver_url + SQL, **query)
        assert status == 200
        assert headers["Content-Type"].startswith("text/html")
        assert b"<title>Skyserver Error</title>" in body


@pytest.mark.parametrize("path", ["/", "/sas/", "/sas/dr17/none", "/dr17/en/", "/sas/../x", "/%00"])
def test_unknown_paths_are_404_pages(sandbox: Sandbox, get: Callable, path: str) -> None:
    status, headers, body = get(sandbox.skyserver_url + path)
    assert status == 404
    assert headers["Content-Type"].startswith("text/html")
    assert b"404 Not Found" in body


def test_other_methods_are_refused(sandbox: Sandbox, get: Callable) -> None:
    assert get(sandbox.sas_url + FILE, method="DELETE")[0] == 501


def test_requests_are_logged(sandbox: Sandbox, get: Callable) -> None:
    get(sandbox.sas_url + FILE, method="HEAD")
    get(sandbox.skyserver_url + SQL, cmd="SELECT 1", format="csv")
    assert sandbox.requests == (
        Request(1, "HEAD", "/sas/dr17/a file.fits.bz2", {}),
        Request(2, "GET", SQL, {"cmd": "SELECT 1", "format": "csv"}),
    )


def test_faults_replace_the_honest_answer(tiny_sky: Any, get: Callable) -> None:
    def fault(path: str, number: int) -> Reply | None:
        if number == 1:
            return Reply(503, b"busy", headers={"Retry-After": "1"})
        return Reply(delay=0.3, headers={"X-Late": "yes"}) if number == 2 else None

    with Sandbox(tiny_sky, fault=fault) as sandbox:
        status, headers, body = get(sandbox.sas_url + FILE)
        assert (status, headers["Retry-After"], body) == (503, "1", b"busy")
        start = time.monotonic()
        status, headers, body = get(sandbox.sas_url + FILE)
        assert time.monotonic() - start > 0.25
        assert (status, headers["X-Late"]) == (200, "yes")
        assert body == get(sandbox.sas_url + FILE)[2] == tiny_sky.content


def test_a_truncated_reply_promises_more_than_it_holds(tiny_sky: Any, get: Callable) -> None:
    with Sandbox(tiny_sky, fault=lambda *_: Reply(truncate=1000)) as sandbox:
        with pytest.raises(http.client.IncompleteRead) as caught:
            get(sandbox.sas_url + FILE)
        assert len(caught.value.partial) == 1000


def test_many_clients_at_once(sandbox: Sandbox, tiny_sky: Any, get: Callable) -> None:
    with ThreadPoolExecutor(16) as pool:
        bodies = list(pool.map(lambda _: get(sandbox.sas_url + FILE)[2], range(64)))
    assert all(body == tiny_sky.content for body in bodies)
    assert [request.number for request in sandbox.requests] == list(range(1, 65))


def test_leaving_ends_threads_and_idle_connections(tiny_sky: Any) -> None:
    before = threading.active_count()
    with Sandbox(tiny_sky) as sandbox:
        port = int(sandbox.skyserver_url.rpartition(":")[2])
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        client.request("GET", "/nothing")
        client.getresponse().read()  # keep-alive: the server's thread now waits for more
        start = time.monotonic()
    assert time.monotonic() - start < 5
    assert threading.active_count() == before
    client.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)


def test_a_delay_does_not_hold_up_the_end(tiny_sky: Any, get: Callable) -> None:
    start = time.monotonic()
    with Sandbox(tiny_sky, fault=lambda *_: Reply(503, b"", delay=60)) as sandbox:
        waiting = threading.Thread(target=get, args=(sandbox.sas_url + FILE,))
        waiting.start()
        while not sandbox.requests:
            time.sleep(0.01)
    waiting.join(timeout=20)
    assert time.monotonic() - start < 15


def test_only_loopback_is_listened_to(sandbox: Sandbox) -> None:
    assert sandbox.skyserver_url.startswith("http://127.0.0.1:")
    assert sandbox.sas_url == sandbox.skyserver_url + "/sas"


def test_a_port_in_use_is_a_clear_error(sandbox: Sandbox, tiny_sky: Any) -> None:
    port = int(sandbox.skyserver_url.rpartition(":")[2])
    with (
        pytest.raises(OSError, match=rf"127\.0\.0\.1:{port}: .*choose another port"),
        Sandbox(tiny_sky, port=port),
    ):
        pytest.fail("the port was taken twice")


def test_a_sandbox_can_be_opened_again(tiny_sky: Any, get: Callable) -> None:
    sandbox = Sandbox(tiny_sky)
    for _ in range(2):
        with sandbox:
            assert get(sandbox.sas_url + FILE)[0] == 200
