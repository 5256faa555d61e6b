"""Fixtures of the sandbox's tests: a tiny sky, a synthetic sky of two fields, an open sandbox."""

import contextlib
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pandas as pd
import pytest
from astroquery import sdss

from halflight import params
from halflight.params.sandbox import Sandbox as Parameters
from halflight.sandbox import Sandbox, SyntheticSky

Answer = tuple[int, Mapping[str, str], bytes]


class TinySky:
    """Three objects, one field, one file."""

    description = "tiny sky"
    content = bytes(range(256)) * 400

    def tables(self) -> dict[str, pd.DataFrame]:
        objects = {
            "objID": [1237645876861337601, 1237645876861337602, 1237645876861337603],
            "fieldID": [1237645876861337600] * 3,
            "mode": [1, 1, 2],
            "type": [3, 6, 3],
            "flags_r": [1 << 40, 3, 0],
            "modelMag_r": [17.5, 18.25, None],
        }
        field = {"fieldID": [1237645876861337600], "run": [94], "score": [0.75]}
        return {"PhotoObjAll": pd.DataFrame(objects), "Field": pd.DataFrame(field)}

    def file(self, path: str) -> bytes | None:
        return self.content if path == "dr17/a file.fits.bz2" else None


@pytest.fixture
def tiny_sky() -> TinySky:
    return TinySky()


@pytest.fixture
def sandbox(tiny_sky: TinySky) -> Iterator[Sandbox]:
    with Sandbox(tiny_sky) as opened:
        yield opened


@pytest.fixture(scope="session")
def parameters(root: Path) -> Parameters:
    """Those of params.yaml, but of one strip with two fields, in r."""
    return params.load(root / "params.yaml").sandbox.changed(
        seed=3, runs=[752], camcols=[5], fields_per_strip=2, bands=["r"]
    )


@pytest.fixture(scope="session")
def synthetic_sky(parameters: Parameters) -> SyntheticSky:
    return SyntheticSky(parameters)


@pytest.fixture(scope="session")
def get() -> Callable[..., Answer]:
    """get(url, method="GET", **query) -> status, headers, body; never raises for a status."""

    def ask(url: str, method: str = "GET", **query: str) -> Answer:
        target = f"{url}?{urllib.parse.urlencode(query)}" if query else url
        request = urllib.request.Request(target, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as reply:
                return reply.status, dict(reply.headers), reply.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, dict(error.headers), error.read()

    return ask


@pytest.fixture
def pointed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Callable[[Sandbox], sdss.SDSSClass]]:
    """pointed(sandbox) -> an astroquery client that talks to it."""
    # astroquery leaves decompressed frames in the folder for temporary files.
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with contextlib.ExitStack() as settings:

        def point(sandbox: Sandbox) -> sdss.SDSSClass:
            urls = sandbox.skyserver_url, sandbox.sas_url
            settings.enter_context(sdss.conf.set_temp("skyserver_baseurl", urls[0]))
            settings.enter_context(sdss.conf.set_temp("sas_baseurl", urls[1]))
            client = sdss.SDSSClass()
            settings.callback(client._session.close)
            return client

        yield point
