"""The whole survey path: query -> catalogue -> fields -> frames and PSFs -> blocks of stamps."""

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from tqdm import tqdm

from halflight.cache import FileCache
from halflight.surveys.catalogue import Catalogue, fetch_catalogue
from halflight.surveys.centroids import check_offsets, summarise_offsets
from halflight.surveys.client import DEADLINE, SdssClient, public_address, version
from halflight.surveys.errors import (
    CentroidError,
    FrameError,
    NotFoundError,
    PsfError,
    StampError,
    SurveyError,
    SurveyParameterError,
    TooManyFailedFieldsError,
    UnavailableError,
)
from halflight.surveys.fields import CutField, SurveyBlock, cut_field
from halflight.surveys.wanted import Wanted
from halflight.workers import in_threads

# What costs a field its objects but lets the download go on.
FIELD_FAILURES = (NotFoundError, UnavailableError, FrameError, PsfError)

_log = logging.getLogger(__name__)


@dataclass
class SurveyDownload:
    """A catalogue whose stamps arrive field by field: iterate it once, then read its accounts.

    Iterating yields a `SurveyBlock` per field in the order of (run, camcol, field), rows by id;
    only the stamps of a field and of a few ahead, and a frame of each, are in memory. Afterwards
    `provenance` (plain values, ready for JSON) and `dropped` (id, reason) tell what was used and
    what was not.
    """

    client_options: dict[str, Any]
    catalogue: Catalogue
    endpoint: str
    wanted: Wanted
    stamp_size: int
    psf_size: int
    max_failed_fields: float
    workers: int
    base: dict[str, Any]
    _dropped: list[tuple[int, str]] = field(default_factory=list)
    _failures: list[dict[str, str]] = field(default_factory=list)
    _files: list[dict[str, str | int]] = field(default_factory=list)
    _offsets: list[float] = field(default_factory=list)
    _stamps: int = 0
    _state: str = "new"

    @property
    def dropped(self) -> pd.DataFrame:
        """Every catalogue row of the chosen fields that gave no stamp: id (int64) and reason."""
        self._need_finished()
        own = pd.DataFrame(self._dropped, columns=["id", "reason"]).astype({"id": "int64"})
        both = pd.concat([self.catalogue.dropped, own], ignore_index=True)
        return both.sort_values(["id", "reason"], ignore_index=True)

    @property
    def provenance(self) -> dict[str, Any]:
        """Where everything came from: the same for every run on the same sky."""
        self._need_finished()
        reasons = Counter(self.dropped["reason"])
        return self.base | {
            "counts": self.catalogue.counts
            | {"failed_fields": len(self._failures), "stamps": self._stamps},
            "dropped": dict(sorted(reasons.items())),
            "failed_fields": self._failures,
            "centroid_offset_pixels": summarise_offsets(self._offsets),
            "files": self._files,
        }

    def __iter__(self) -> Iterator[SurveyBlock]:
        if self._state != "new":
            raise SurveyError("a SurveyDownload is iterated once; call download_survey again")
        self._state = "running"
        fields = list(self.catalogue.table.groupby(["run", "camcol", "field"], sort=True))
        bar = tqdm(total=len(fields), desc="download", unit="field", disable=None)
        with (
            SdssClient(**self.client_options) as client,
            bar,
            # While one field is taken, `workers` threads fetch and cut the next ones.
            closing(
                in_threads(
                    partial(self._cut, client),
                    (rows for _, rows in fields),
                    threads=self.workers,
                )
            ) as ahead,
        ):
            for rows, cut in ahead:
                block = self._account(rows, cut, total=len(fields))
                bar.update()
                bar.set_postfix(stamps=self._stamps, dropped=len(self._dropped))
                if block is not None:
                    yield block
        if self._stamps == 0:
            raise SurveyError(
                f"no stamp came out of {len(fields)} fields: {Counter(r for _, r in self._dropped)}"
            )
        check_offsets("(all fields together)", self._offsets)
        self._state = "finished"
        print(
            f"download: {self._stamps} stamps from {len(fields) - len(self._failures)} of "
            f"{len(fields)} fields; {len(self.dropped)} catalogue rows dropped",
            flush=True,
        )

    def _cut(self, client: SdssClient, rows: pd.DataFrame) -> tuple[pd.DataFrame, "_Outcome"]:
        """A field's objects and their stamps, or what cost it them."""
        fetched: list[dict[str, str | int]] = []
        try:
            return rows, cut_field(
                client, rows, self.wanted, self.stamp_size, self.psf_size, fetched
            )
        except FIELD_FAILURES as error:
            return rows, _Failure(error, fetched)

    def _account(self, rows: pd.DataFrame, cut: "_Outcome", *, total: int) -> SurveyBlock | None:
        """The stamps of one field, or None (and the reason on record) if there are none."""
        if isinstance(cut, _Failure):
            # Whole files that contradict each other or the catalogue may be the wrong ones.
            if isinstance(cut.error, CentroidError | PsfError):
                self._forget(cut.fetched)
            self._fail(rows, cut.error, total)
            return None
        if any(reason != StampError.EDGE for _, reason in cut.dropped):
            self._forget(cut.files)
        self._dropped += cut.dropped
        self._offsets += cut.offsets
        self._files += cut.files
        self._stamps += len(cut.block.table)
        return cut.block if len(cut.block.table) else None

    def _forget(self, files: Iterable[Mapping[str, str | int]]) -> None:
        """Have the files of a field that looks wrong fetched again by the next run."""
        cache = FileCache(Path(self.client_options["cache_folder"]))
        for record in files:
            cache.remove(str(record["path"]))

    def _fail(self, rows: pd.DataFrame, error: SurveyError, total: int) -> None:
        """Put a lost field on record; raise `TooManyFailedFieldsError` once there are too many."""
        key = "-".join(str(rows[name].iloc[0]) for name in ("run", "camcol", "field"))
        _log.warning("field %s dropped with %d objects: %s", key, len(rows), error)
        self._failures.append({"field": key, "reason": error.reason})
        self._dropped += [(int(i), f"field failed: {error.reason}") for i in rows["id"]]
        if len(self._failures) > self.max_failed_fields * total:
            raise TooManyFailedFieldsError(
                f"{len(self._failures)} of {total} fields failed, more than max_failed_fields = "
                f"{self.max_failed_fields} allows; the last, {key}: {error}"
            ) from error

    def _need_finished(self) -> None:
        if self._state != "finished":
            raise SurveyError("provenance and dropped are known only after every block was taken")


