"""Targets: sources to be measured, and what cuts their stamps - of an image, or of a folder."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from halflight import images, store
from halflight.instrument import Instrument
from halflight.results.kept import file_hash

CHUNK = 256  # stamps of a folder that are read at a time


class Cut(Protocol):
    """Some stamps as they were cut, one entry a stamp.

    rows: which of the sources they are. image, sigma: (n, S, S), psf: (n, P, P), float32. flags:
    what is known against each. pixel_scale: arcsec a pixel of the image, NaN if unknown. rotation,
    parity: see `halflight.results.rows.Geometry`. binning: pixels of the image along one of the
    stamp.
    """

    rows: NDArray[np.integer]
    image: NDArray[np.float32]
    sigma: NDArray[np.float32]
    psf: NDArray[np.float32]
    flags: NDArray[np.integer]
    pixel_scale: NDArray[np.floating]
    rotation: NDArray[np.floating]
    parity: NDArray[np.integer]
    binning: NDArray[np.integer]


@dataclass(frozen=True)
class Targets:
    """Sources of one image, or of one folder of stamps.

    Attributes:
        sources: id, x, y (pixels from 0), ra, dec (ICRS degrees; NaN where unknown), one row each.
        instrument: unit and zero point of the stamps.
        cut: the stamps of some sources, by their numbers, in any order.
        image, catalogue, psf: what they are, for the provenance.
        identity: what their stamps depend on, by name.
        has_zero_point: whether magnitudes mean anything.
        notes: what was assumed, one sentence each.
        field: the image, where there is one.
    """

    sources: pd.DataFrame
    instrument: Instrument
    cut: Callable[[NDArray[np.integer]], Iterator[Cut]]
    image: str
    catalogue: str
    psf: str
    identity: Mapping[str, str] = field(default_factory=dict)
    has_zero_point: bool = True
    notes: Sequence[str] = ()
    field: images.Field | None = None


@dataclass(frozen=True)
class _StampsOfAFolder:
    """A `Cut` of stamps that were cut before, without a place on the sky."""

    rows: NDArray[np.integer]
    image: NDArray[np.float32]
    sigma: NDArray[np.float32]
    psf: NDArray[np.float32]
    flags: NDArray[np.integer]
    pixel_scale: NDArray[np.floating]
    rotation: NDArray[np.floating]
    parity: NDArray[np.integer]
    binning: NDArray[np.integer]


def targets_of_image(
    opened: images.Field,
    catalogue: Any,
    psf: Any,
    options: images.Options,
    *,
    catalogue_name: str = "",
    identity: Mapping[str, str] | None = None,
) -> Targets:
    """The sources of an image: of a catalogue (a file or a table), or, None, those detected.

    Raises ImageError as `halflight.images` does, and ValueError where nothing was detected.
    """
    if catalogue is None:
        sources = images.detect_sources(opened, options)
        if not len(sources):
            raise ValueError(
                f"no source of {opened.path.name} is above {options.threshold:g} sigma: lower "
                "--threshold, or give a --catalogue"
            )
    else:
        sources = images.read_sources(catalogue, opened, options)
    found = images.open_psf(psf, opened, sources, options)
    return Targets(
        sources,
        opened.instrument,
        partial(_cut, opened, sources, found),
        opened.path.name,
        "detected" if catalogue is None else catalogue_name or "a table",
        found.name,
        identity or {},
        opened.zero_point is not None,
        [*opened.notes, *found.notes],
        opened,
    )


def image_identity(
    image: Path, catalogue: Path | None, psf: object, options: images.Options
) -> dict[str, str]:
    """What the stamps of an image depend on: hashes of its files, and options."""
    values = {name: _plain(value) for name, value in asdict(options).items()}
    return {
        "image": _plain(image),
        "catalogue": "detected" if catalogue is None else _plain(catalogue),
        "psf": _plain(psf),
        "options": json.dumps(values, sort_keys=True),
    }


def targets_of_stamps(folder: Path) -> Targets:
    """The stamps of a folder in the pipeline's format."""
    stamps = store.read_stamps(folder)
    table, count = stamps.table, len(stamps)
    unknown = np.full(count, np.nan)
    sources = pd.DataFrame(
        {
            "id": table["id"].to_numpy(),
            "x": unknown,
            "y": unknown,
            "ra": table["ra"].to_numpy(np.float64) if "ra" in table else unknown,
            "dec": table["dec"].to_numpy(np.float64) if "dec" in table else unknown,
        }
    )

    def cut(rows: NDArray[np.integer]) -> Iterator[Cut]:
        for chunk in np.split(rows, range(CHUNK, len(rows), CHUNK)):
            size = len(chunk)
            one, nothing = np.ones(size, np.int64), np.zeros(size, np.int64)
            scale = np.full(size, stamps.instrument.pixel_scale)
            pixels = (stamps[name][chunk] for name in ("image", "sigma", "psf"))
            yield _StampsOfAFolder(
                chunk, *pixels, nothing, scale, np.full(size, np.nan), one, one
            )

    return Targets(
        sources,
        stamps.instrument,
        cut,
        folder.name,
        "its table",
        "of each stamp",
        {"stamps": file_hash(folder / "table.parquet"), "manifest": _plain(folder / "stamps.json")},
    )


def _cut(
    opened: images.Field, sources: pd.DataFrame, psf: images.Psf, rows: NDArray[np.integer]
) -> Iterator[Cut]:
    return images.cutouts(opened, sources, psf, rows=rows)


def _plain(value: object) -> str:
    """A value as text; of a file that is there, its hash."""
    if isinstance(value, str | Path) and value and Path(value).exists():
        return file_hash(Path(value))
    return str(value)
