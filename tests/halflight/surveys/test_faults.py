"""The fault matrix: every wrong reply to SQL, frame and psField is refused by name, and heals."""

import bz2
import io
import json
import subprocess
import sys
import time
from functools import partial

import numpy as np
import pytest
from astropy.io import fits

from halflight.surveys.catalogue import fetch_catalogue
from halflight.surveys.client import SdssClient
from halflight.surveys.errors import SurveyError
from halflight.surveys.frames import read_frame
from halflight.surveys.psf import read_psfield
from halflight.surveys.wanted import Wanted
from tests.halflight.surveys.faulty import FaultyServer, network_faults, reply, says, sends, serving

pytestmark = pytest.mark.faults

PLACE = {"run": 100, "camcol": 3, "field": 50, "band": "r"}
KINDS = ("sql", "frame", "psfield")
HASTY = {"timeout": 0.3, "deadline": 0.4}  # s; where the network is what fails
PATIENT = {"timeout": 30.0, "deadline": 60.0}
LONGEST = 20.0  # s for one fault
MOST_RESIDENT = 1 << 30  # bytes of a process that meets every large reply


def fetch(kind, client, judge=True):
    """What a client makes of the server's answer: it must be the same whenever it is honest."""
    if kind == "sql":
        found = fetch_catalogue(
            client,
            Wanted(bands=("r",), reference="r"),
            where="1 = 1",
            field_modulus=1,
            field_remainder=0,
            max_fields=None,
        )
        return found.table.to_csv(), found.counts
    if kind == "frame":
        read = partial(read_frame, **PLACE, gain=4.7, dark_variance=1.3) if judge else len
        return client.frame(100, 3, 50, "r", read=read).record
    return client.psfield(100, 3, 50, read=partial(read_psfield, **PLACE) if judge else len).record


def client_of(address, folder, *, timeout, deadline, retries=1):
    return SdssClient(
        release=17,
        skyserver_url=address,
        sas_url=address + "/sas",
        retries=retries,
        backoff=0.0,
        timeout=timeout,
        deadline=deadline,
        queries_per_minute=60,
        cache_folder=folder,
        sleep=lambda _: None,  # of the pauses that servers ask for
    )


def lines(change):
    """The fault that sends the honest table with its lines changed."""
    return sends(lambda honest: "".join(change(honest.decode().splitlines(True))).encode())


def cell(text, column=0):
    """The fault of one value, in the last row; of a query of fewer columns, the last."""

    def change(rows):
        values = rows[-1].rstrip("\n").split(",")
        values[min(column, len(values) - 1)] = text
        return [*rows[:-1], ",".join(values) + "\n"]

    return lines(change)


def sql_faults():
    page = "<html><body><h2>An error occured</h2>{}</body></html>".format
    bad = "Incorrect syntax near 'FROM'."
    return {
        "a syntax error with 200": says(page(bad).encode()),
        "a syntax error with 400": says(page(bad).encode(), status="400 Bad Request"),
        "a syntax error with 500": says(page(bad).encode(), status="500 Internal"),
        "a syntax error in JSON": says(json.dumps([{"error_message": bad}]).encode()),
        "an unknown column": says(page("Invalid column name 'x'.").encode()),
        "too many queries": says(b"ERROR: Maximum 60 queries allowed per minute."),
        "a column lost": lines(lambda rows: [rows[0], rows[1].replace("id", "ix"), *rows[2:]]),
        "a column twice": lines(lambda rows: [rows[0], rows[1].strip() + ",n,id\n", *rows[2:]]),
        "a row lost": lines(lambda rows: rows[:-1]),
        "a row twice": lines(lambda rows: [*rows, rows[-1]]),
        "a row cut": lines(lambda rows: [*rows[:-1], rows[-1].rpartition(",")[0] + "\n"]),
        "a last digit lost": lines(lambda rows: [*rows[:-1], rows[-1].strip()[:-1]]),
        "an id in float notation": cell("1.237648720693756e18"),
        "an id with a fraction": cell("1237.9"),
        "an id beyond 64 bits": cell(str(2**63 + 5)),
        "an id in hexadecimal": cell("0x112D"),
        "an id that is NaN": cell("NaN"),
        "an id that is true": cell("True"),
        "an id that is masked": cell("--"),
        "no id": cell(""),
        "an id of many digits": cell("9" * 4000),
        "an id of other digits": cell("١٢٣"),
        "a negative id": cell("-5"),
        "quotes": cell('"1"'),
        "a table of HTML": says(page("<table><tr><td>1</td></tr></table>").encode()),
    }


