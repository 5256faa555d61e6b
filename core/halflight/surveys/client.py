"""The SDSS client: astroquery's only home, made patient, polite and sure of what it received."""

import hashlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Generic, NamedTuple, TypeVar
from urllib.parse import urlsplit

import pandas as pd
import requests
import urllib3
from astropy.table import Table
from astroquery import __version__ as astroquery_version
from astroquery.sdss import SDSSClass, conf

from halflight.cache import FileCache
from halflight.surveys.errors import CatalogueError, FrameError, PsfError, SurveyParameterError
from halflight.surveys.frames import MOST_FRAME_BYTES
from halflight.surveys.rate import RateLimiter
from halflight.surveys.replies import check_sql_reply, check_status, excerpt, read_csv
from halflight.surveys.retry import RetryPolicy, Transient
from halflight.surveys.transport import MOST_REDIRECTS, Door, body

# Packed or not, a frame is the largest file: bzip2 never adds more than a few hundred bytes.
MOST_FILE_BYTES = MOST_FRAME_BYTES
# Of a table's row: 80 numbers of at most 30 characters. Beside its rows a reply has one header.
MOST_ROW_BYTES = 5 << 9
MOST_HEADER_BYTES = 1 << 16
DEADLINE = 300.0  # s; a frame of 4 MB at 14 kB/s

Value = TypeVar("Value")
LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})

# astroquery takes its base addresses from one process-wide object: one user of it at a time.
_conf_lock = threading.Lock()


class Fetched(NamedTuple, Generic[Value]):
    """What a file holds, and what the provenance says of it: path in the SAS, bytes, SHA-256."""

    value: Value
    record: dict[str, str | int]


