"""The SDSS client: astroquery's only home, made patient, polite and sure of what it received."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from urllib.parse import urlsplit

import pandas as pd
import requests
from astropy.table import Table
from astroquery import __version__ as astroquery_version
from astroquery.sdss import SDSSClass, conf

from halflight.surveys.cache import FileCache
from halflight.surveys.errors import SurveyParameterError
from halflight.surveys.rate import RateLimiter
from halflight.surveys.replies import (
    check_bz2,
    check_fits,
    check_sql_reply,
    check_status,
    excerpt,
    pieces,
)
from halflight.surveys.retry import RetryPolicy, Transient

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})

# astroquery takes its base addresses from one process-wide object: one user of it at a time.
_conf_lock = threading.Lock()


class SdssClient:
    """SkyServer's SQL and the Science Archive Server's (SAS) files for one data release.

    `release` is the number of the data release. `skyserver_url` and `sas_url` replace the public
    addresses (None keeps astroquery's). `retries`, `backoff` [s] and `timeout` [s, for connecting
    and between bytes] set the patience; `queries_per_minute` is at most SkyServer's 60. Files
    land in `cache_folder` under their SAS path; one folder must serve one sky only, because a
    synthetic archive has the same paths as the real one.

    Failures that may pass are retried: HTTP 429 (with Retry-After), 500, 502, 503, 504, time-outs,
    broken connections, short bodies, web pages in place of data, damaged bzip2. Raises
    `UnavailableError` when tries run out and `NotFoundError` for any other HTTP error, at once.
    """

    def __init__(
        self,
        *,
        release: int,
        skyserver_url: str | None = None,
        sas_url: str | None = None,
        retries: int,
        backoff: float,
        timeout: float,
        queries_per_minute: int,
        cache_folder: Path,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if timeout <= 0:
            raise SurveyParameterError(f"timeout must be > 0 seconds, received {timeout}")
        self.release, self.timeout = release, timeout
        self.skyserver_url = (skyserver_url or conf.skyserver_baseurl).rstrip("/")
        self.sas_url = (sas_url or conf.sas_baseurl).rstrip("/")
        self.cache = FileCache(Path(cache_folder))
        self._retry = RetryPolicy(retries=retries, backoff=backoff, sleep=sleep)
        self._limiter = RateLimiter(queries_per_minute, clock=clock, sleep=sleep)
        self._catalogue, self._archive = SDSSClass(), SDSSClass()
        # query_sql shows only a parsed table, and parses anything: look at each reply before it.
        self._catalogue._session.hooks["response"].append(check_sql_reply)
        for sdss, url in ((self._catalogue, self.skyserver_url), (self._archive, self.sas_url)):
            # A proxy of the environment cannot reach this machine's own loopback.
            sdss._session.trust_env = urlsplit(url).hostname not in LOOPBACK_HOSTS

    def query(self, sql: str, columns: Sequence[str], *, rows: int | None = None) -> pd.DataFrame:
        """The answer to `sql`: a table of `columns`, with exactly `rows` rows where that is given.

        A reply that lacks a column or a row (SkyServer's CSV carries no length or checksum) counts
        as a failed try.
        """

        def attempt() -> pd.DataFrame:
            self._limiter.acquire()
            with self._addresses(), _network_failures():
                table = self._catalogue.query_sql(
                    sql, timeout=self.timeout, data_release=self.release, cache=False
                )
            if table is None:  # astroquery's answer to a header without rows
                table = Table(names=columns)
            missing = [name for name in columns if name not in table.colnames]
            if missing:
                raise Transient(f"the reply lacks the columns {missing}, has {table.colnames}")
            if rows is not None and len(table) != rows:
                raise Transient(f"the reply has {len(table)} rows where COUNT(*) gave {rows}")
            return table[list(columns)].to_pandas()

        return self._retry.run(f"SQL at {self.skyserver_url} [{excerpt(sql, 120)}]", attempt)

    def frame(self, run: int, camcol: int, field: int, band: str, rerun: str = "301") -> Path:
        """The local path of a calibrated frame, `frame-{band}-{run}-{camcol}-{field}.fits.bz2`."""
        return self._fetch(self._frame_url(run, camcol, field, band, rerun), check_bz2)

    def psfield(self, run: int, camcol: int, field: int, rerun: str = "301") -> Path:
        """The local path of one field's PSF, `psField-{run}-{camcol}-{field}.fit` (all five bands).

        astroquery has no call for it; it lies in the same SAS tree as the frame
        (https://data.sdss.org/datamodel/files/PHOTO_REDUX/RERUN/RUN/objcs/CAMCOL/psField.html).
        """
        tree = self._frame_url(run, camcol, field, "r", rerun).split("/photoObj/frames/")[0]
        name = f"psField-{run:06d}-{camcol}-{field:04d}.fit"
        return self._fetch(f"{tree}/photo/redux/{rerun}/{run}/objcs/{camcol}/{name}", check_fits)

    def close(self) -> None:
        """Close the connections."""
        self._catalogue._session.close()
        self._archive._session.close()

    def __enter__(self) -> "SdssClient":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @contextmanager
    def _addresses(self) -> Iterator[None]:
        """Point astroquery at our base addresses, and back afterwards."""
        with _conf_lock, ExitStack() as stack:
            stack.enter_context(conf.set_temp("skyserver_baseurl", self.skyserver_url))
            stack.enter_context(conf.set_temp("sas_baseurl", self.sas_url))
            yield

    def _frame_url(self, run: int, camcol: int, field: int, band: str, rerun: str) -> str:
        """The address astroquery gives a frame: it knows where each data release keeps them."""
        key = Table(rows=[(run, rerun, camcol, field)], names=("run", "rerun", "camcol", "field"))
        with self._addresses():
            (container,) = self._archive.get_images_async(
                matches=key,
                band=band,
                timeout=self.timeout,
                data_release=self.release,
                cache=False,
                show_progress=False,
            )
        # The container is lazy. Its own get_fits would leave a temporary file behind, hide the
        # compressed bytes and check nothing, so only its address is used.
        return str(container._target)

    def _fetch(self, url: str, check: Callable[[Path], None]) -> Path:
        relative = url.removeprefix(self.sas_url).lstrip("/")
        path = self.cache.find(relative)
        if path is not None:
            return path

        def attempt() -> Path:
            with (
                _network_failures(),
                # "identity": the bytes must be the file's own, so that their length can be checked.
                self._archive._session.get(
                    url, stream=True, timeout=self.timeout, headers={"Accept-Encoding": "identity"}
                ) as response,
            ):
                check_status(response)
                return self.cache.store(relative, pieces(response), check)

        return self._retry.run(url, attempt)


def public_address(url: str) -> str:
    """The address as the provenance names it: "loopback" for this machine, whose ports change."""
    return "loopback" if urlsplit(url).hostname in LOOPBACK_HOSTS else url


def version() -> str:
    """The version of astroquery in use."""
    return str(astroquery_version)


@contextmanager
def _network_failures() -> Iterator[None]:
    """Turn the network's passing failures into `Transient`."""
    try:
        yield
    except (
        requests.Timeout,
        requests.ConnectionError,
        requests.exceptions.ChunkedEncodingError,
        requests.exceptions.ContentDecodingError,
    ) as error:
        raise Transient(f"{type(error).__name__}: {error}") from error