class _Failure(NamedTuple):
    """What cost a field its objects, and the files that had arrived."""

    error: SurveyError
    fetched: list[dict[str, str | int]]


_Outcome = CutField | _Failure


def download_survey(
    cache_folder: Path,
    *,
    endpoint: str,
    release: int,
    wanted: Wanted,
    skyserver_url: str | None,
    sas_url: str | None,
    where: str,
    field_modulus: int,
    field_remainder: int,
    max_fields: int | None,
    stamp_size: int,
    psf_size: int,
    retries: int,
    backoff: float,
    timeout: float,
    queries_per_minute: int,
    max_failed_fields: float,
    deadline: float = DEADLINE,
    truth_table: str | None = None,
    workers: int = 2,
) -> SurveyDownload:
    """Query the catalogue now; the returned `SurveyDownload` yields the stamps when iterated.

    `endpoint` is the name of the sky for the record. `cache_folder` must belong to that sky alone.
    `max_failed_fields` is the fraction of fields that may fail before the download stops. The other
    parameters are those of `SdssClient` and `fetch_catalogue`. The output does not depend on
    `workers`, on retries, or on what was already in the cache.
    """
    if not 0.0 <= max_failed_fields <= 1.0:
        raise SurveyParameterError(
            f"max_failed_fields must be in [0, 1], received {max_failed_fields}"
        )
    if workers < 1:
        raise SurveyParameterError(f"workers must be >= 1, received {workers}")
    options: dict[str, Any] = {
        "release": release,
        "skyserver_url": skyserver_url,
        "sas_url": sas_url,
        "retries": retries,
        "backoff": backoff,
        "timeout": timeout,
        "deadline": deadline,
        "queries_per_minute": queries_per_minute,
        "cache_folder": cache_folder,
    }
    with SdssClient(**options) as client:
        catalogue = fetch_catalogue(
            client,
            wanted,
            where=where,
            field_modulus=field_modulus,
            field_remainder=field_remainder,
            max_fields=max_fields,
            truth_table=truth_table,
        )
        addresses = {
            "skyserver": public_address(client.skyserver_url),
            "sas": public_address(client.sas_url),
        }
    print(
        f"download: {len(catalogue.table)} objects in {catalogue.counts['fields']} fields "
        f"({endpoint}, DR{release}, {', '.join(wanted.bands)} band)",
        flush=True,
    )
    return SurveyDownload(
        client_options=options,
        catalogue=catalogue,
        endpoint=endpoint,
        wanted=wanted,
        stamp_size=stamp_size,
        psf_size=psf_size,
        max_failed_fields=max_failed_fields,
        workers=workers,
        base={
            "endpoint": endpoint,
            "release": release,
            "band": "".join(wanted.bands),
            "addresses": addresses,
            "astroquery": version(),
            "sql": catalogue.sql,
        },
    )
