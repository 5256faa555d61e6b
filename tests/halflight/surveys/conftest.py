"""A tiny loopback SkyServer + SAS with scripted faults, and the synthetic field files it serves."""

import bz2
import io
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pandas as pd
import pytest
from astropy.io import fits

from halflight.instrument import FRAME_SHAPE, PIXEL_SCALE
from halflight.surveys.client import SdssClient
from halflight.surveys.wanted import INTEGER_COLUMNS, REAL_COLUMNS, TRUTH_COLUMNS, Wanted

NMGY_PER_COUNT, SKY_COUNTS, GAIN, DARK_VARIANCE = 0.005, 150.0, 4.7, 1.3
SIGMA = NMGY_PER_COUNT * np.sqrt(SKY_COUNTS / GAIN + DARK_VARIANCE)
PSF_SIGMA = 1.4  # pixels
NOISY = 60  # pixels on each side of an object: noise elsewhere would only make files large


@dataclass
class Reply:
    """An answer; `announced` overrides Content-Length, `wait` delays [s], `hold` stalls."""

    status: int = 200
    body: bytes = b""
    kind: str = "text/html"
    headers: dict[str, str] = field(default_factory=dict)
    announced: int | None = None
    wait: float = 0.0
    reset: bool = False
    hold: bool = False


@dataclass
class Loopback:
    """Serves `files` and `catalogue`; `faults` (part of the path -> replies) go first."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    catalogue: pd.DataFrame = field(default_factory=pd.DataFrame)
    truth: pd.DataFrame = field(default_factory=pd.DataFrame)
    faults: dict[str, list[Reply]] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def sas(self) -> str:
        return self.url + "/sas"

    def fail(self, part: str, *replies: Reply) -> None:
        """The next requests whose path or SQL contains `part` get these replies, in order."""
        self.faults.setdefault(part, []).extend(replies)

    def answer(self, target: str) -> Reply:
        parts = urlsplit(target)
        sql = parse_qs(parts.query).get("cmd", [""])[0]
        self.log.append(sql or parts.path)
        for part, replies in self.faults.items():
            if part in (sql or parts.path) and replies:
                return replies.pop(0)
        if sql:
            return Reply(body=csv(self.table(sql)), kind="text/plain")
        if parts.path in self.files:
            return Reply(body=self.files[parts.path], kind="application/octet-stream")
        return Reply(404, b"<html>Not Found</html>")

    def table(self, sql: str) -> pd.DataFrame:
        if "COUNT(*)" in sql:
            table = self.truth if "SyntheticTruth" in sql else self.catalogue
            return pd.DataFrame({"n": [len(table)]})
        return self.truth if "true_magnitude" in sql else self.catalogue

    def requests(self, part: str) -> int:
        return sum(part in line for line in self.log)


def csv(table: pd.DataFrame) -> bytes:
    """A table as SkyServer writes it; our queries ask for the id once more at the end of a row."""
    if "id" in table and "id_again" not in table:
        table = table.assign(id_again=table["id"])
    return ("#Table1\n" + table.to_csv(index=False, lineterminator="\n")).encode()


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    state = Loopback()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            reply = state.answer(self.path)
            time.sleep(reply.wait)
            self.close_connection = True
            if reply.reset:
                return
            try:
                self.send_response(reply.status)
                length = len(reply.body) if reply.announced is None else reply.announced
                for name, value in {
                    "Content-Type": reply.kind,
                    "Content-Length": str(length),
                    "Connection": "close",
                    **reply.headers,
                }.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(reply.body)
                if reply.hold:
                    state.over.wait(60)
            except (BrokenPipeError, ConnectionResetError):
                return  # the client has stopped waiting: that is what some tests provoke

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    yield state
    state.over.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def naps() -> list[float]:
    """The pauses [s] that a client made with `make_client` would have taken."""
    return []


@pytest.fixture
def make_client(
    loopback: Loopback, tmp_path: Path, naps: list[float]
) -> Iterator[Callable[..., SdssClient]]:
    """Clients of the loopback server that never really sleep; closed after the test."""
    clients: list[SdssClient] = []

    def make(**changes: Any) -> SdssClient:
        options: dict[str, Any] = {
            "release": 17,
            "skyserver_url": loopback.url,
            "sas_url": loopback.sas,
            "retries": 2,
            "backoff": 0.5,
            "timeout": 10,
            "queries_per_minute": 60,
            "cache_folder": tmp_path / "cache",
            "sleep": naps.append,
        }
        clients.append(SdssClient(**(options | changes)))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


def frame_path(run: int, camcol: int, number: int, band: str = "r") -> str:
    name = f"frame-{band}-{run:06d}-{camcol}-{number:04d}.fits.bz2"
    return f"/sas/dr17/eboss/photoObj/frames/301/{run}/{camcol}/{name}"


def psfield_path(run: int, camcol: int, number: int) -> str:
    name = f"psField-{run:06d}-{camcol}-{number:04d}.fit"
    return f"/sas/dr17/eboss/photo/redux/301/{run}/objcs/{camcol}/{name}"


@dataclass
class SyntheticField:
    """One field's catalogue rows and files; `hdus` may be spoilt before `frame_bytes`."""

    key: tuple[int, int, int]
    rows: pd.DataFrame
    hdus: fits.HDUList

    def frame_bytes(self) -> bytes:
        buffer = io.BytesIO()
        self.hdus.writeto(buffer)
        return bz2.compress(buffer.getvalue(), 1)