def sql_row_faults():
    """Faults of columns that the count has not."""
    return {"a seventh camcol": cell("7", 3), "a word for a number": cell("north", 5)}


def frame_faults(make_field):
    def plain(spoil):
        field = make_field(objects=1)
        spoil(field.hdus)
        buffer = io.BytesIO()
        field.hdus.writeto(buffer)
        return buffer.getvalue()

    def spoilt(spoil):
        return lambda _: iter([reply(plain(spoil))])  # not packed: that takes a second each

    def card(keyword, value):
        """A frame of which one header card says something else."""

        def fault(_):
            raw = plain(lambda _: None)
            at = raw.index(f"{keyword:<8}=".encode())
            text = f"{keyword:<8}= {value:>20}".ljust(80).encode()
            yield reply(raw[:at] + text + raw[at + 80 :])

        return fault

    honest = make_field().frame_bytes()
    flipped = bytearray(honest)
    flipped[len(honest) // 2] ^= 1
    return {
        "a bzip2 bomb": says(bz2.compress(bytes(200 << 20), 9)),
        "a bzip2 bomb of many streams": says(bz2.compress(bytes(10 << 20), 9) * 500),
        "bzip2 cut": sends(lambda h: h[:-100]),
        "bzip2 with a bit flipped": says(bytes(flipped)),
        "bzip2 and more": sends(lambda h: h + b"junk"),
        "bzip2 of a page": says(bz2.compress(b"<html>down</html>")),
        "not packed and cut": sends(lambda h: bz2.decompress(h)[:2880000]),
        "an axis of 10^12": card("NAXIS1", 10**12),
        "999 axes": card("NAXIS", 999),
        "a negative axis": card("NAXIS2", -1489),
        "words of 7 bits": card("BITPIX", 7),
        "an axis of text": card("NAXIS1", "'many'"),
        "no END": sends(lambda h: bz2.decompress(h).replace(b"END ", b"XND ")),
        "another field": spoilt(lambda hdus: hdus[0].header.set("FRAME", 60)),
        "another band": spoilt(lambda hdus: hdus[0].header.set("FILTER", "g")),
        "another unit": spoilt(lambda hdus: hdus[0].header.set("BUNIT", "counts")),
        "calibration zero": spoilt(lambda hdus: hdus[1].data.__setitem__(5, 0)),
        "calibration NaN": spoilt(lambda hdus: hdus[1].data.__setitem__(5, np.nan)),
        "no number in it": spoilt(lambda hdus: hdus[0].data.fill(np.nan)),
        "another scale": spoilt(lambda hdus: hdus[0].header.set("CD1_2", 0.1)),
        "no coordinates": spoilt(lambda hdus: hdus[0].header.remove("CRVAL1")),
        "a sky that is none": spoilt(lambda hdus: hdus[2].data["ALLSKY"].fill(np.inf)),
        "no sky": spoilt(lambda hdus: hdus.pop()),
        "a cut-out": spoilt(lambda hdus: setattr(hdus[0], "data", hdus[0].data[:100])),
    }


def psfield_faults(psfield_bytes):
    def spoilt(spoil):
        buffer = io.BytesIO()
        with fits.open(io.BytesIO(psfield_bytes(100, 3, 50))) as hdus:
            for hdu in hdus[1:]:
                assert len(hdu.data["RROWS"]) == 2  # its heap is read before a part is taken away
            spoil(hdus)
            hdus.writeto(buffer)
        return says(buffer.getvalue())

    def coefficient(value):
        values = np.zeros((2, 5, 5))
        values[0, 0, 0] = value
        return says(psfield_bytes(100, 3, 50, coefficients=values))

    def column(name, value):
        return spoilt(lambda hdus: hdus[3].data[name].__setitem__(slice(None), value))

    return {
        "another field": says(psfield_bytes(100, 3, 60)),
        "another run": says(psfield_bytes(101, 3, 50)),
        "a PSF of zeros": coefficient(0.0),
        "a PSF of NaN": coefficient(np.nan),
        "a negative PSF": coefficient(-1.0),
        "an infinite PSF": coefficient(np.inf),
        "an even number of rows": column("RNROW", 50),
        "rows that are too many": column("RNROW", 2**31 - 1),
        "no rows": column("RNROW", 0),
        "no polynomial": column("nrow_b", 0),
        "a PSF off its centre": spoilt(
            lambda hdus: [
                p.__setitem__(slice(None), np.roll(p, 300)) for p in hdus[3].data["RROWS"]
            ]
        ),
        "two bands": spoilt(lambda hdus: [hdus.pop() for _ in range(3)]),
        "no tables": spoilt(lambda hdus: [hdus.pop() for _ in range(5)]),
        "an image for a table": spoilt(
            lambda hdus: hdus.__setitem__(3, fits.ImageHDU(np.zeros((9, 9))))
        ),
        "the last block lost": sends(lambda h: h[:-2880]),
        "a byte lost": sends(lambda h: h[:-1]),
        "a block more": sends(lambda h: h + bytes(2880)),
        "a heap of petabytes": sends(lambda h: _renumbered(h, "PCOUNT", 10**15)),
        "a negative heap": sends(lambda h: _renumbered(h, "PCOUNT", -1)),
        "rows of petabytes": sends(lambda h: _renumbered(h, "NAXIS2", 10**12)),
    }


def _renumbered(content, keyword, value):
    at = content.index(f"{keyword:<8}=".encode(), 2880)
    return content[:at] + f"{keyword:<8}= {value:>20}".ljust(80).encode() + content[at + 80 :]


@pytest.fixture(scope="module")
def network():
    return network_faults()


@pytest.fixture
def server(kind, sky, tools, network):
    """A server of every fault of one kind of request, in front of an honest sky."""
    sky.catalogue = sky.catalogue[sky.catalogue["field"] == 50].reset_index(drop=True)
    if kind == "sql":
        own = sql_faults() | sql_row_faults()
    elif kind == "frame":
        own = frame_faults(tools.make_field)
    else:
        own = psfield_faults(tools.psfield_bytes)
    with serving(FaultyServer(lambda path: sky.answer(path).body, network | own)) as made:
        yield made


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", KINDS)
def test_every_fault_is_refused_by_name_and_heals(server, network, kind, tmp_path, capsys, caplog):
    caplog.set_level("CRITICAL")
    wrong, refused, healed = [], 0, 0
    with client_of(server.url, tmp_path / "honest", **PATIENT) as client:
        honest = fetch(kind, client)
    for number, name in enumerate(server.faults):
        folder = tmp_path / str(number)
        server.healed = False
        began = time.monotonic()
        with client_of(
            server.address(name), folder, **(HASTY if name in network else PATIENT)
        ) as c:
            try:
                fetch(kind, c)
                wrong.append(f"{name}: accepted")
            except SurveyError as error:
                said = str(error)
                clear = len(said) < 1200 and said.isprintable()
                refused += clear
                wrong += [] if clear else [f"{name}: said {said[:300]!r}"]
            except Exception as error:  # noqa: BLE001 - all of them are to be seen at once
                wrong.append(f"{name}: {type(error).__name__}: {str(error)[:300]}")
        if time.monotonic() - began > LONGEST:
            wrong.append(f"{name}: took {time.monotonic() - began:.1f} s")
        server.healed = True
        with client_of(server.address(name), folder, **PATIENT) as client:
            # Files are not read again, but taken as the cache or the server gives them.
            if fetch(kind, client, judge=False) == honest:
                healed += 1
            else:
                wrong.append(f"{name}: not healed")
    with capsys.disabled():
        print(f"\n{kind}: {number + 1} faults, {refused} refused by name, {healed} healed")
    assert number + 1 >= 40
    assert not wrong


LARGE = ("endless", "bomb", "for ever", "without an end", "28 MB", "petabyte", "10^12", "60000")
CHILD = """
import sys, tempfile
from pathlib import Path
from tests.halflight.surveys.test_faults import SurveyError, client_of, fetch
kind, *addresses = sys.argv[1:]
refused = 0
for address in addresses:
    folder = Path(tempfile.mkdtemp())
    with client_of(address, folder, timeout=5.0, deadline=2.0, retries=0) as client:
        try:
            fetch(kind, client)
        except SurveyError:
            refused += 1
# Of this program alone; what getrusage says counts the process that it was forked from.
status = Path("/proc/self/status").read_text().split()
print(refused, int(status[status.index("VmHWM:") + 1]) * 1024)
"""


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", KINDS)
def test_a_process_that_meets_every_large_reply_stays_small(server, kind, root):
    large = [name for name in server.faults if any(word in name for word in LARGE)]
    assert len(large) >= 10
    done = subprocess.run(
        [sys.executable, "-c", CHILD, kind, *map(server.address, large)],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    refused, resident = map(int, done.stdout.split())
    assert refused == len(large)
    assert resident < MOST_RESIDENT
