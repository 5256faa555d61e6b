"""The client against a scripted server: every fault of the list, once and for ever."""

import html
import signal
import subprocess
import sys
import tempfile
import time

import pytest
from astroquery.sdss import conf

from halflight.surveys.client import SdssClient, public_address
from halflight.surveys.errors import (
    FrameError,
    NotFoundError,
    PsfError,
    QueryError,
    SurveyParameterError,
    UnavailableError,
)
from halflight.surveys.frames import read_frame
from halflight.surveys.psf import read_psfield

FIELD = {"run": 100, "camcol": 3, "band": "r"}
SQL = "SELECT p.objID AS id FROM PhotoObjAll p"
HTML = b"<html><head><title>Welcome</title></head><body>down for maintenance</body></html>"


def ask(client, *columns, rows=24):
    """The answer to SQL as a table of texts."""
    return client.query(SQL, columns or ["id"], rows=rows, read=lambda table: table)


def frame(client, number=50):
    """The bytes of a field's frame, after its reader has accepted them."""

    def read(content):
        read_frame(content, **FIELD, field=number, gain=4.7, dark_variance=1.3)
        return content

    return client.frame(100, 3, number, "r", read=read).value


def psfield(client, number=50):
    """The bytes of a field's psField, after its reader has accepted them."""

    def read(content):
        read_psfield(content, **FIELD, field=number)
        return content

    return client.psfield(100, 3, number, read=read).value


@pytest.fixture
def faults(tools):
    """Name -> a reply that may pass, wherever it comes."""
    reply = tools.reply
    return {
        "500": reply(500, HTML),
        "502": reply(502, HTML),
        "503": reply(503, HTML),
        "504": reply(504, HTML),
        "429": reply(429, HTML, headers={"Retry-After": "7"}),
        "timeout": reply(wait=1.0),
        "reset": reply(reset=True),
        "html": reply(200, HTML),
        "empty": reply(200, b""),
        "cut": reply(200, b"#Table1\nid\n1\n", announced=10_000),
    }


FAULTS = ["500", "502", "503", "504", "429", "timeout", "reset", "html", "empty", "cut"]


@pytest.mark.parametrize("name", FAULTS)
def test_query_survives_a_passing_fault(sky, make_client, faults, naps, name):
    sky.fail("SELECT", faults[name])
    table = ask(make_client(timeout=0.3), "id", "ra")
    assert table["id"].tolist() == sky.catalogue["id"].astype(str).tolist()
    assert sky.requests("SELECT") == 2
    assert len(naps) == 1
    assert naps[0] == 7 if name == "429" else 0.5 <= naps[0] <= 0.75


@pytest.mark.parametrize("name", FAULTS)
def test_query_gives_up_in_the_end(sky, make_client, faults, name):
    sky.fail("SELECT", *[faults[name]] * 3)
    with pytest.raises(UnavailableError, match=r"SQL at http.*SELECT.*3 of 3 tries") as caught:
        ask(make_client(timeout=0.3))
    said = {"timeout": "ReadTimeout", "reset": "ConnectionError", "html": "Welcome"}
    said |= {"empty": "empty", "cut": "IncompleteRead"}
    assert said.get(name, f"HTTP {name}") in str(caught.value)
    assert sky.requests("SELECT") == 3


@pytest.mark.parametrize("name", FAULTS)
def test_file_survives_a_passing_fault(sky, make_client, faults, naps, name):
    sky.fail("frame-r", faults[name])
    sky.fail("psField", faults[name])
    client = make_client(timeout=0.3)
    for content, at in (
        (frame(client), "/photoObj/frames/301/100/3/frame-r-000100-3-0050.fits.bz2"),
        (psfield(client), "/photo/redux/301/100/objcs/3/psField-000100-3-0050.fit"),
    ):
        assert content == sky.files["/sas/dr17/eboss" + at]
        assert client.cache.find(f"dr17/eboss{at}") == content
    assert len(naps) == 2