def make_field(
    run: int = 100, camcol: int = 3, number: int = 50, objects: int = 8, shift: float = 0.0
) -> SyntheticField:
    """A frame with `objects` round Gaussians in noise, their light `shift` pixels off in x."""
    rng = np.random.Generator(np.random.Philox(key=[run, number]))
    header = fits.Header(
        {
            "RUN": run,
            "CAMCOL": camcol,
            "FRAME": number,
            "FILTER": "r",
            "BUNIT": "nanomaggy",
            "CTYPE1": "RA---TAN",
            "CTYPE2": "DEC--TAN",
            "CRPIX1": 1025.0,
            "CRPIX2": 745.0,
            "CRVAL1": 150.0 + number,
            "CRVAL2": 2.0,
            "CD1_1": 0.0,
            "CD1_2": PIXEL_SCALE / 3600,
            "CD2_1": PIXEL_SCALE / 3600,
            "CD2_2": 0.0,
        }
    )
    col = 150.0 + np.arange(objects) * 1700.0 / objects + rng.uniform(-20, 20, objects)
    row = rng.uniform(150, 1330, objects)
    magnitude = rng.uniform(16, 18, objects)
    image = np.zeros(FRAME_SHAPE, np.float32)
    near = np.zeros(FRAME_SHAPE, bool)
    for x, y in zip(col, row, strict=True):
        near[max(0, int(y) - NOISY) : int(y) + NOISY, max(0, int(x) - NOISY) : int(x) + NOISY] = (
            True
        )
    # In coarse steps, so that it packs well and fast, of which none is zero: no real pixel is.
    noise = (np.floor(4 * rng.standard_normal(np.count_nonzero(near))) + 0.5) / 4
    image[near] = SIGMA * noise
    for x, y, mag in zip(col + shift, row, magnitude, strict=True):
        top, left = int(y) - 15, int(x) - 15
        yy, xx = np.mgrid[top : top + 32, left : left + 32]
        blob = np.exp(-0.5 * ((xx - x) ** 2 + (yy - y) ** 2) / (1.2 * PSF_SIGMA) ** 2)
        image[top : top + 32, left : left + 32] += blob / blob.sum() * 10 ** (0.4 * (22.5 - mag))
    # The tangent plane at (crval), small angles: exact to 1e-4 pixels within a frame at dec 2.
    degrees = PIXEL_SCALE / 3600
    xi, eta = np.radians((row - 744.0) * degrees), np.radians((col - 1024.0) * degrees)
    dec0 = np.radians(2.0)
    rho = np.cos(dec0) - eta * np.sin(dec0)
    ra = np.degrees(np.arctan2(xi, rho)) + 150.0 + number
    dec = np.degrees(np.arctan2(np.sin(dec0) + eta * np.cos(dec0), np.hypot(xi, rho)))

    values: dict[str, Any] = dict.fromkeys(REAL_COLUMNS, 1.0)
    values |= {"id": run * 10**9 + number * 10**4 + np.arange(objects), "rerun": 301}
    values |= {"run": run, "camcol": camcol, "field": number, "ra": ra, "dec": dec}
    values |= {"rowc": row + 0.5, "colc": col + 0.5, "magnitude": magnitude}
    values |= {"gain": GAIN, "dark_variance": DARK_VARIANCE}
    rows = pd.DataFrame(values, index=range(objects))[[*INTEGER_COLUMNS, *REAL_COLUMNS]]

    grid = np.zeros(
        1, dtype=[("ALLSKY", ">f4", (192, 256)), ("XINTERP", ">f4", 2048), ("YINTERP", ">f4", 1489)]
    )
    grid["ALLSKY"] = SKY_COUNTS
    grid["XINTERP"] = (np.arange(2048) + 0.5) / 8 - 0.5
    grid["YINTERP"] = (np.arange(1489) + 0.5) / 8 + 0.5
    hdus = fits.HDUList(
        [
            fits.PrimaryHDU(image, header),
            fits.ImageHDU(np.full(FRAME_SHAPE[1], NMGY_PER_COUNT, np.float32)),
            fits.BinTableHDU(grid),
        ]
    )
    return SyntheticField((run, camcol, number), rows, hdus)


