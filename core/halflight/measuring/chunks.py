"""Chunks of stamps, measured one after the other: the network here, the fits by one pool for all.

While processes fit the stamps of one chunk, the network measures those of the next.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from typing import NamedTuple, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from halflight.images import Cutouts
from halflight.instrument import Instrument
from halflight.joint import Joint
from halflight.measurer import Measurer
from halflight.pieces import Answer, Piece, Row, Settings, fitted
from halflight.tasks import Measurement, measuring
from halflight.workers import in_order

_PIECE = 16  # stamps handed to a worker at a time
# Stamps that the network sees at a time: its memory grows by half a megabyte with each.
_PASS = 64


class Measures(Protocol):
    """What measures stamps: see `halflight.measurer.Measurer`."""

    def measure(
        self,
        image: NDArray[np.floating],
        sigma: NDArray[np.floating],
        psf: NDArray[np.floating],
        *,
        instrument: Instrument,
        tier: str,
        processes: int,
        extinction: NDArray[np.floating] | None,
    ) -> pd.DataFrame:
        """One row a stamp."""


@dataclass(frozen=True)
class Chunk:
    """Stamps of sources, with what they are and what is known of them.

    cut: the stamps. instrument: of unbinned ones. extinction: (n, bands) magnitudes, or None.
    """

    cut: Cutouts
    instrument: Instrument
    extinction: NDArray[np.float64] | None = None


class Measured(NamedTuple):
    """A chunk's measurements, one row a stamp, as a measurer gives them.

    pixel_scales: (n,) arcsec that a pixel of each stamp was taken to be. beside: what the other
    classical methods found, where they were asked for.
    """

    cut: Cutouts
    found: pd.DataFrame
    pixel_scales: NDArray[np.float64]
    beside: list[Row]


def measured_chunks(
    chunks: Iterable[Chunk],
    measurer: Measures,
    *,
    tier: str,
    processes: int = 1,
    classical: bool = False,
) -> Generator[Measured, None, None]:
    """Measure every chunk, in order; the processes begin with the first and end with the last.

    tier: one of `halflight.measurer.TIERS`. classical: whether other fits are to be had beside.
    Raises WorkerError for a process that died, with the sources that it may have died of.
    """
    joined = None  # what wraps a measurer has it fit by itself
    if tier == "best" and isinstance(measurer, Measurer) and measurer.joint is not None:
        joined = _Joined(measurer.joint, measuring(measurer.estimator.task))
    measure = partial(
        measurer.measure, tier=tier if joined is None else "fast", processes=processes
    )
    if joined is None and not classical:
        for chunk in chunks:
            yield _begun(chunk, measure, None).finished()
        return
    under_way: deque[_UnderWay] = deque()

    def pieces() -> Iterator[Piece]:
        for chunk in chunks:
            under_way.append(_begun(chunk, measure, joined))
            yield from under_way[-1].pieces()

    settings = None
    if joined is not None:
        known = joined.joint.settings
        settings = Settings(dict(known.scene), known.detection_threshold)
    answers = in_order(
        partial(fitted, settings, classical), pieces(), processes=processes, name=_sources_of
    )
    with closing(answers):
        for answer in answers:
            first = under_way[0]
            first.answers.append(answer)
            if first.is_done():
                yield under_way.popleft().finished()


class _Joined(NamedTuple):
    """How the network's answers are joined with the scene fit's."""

    joint: Joint
    task: Measurement

    def table(self, network: pd.DataFrame, answers: Sequence[Answer]) -> pd.DataFrame:
        """The joint table of some stamps."""
        fits = pd.concat([answer.scenes for answer in answers], ignore_index=True)
        return self.joint.joined(self.task, network, fits.add_prefix(f"{self.task.reference}_"))


@dataclass(frozen=True)
class _Group:
    """The stamps of a chunk of one binning: those of one camera, of wider pixels."""

    rows: NDArray[np.intp]
    camera: Instrument
    network: pd.DataFrame

    def pieces(self) -> Sequence[NDArray[np.intp]]:
        """The rows, a few at a time."""
        return np.split(self.rows, range(_PIECE, len(self.rows), _PIECE))


@dataclass
class _UnderWay:
    """A chunk that the network has measured, and what the fits have answered of it so far."""

    cut: Cutouts
    groups: list[_Group]
    joined: _Joined | None
    answers: list[Answer] = field(default_factory=list)

    def pieces(self) -> Iterator[Piece]:
        stamps = [_plane(array) for array in (self.cut.image, self.cut.sigma, self.cut.psf)]
        for group in self.groups:
            for rows in group.pieces():
                few = tuple(np.ascontiguousarray(array[rows]) for array in stamps)
                yield Piece(few, group.camera, self.cut.rows[rows])

    def is_done(self) -> bool:
        return len(self.answers) == sum(len(group.pieces()) for group in self.groups)

    def finished(self) -> Measured:
        """All that was found, in the order of the chunk's stamps."""
        answers, parts, scales = iter(self.answers), [], np.empty(len(self.cut.rows))
        beside: list[Row] = [{}] * len(self.cut.rows)
        for group in self.groups:
            found, of_group = group.network, []
            if self.answers:
                of_group = [next(answers) for _ in group.pieces()]
            if self.joined is not None:
                found = self.joined.table(found, of_group)
            others = [row for answer in of_group for row in answer.beside]
            for place, row in zip(group.rows[: len(others)], others, strict=True):
                beside[place] = row
            scales[group.rows] = group.camera.pixel_scale
            parts.append(found.set_index(group.rows))
        return Measured(self.cut, pd.concat(parts).sort_index(), scales, beside)


def _begun(chunk: Chunk, measure: Callable[..., pd.DataFrame], joined: _Joined | None) -> _UnderWay:
    """A chunk with what is measured here: all of it but the fits."""
    cut, groups = chunk.cut, []
    for binning in np.unique(cut.binning):
        rows = np.flatnonzero(cut.binning == binning)
        wider = chunk.instrument.pixel_scale * float(binning)
        camera = replace(chunk.instrument, pixel_scale=wider)
        passes = np.split(rows, range(_PASS, len(rows), _PASS))
        found = [_seen(chunk, few, camera, measure) for few in passes]
        groups.append(_Group(rows, camera, pd.concat(found, ignore_index=True)))
    return _UnderWay(cut, groups, joined)


def _seen(
    chunk: Chunk,
    rows: NDArray[np.intp],
    camera: Instrument,
    measure: Callable[..., pd.DataFrame],
) -> pd.DataFrame:
    """What is measured here of some stamps of a chunk."""
    stamps = (array[rows] for array in (chunk.cut.image, chunk.cut.sigma, chunk.cut.psf))
    return measure(
        *(a if a.ndim == 4 else a[..., np.newaxis] for a in stamps),
        instrument=camera,
        extinction=None if chunk.extinction is None else chunk.extinction[rows],
    )


def _sources_of(piece: Piece) -> str:
    return f"sources {piece.sources.min()} to {piece.sources.max()}"


def _plane(stamps: NDArray[np.floating]) -> NDArray[np.float32]:
    """The first band, float32, NaN where masked: what the fits see."""
    band = stamps[..., 0] if stamps.ndim == 4 else stamps
    return np.asarray(np.ma.filled(band, np.nan), np.float32)