@pytest.mark.parametrize("name", FAULTS)
def test_file_gives_up_in_the_end_and_leaves_nothing(sky, make_client, faults, name, tmp_path):
    sky.fail("frame-r", *[faults[name]] * 3)
    kind = FrameError if name in ("html", "empty") else UnavailableError
    with pytest.raises(kind, match=r"frame-r-000100-3-0050.*3 of 3 tries"):
        frame(make_client(timeout=0.3))
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_damaged_bzip2_is_fetched_again(sky, make_client, tools):
    whole = sky.files[tools.frame_path(100, 3, 50)]
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 0xFF
    short = whole[: len(whole) // 2]  # truncated upstream: its Content-Length is honest
    sky.fail("frame-r", tools.reply(200, bytes(flipped)), tools.reply(200, short))
    assert frame(make_client()) == whole
    sky.fail("0060", *[tools.reply(200, bytes(flipped))] * 3)
    with pytest.raises(FrameError, match="bzip2 body is damaged"):
        frame(make_client(), 60)


def test_cut_psfield_is_fetched_again(sky, make_client, tools):
    whole = sky.files[tools.psfield_path(100, 3, 50)]
    sky.fail("psField", tools.reply(200, whole[:-100]))
    assert psfield(make_client()) == whole


def test_real_error_pages(sky, make_client, tools, recorded_sky):
    pages = sorted((recorded_sky / "replies").glob("*.html"))
    assert len(pages) == 3
    for page in pages:
        bad = tools.reply(200, page.read_bytes())
        sky.faults = {"SELECT": [bad] * 3, "frame-r": [bad] * 3, "psField": [bad] * 3}
        client = make_client()
        with pytest.raises(UnavailableError, match="no CSV table but begins"):
            ask(client)
        with pytest.raises(FrameError, match="not FITS but begins"):
            frame(client)
        with pytest.raises(PsfError, match="not FITS but begins"):
            psfield(client)


def test_real_table_with_sentinels_is_read(sky, make_client, tools, recorded_sky):
    body = (recorded_sky / "replies/photoobjall_real_rows_with_sentinels.csv").read_bytes()
    sky.fail("SELECT", tools.reply(200, body))
    table = ask(make_client(), "ra", "size", rows=body.count(b"\n") - 2)
    assert (table["size"] == "-9999.0").any()
    assert table.columns.tolist() == ["ra", "size"]


def test_skyserver_refusing_haste_with_status_200(sky, make_client, tools, naps):
    text = b"ERROR: Maximum 60 queries allowed per minute. Rejected query: SELECT 1"
    sky.fail("SELECT", tools.reply(200, text))
    ask(make_client())
    assert naps == [60]


def test_the_servers_own_words_reach_the_reader(sky, make_client, tools):
    page = b"<html><title>Error</title><body><h2>Invalid column name</h2></body></html>"
    sky.fail("SELECT", *[tools.reply(200, page)] * 3)
    with pytest.raises(QueryError, match="'Error Invalid column name'"):
        ask(make_client())
    assert sky.requests("SELECT") == 1


def test_an_error_message_in_json_is_not_a_table(sky, make_client, tools):
    text = b'[{"error_message": "Incorrect syntax near FROM", "rows": 0}]'
    sky.fail("SELECT", *[tools.reply(200, text)] * 3)
    with pytest.raises(QueryError, match="Incorrect syntax"):
        ask(make_client())


def test_a_lost_column_a_lost_row_and_half_a_row(sky, make_client, tools):
    honest = tools.csv(sky.catalogue)
    lines = honest.decode().splitlines(keepends=True)
    sky.fail(
        "SELECT",
        tools.reply(200, tools.csv(sky.catalogue.drop(columns="ra"))),
        tools.reply(200, "".join(lines[:-1]).encode()),
        tools.reply(200, honest[:-60]),
    )
    table = ask(make_client(retries=3), "id", "ra")
    assert len(table) == len(sky.catalogue)
    assert sky.requests("SELECT") == 4
    for reply, said in (
        (
            tools.reply(200, tools.csv(sky.catalogue.drop(columns="ra"))),
            r"lacks the columns \['ra'\]",
        ),
        (tools.reply(200, "".join(lines[:-1]).encode()), "23 rows where 24"),
        (tools.reply(200, honest[:-60]), "has not the header's number of values"),
    ):
        sky.fail("SELECT", *[reply] * 3)
        with pytest.raises(UnavailableError, match=said):
            ask(make_client(), "id", "ra")


def test_a_header_alone_is_no_rows(sky, make_client, tools):
    sky.fail("SELECT", tools.reply(200, b"#Table1\nid,ra\n"))
    table = ask(make_client(), "id", "ra", rows=0)
    assert table.columns.tolist() == ["id", "ra"]
    assert table.empty


@pytest.mark.parametrize("status", [200, 400, 500])
@pytest.mark.parametrize(
    "words",
    [
        "Incorrect syntax near the keyword 'AND'.",
        "Invalid column name 'clen'.",
        "Invalid object name 'PhotObj'.",
        'The multi-part identifier "q.ra" could not be bound.',
        "Unclosed quotation mark after the character string ''.",
        "'FOO' is not a recognized built-in function name.",
        "An expression of non-boolean type specified in a context where a condition is expected",
        "Conversion failed when converting the varchar value 'x' to data type int.",
    ],
)
def test_a_query_that_the_server_does_not_take_is_not_sent_again(
    sky, make_client, tools, naps, words, status
):
    page = f"<html><h2>An error occured</h2><font color=red>{html.escape(words)}</font></html>"
    sky.fail("SELECT", tools.reply(status, page.encode()))
    with pytest.raises(QueryError, match="the server refuses the query") as caught:
        ask(make_client())
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert (sky.requests("SELECT"), naps) == (1, [])


@pytest.mark.parametrize("status", [404, 403, 410])
def test_a_refusal_is_final(sky, make_client, tools, naps, status):
    sky.fail("frame-r", tools.reply(status, HTML))
    sky.fail("SELECT", tools.reply(status, HTML))
    with pytest.raises(NotFoundError, match=rf"frame-r-000100-3-0050.*HTTP {status}"):
        frame(make_client())
    with pytest.raises(NotFoundError, match=f"HTTP {status}"):
        ask(make_client())
    assert naps == []


def test_no_server_at_all(make_client, loopback):
    client = make_client(skyserver_url="http://127.0.0.1:9", sas_url="http://127.0.0.1:9/sas")
    with pytest.raises(UnavailableError, match="ConnectionError"):
        frame(client)
    with pytest.raises(UnavailableError, match="ConnectionError"):
        ask(client)


def test_whole_files_are_not_fetched_again_and_damaged_ones_are(sky, make_client):
    client = make_client()
    first, _ = frame(client), psfield(client)
    assert frame(make_client()) == first
    assert (sky.requests("frame-r"), sky.requests("psField")) == (1, 1)
    [path] = client.cache.folder.rglob("frame-r-*.bz2")
    path.write_bytes(first[:-1])
    assert frame(make_client()) == first
    assert sky.requests("frame-r") == 2


def test_a_kept_file_that_its_reader_refuses_goes_away_and_is_fetched_again(
    sky, make_client, tools
):
    client = make_client()
    other = sky.files[tools.frame_path(100, 3, 60)]
    client.cache.store(tools.frame_path(100, 3, 50).removeprefix("/sas/"), other)
    assert frame(client) == sky.files[tools.frame_path(100, 3, 50)]
    assert frame(client) == sky.files[tools.frame_path(100, 3, 50)]
    assert sky.requests("frame-r") == 1


def test_a_whole_but_wrong_file_is_not_kept(sky, make_client, tools):
    honest = sky.files[tools.frame_path(100, 3, 50)]
    sky.files[tools.frame_path(100, 3, 50)] = sky.files[tools.frame_path(100, 3, 60)]
    client = make_client()
    with pytest.raises(FrameError, match="FRAME is 60 where 50 .*3 of 3 tries"):
        frame(client)
    assert not client.cache.folder.exists() or not list(client.cache.folder.rglob("*.bz2"))
    sky.files[tools.frame_path(100, 3, 50)] = honest
    assert frame(client) == honest


CHILD = """
import sys
from pathlib import Path
from halflight.surveys.client import SdssClient
url, folder = sys.argv[1:]
with SdssClient(release=17, skyserver_url=url, sas_url=url + "/sas", retries=0, backoff=0.0,
                timeout=60, queries_per_minute=60, cache_folder=Path(folder)) as client:
    client.psfield(100, 3, 50, read=len)
    client.frame(100, 3, 50, "r", read=len)
"""


def test_resume_after_a_kill(sky, make_client, tools, tmp_path, root):
    whole = sky.files[tools.frame_path(100, 3, 50)]
    half = whole[: len(whole) // 2]
    sky.fail("frame-r", tools.reply(200, half, announced=len(whole), hold=True))
    cache = tmp_path / "cache"
    child = subprocess.Popen([sys.executable, "-c", CHILD, sky.url, str(cache)], cwd=root)
    try:
        deadline = time.monotonic() + 60
        while not sky.requests("frame-r"):
            assert time.monotonic() < deadline
            assert child.poll() is None
            time.sleep(0.005)
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
    assert not list(cache.rglob("frame-*.bz2"))
    client = make_client(cache_folder=cache)
    psfield(client)
    assert frame(client) == whole
    assert (sky.requests("psField"), sky.requests("frame-r")) == (1, 2)
    assert not list(cache.rglob("*.partial"))


def test_queries_keep_to_the_rate(sky, make_client):
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    client = make_client(queries_per_minute=2, clock=lambda: now[0], sleep=sleep)
    for expected in (0, 0, 60, 60, 120):
        ask(client)
        assert now[0] == expected


def test_retried_queries_count_towards_the_rate(sky, make_client, tools):
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    sky.fail("SELECT", tools.reply(503, HTML))
    ask(make_client(queries_per_minute=1, backoff=1.0, clock=lambda: now[0], sleep=sleep))
    assert now[0] == pytest.approx(60)


def test_astroquery_is_left_as_it_was_and_leaks_no_temporary_file(
    sky, make_client, monkeypatch, tmp_path
):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    before = conf.skyserver_baseurl, conf.sas_baseurl
    client = make_client()
    ask(client)
    frame(client)
    assert (conf.skyserver_baseurl, conf.sas_baseurl) == before
    assert list(scratch.iterdir()) == []


def test_a_proxy_in_the_environment_does_not_take_loopback_requests(sky, make_client, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    client = make_client()
    assert not ask(client).empty
    assert psfield(client)


def test_addresses_follow_the_release(make_client):
    for release, tree in ((12, "boss"), (17, "eboss"), (19, "prior-surveys/sdss4-dr17-eboss")):
        url = make_client(release=release)._frame_url(94, 1, 12, "r", "301")
        assert f"/sas/dr{release}/{tree}/photoObj/frames/301/94/1/frame-r-000094-1-0012" in url


def test_public_addresses_are_astroquerys_own(make_client):
    client = make_client(skyserver_url=None, sas_url=None)
    assert client.skyserver_url == "https://skyserver.sdss.org"
    assert client.sas_url == "https://data.sdss.org/sas"
    assert public_address(client.sas_url) == client.sas_url
    assert public_address("http://127.0.0.1:40123/sas") == "loopback"


def test_bad_timeout(make_client):
    with pytest.raises(SurveyParameterError, match="timeout"):
        make_client(timeout=0)


@pytest.mark.remote
def test_live_server(tmp_path, request):
    if "remote" not in request.config.getoption("-m"):
        pytest.skip("asks the live SDSS servers: run with -m remote")
    with SdssClient(
        release=17, retries=2, backoff=2, timeout=120, queries_per_minute=60, cache_folder=tmp_path
    ) as client:
        sql = "SELECT TOP 3 p.objID AS id, p.ra AS ra FROM PhotoObjAll p WHERE p.run = 94"
        assert len(client.query(sql, ["id", "ra"], rows=3, read=lambda table: table)) == 3
        assert client.psfield(94, 1, 12, read=len).value > 500_000