def psfield_bytes(run: int, camcol: int, number: int, *, coefficients: Any = None) -> bytes:
    """A psField file: a Gaussian of constant weight, and a narrower one that grows with row."""
    yy, xx = np.mgrid[-25:26, -25:26]
    basis = [np.exp(-0.5 * (xx**2 + yy**2) / s**2).ravel() for s in (PSF_SIGMA, 0.8 * PSF_SIGMA)]
    if coefficients is None:
        coefficients = np.full((2, 5, 5), np.nan)  # beyond nrow_b x ncol_b lies garbage
        coefficients[:, :3, :3] = 0.0
        coefficients[0, 0, 0], coefficients[1, 1, 0] = 1.0, 0.5
    pixels = np.empty(2, dtype=object)
    pixels[:] = [image.astype(">f4") for image in basis]
    band = fits.BinTableHDU.from_columns(
        [
            fits.Column("nrow_b", "J", array=[3, 3]),
            fits.Column("ncol_b", "J", array=[3, 3]),
            fits.Column("c", "25E", dim="(5,5)", array=coefficients),
            fits.Column("RNROW", "J", array=[51, 51]),
            fits.Column("RNCOL", "J", array=[51, 51]),
            fits.Column("RROWS", "PE()", array=pixels),
        ]
    )
    header = fits.Header({"RUN": run, "CAMCOL": camcol, "FIELD": number})
    buffer = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(header=header), *[band.copy() for _ in range(5)]]).writeto(buffer)
    return buffer.getvalue()


@pytest.fixture(scope="session")
def fields() -> dict[tuple[int, int, int], tuple[pd.DataFrame, bytes, bytes]]:
    """Three fields: (run, camcol, field) -> catalogue rows, frame file, psField file."""
    made = [make_field(number=number) for number in (50, 60, 70)]
    return {f.key: (f.rows, f.frame_bytes(), psfield_bytes(*f.key)) for f in made}


@pytest.fixture
def sky(loopback: Loopback, fields: Any) -> Loopback:
    """The loopback server, serving the three fields."""
    for key, (_, frame, psfield) in fields.items():
        loopback.files[frame_path(*key)] = frame
        loopback.files[psfield_path(*key)] = psfield
    loopback.catalogue = pd.concat([rows for rows, _, _ in fields.values()], ignore_index=True)
    loopback.truth = loopback.catalogue[["id"]].assign(
        **{f"true_{name}": 1.5 for name in TRUTH_COLUMNS}
    )
    return loopback


@pytest.fixture
def survey_options(sky: Loopback, tmp_path: Path) -> dict[str, Any]:
    """Keyword arguments of `download_survey` for the loopback sky."""
    return {
        "cache_folder": tmp_path / "cache",
        "endpoint": "loopback",
        "release": 17,
        "wanted": Wanted(bands=("r",), reference="r"),
        "skyserver_url": sky.url,
        "sas_url": sky.sas,
        "where": "p.type = 3",
        "field_modulus": 1,
        "field_remainder": 0,
        "max_fields": None,
        "stamp_size": 64,
        "psf_size": 31,
        "retries": 2,
        "backoff": 0.001,
        "timeout": 10.0,
        "queries_per_minute": 60,
        "max_failed_fields": 0.0,
    }


@pytest.fixture(scope="session")
def tools() -> Any:
    """What the test modules need from this file, which they cannot import."""

    class Tools:
        reply = Reply
        csv = staticmethod(csv)
        make_field = staticmethod(make_field)
        psfield_bytes = staticmethod(psfield_bytes)
        frame_path = staticmethod(frame_path)
        psfield_path = staticmethod(psfield_path)
        sigma = SIGMA
        sky_counts = SKY_COUNTS

    return Tools