class SdssClient:
    """SkyServer's SQL and the Science Archive Server's (SAS) files for one data release.

    `release` is the number of the data release. `skyserver_url` and `sas_url` replace the public
    addresses (None keeps astroquery's). `retries`, `backoff` [s], `timeout` [s, for connecting and
    between bytes] and `deadline` [s, for one whole reply] set the patience; `queries_per_minute` is
    at most SkyServer's 60. Files land in `cache_folder` under their SAS path once they were read
    and accepted; one folder must serve one sky only, because a synthetic archive has the same paths
    as the real one.

    Failures that may pass are retried: HTTP 429 (with Retry-After), 500, 502, 503, 504, time-outs,
    broken connections, replies that are too long, too slow or not whole, web pages in place of
    data, files and tables that are whole but wrong. When tries run out, raises `UnavailableError`,
    or what the reader raised; at once, `QueryError` for SQL that the server does not take and
    `NotFoundError` for any other HTTP error.
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
        deadline: float = DEADLINE,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        for name, value in (("timeout", timeout), ("deadline", deadline)):
            if not 0 < value < float("inf"):
                raise SurveyParameterError(f"{name} must be > 0 seconds, received {value}")
        self.release, self.timeout = release, timeout
        self.skyserver_url, self.sas_url = base_addresses(skyserver_url, sas_url)
        self.cache = FileCache(Path(cache_folder))
        self._retry = RetryPolicy(retries=retries, backoff=backoff, sleep=sleep)
        self._limiter = RateLimiter(queries_per_minute, clock=clock, sleep=sleep)
        self._catalogue, self._archive = SDSSClass(), SDSSClass()
        self._catalogue._session.hooks["response"].append(check_sql_reply)
        self._sql_door, self._file_door = Door(deadline, 0), Door(deadline, MOST_FILE_BYTES)
        for sdss, url, door, packing in (
            (self._catalogue, self.skyserver_url, self._sql_door, "gzip"),
            # The bytes must be the file's own, so that their number can be checked.
            (self._archive, self.sas_url, self._file_door, "identity"),
        ):
            session = sdss._session
            # A proxy of the environment cannot reach this machine's own loopback.
            session.trust_env = urlsplit(url).hostname not in LOOPBACK_HOSTS
            session.max_redirects = MOST_REDIRECTS
            session.headers["Accept-Encoding"] = packing
            session.mount("http://", door)
            session.mount("https://", door)

    def query(
        self,
        sql: str,
        columns: Sequence[str],
        *,
        rows: int,
        read: Callable[[pd.DataFrame], Value],
    ) -> Value:
        """What `read` makes of the answer to `sql`: a table of `columns` as texts, of `rows` rows.

        A reply that lacks a column or a row (SkyServer's CSV carries no length or checksum), or to
        which `read` raises `CatalogueError`, counts as a failed try.
        """

        def attempt() -> Value:
            self._limiter.acquire()
            with self._addresses(), _network_failures():
                self._sql_door.most_bytes = MOST_HEADER_BYTES + rows * MOST_ROW_BYTES
                # Not query_sql: its table has lost the digits of what does not fit 64 bits.
                reply = self._catalogue.query_sql_async(
                    sql, timeout=self.timeout, data_release=self.release, cache=False
                )
            table = read_csv(reply.text)
            missing = [name for name in columns if name not in table.columns]
            if missing:
                found = excerpt(", ".join(table.columns))
                raise Transient(f"the reply lacks the columns {missing}, has {found}")
            if len(table) != rows:
                raise Transient(f"the reply has {len(table)} rows where {rows} are expected")
            try:
                return read(table[list(columns)])
            except CatalogueError as error:
                raise Transient(str(error), kind=CatalogueError) from error

        return self._retry.run(f"SQL at {self.skyserver_url} [{excerpt(sql, 120)}]", attempt)

    def frame(
        self,
        run: int,
        camcol: int,
        field: int,
        band: str,
        rerun: str = "301",
        *,
        read: Callable[[bytes], Value],
    ) -> Fetched[Value]:
        """What `read` makes of a frame, `frame-{band}-{run}-{camcol}-{field}.fits.bz2`.

        Only what it accepts is kept; a kept file that it refuses is fetched again. Where it raises
        `FrameError` (or `PsfError`) to every try, so does this.
        """
        return self._fetch(self._frame_url(run, camcol, field, band, rerun), read)

    def psfield(
        self,
        run: int,
        camcol: int,
        field: int,
        rerun: str = "301",
        *,
        read: Callable[[bytes], Value],
    ) -> Fetched[Value]:
        """The same for one field's PSF, `psField-{run}-{camcol}-{field}.fit` (all five bands).

        astroquery has no call for it; it lies in the same SAS tree as the frame
        (https://data.sdss.org/datamodel/files/PHOTO_REDUX/RERUN/RUN/objcs/CAMCOL/psField.html).
        """
        tree = self._frame_url(run, camcol, field, "r", rerun).split("/photoObj/frames/")[0]
        name = f"psField-{run:06d}-{camcol}-{field:04d}.fit"
        return self._fetch(f"{tree}/photo/redux/{rerun}/{run}/objcs/{camcol}/{name}", read)

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

    def _fetch(self, url: str, read: Callable[[bytes], Value]) -> Fetched[Value]:
        relative = url.removeprefix(self.sas_url).lstrip("/")

        def result(content: bytes) -> Fetched[Value]:
            digest = hashlib.sha256(content).hexdigest()
            return Fetched(
                read(content), {"path": relative, "bytes": len(content), "sha256": digest}
            )

        def attempt() -> Fetched[Value]:
            with (
                _network_failures(),
                self._archive._session.get(url, stream=True, timeout=self.timeout) as response,
            ):
                check_status(response)
                content = b"".join(body(response, MOST_FILE_BYTES))
            try:
                fetched = result(content)
            except (FrameError, PsfError) as error:
                raise Transient(str(error), kind=type(error)) from error
            self.cache.store(relative, content)
            return fetched

        kept = self.cache.find(relative)
        if kept is not None:
            try:
                return result(kept)
            except (FrameError, PsfError):  # a reader that has become stricter
                self.cache.remove(relative)
        return self._retry.run(url, attempt)


def base_addresses(skyserver_url: str | None, sas_url: str | None) -> tuple[str, str]:
    """The addresses of the catalogue and of the files; astroquery's own in place of None."""
    return (
        (skyserver_url or conf.skyserver_baseurl).rstrip("/"),
        (sas_url or conf.sas_baseurl).rstrip("/"),
    )


def public_address(url: str) -> str:
    """The address as the provenance names it: "loopback" for this machine, whose ports change."""
    return "loopback" if urlsplit(url).hostname in LOOPBACK_HOSTS else url


def version() -> str:
    """The version of astroquery in use."""
    return str(astroquery_version)


@contextmanager
def _network_failures() -> Iterator[None]:
    """Turn whatever goes wrong on the way into `Transient`, with a message of one line."""
    try:
        yield
    # requests lets the plain ValueError of an address in a redirect pass.
    except (requests.RequestException, urllib3.exceptions.HTTPError, ValueError) as error:
        raise Transient(f"{type(error).__name__}: {excerpt(str(error), 300)}") from error
