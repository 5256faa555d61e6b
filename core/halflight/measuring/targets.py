"""Targets: sources to be measured, and what cuts their stamps - of an image, or of a folder."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from halflight import images, store
from halflight.images.parts import split_part
from halflight.instrument import Instrument
from halflight.quality import FLAGS
from halflight.results.kept import file_hash

CHUNK = 256  # stamps of a folder that are read at a time


@dataclass(frozen=True)
class Targets:
    """Sources of one image, or of one folder of stamps.

    Attributes:
        sources: id, x, y (pixels from 0), ra, dec (ICRS degrees; NaN where unknown), one row each.
        flags: of each, where no stamp can be cut for it.
        instrument: unit and zero point of the stamps.
        cut: the stamps of some sources, by their numbers, in any order.
        image, catalogue, psf: what they are, for the provenance.
        identity: what their stamps depend on, by name.
        has_zero_point: whether magnitudes mean anything.
        notes: what was assumed, one sentence each.
        field: the image, where there is one.
        extinction: (sources, bands) magnitudes of dust; None where nothing is known of it.
    """

    sources: pd.DataFrame
    flags: NDArray[np.int64]
    instrument: Instrument
    cut: Callable[[NDArray[np.integer]], Iterator[images.Cutouts]]
    image: str
    catalogue: str
    psf: str
    identity: Mapping[str, str] = field(default_factory=dict)
    has_zero_point: bool = True
    notes: Sequence[str] = ()
    field: images.Field | None = None
    extinction: NDArray[np.float64] | None = None


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

    Raises ImageError as `halflight.images` does.
    """
    if catalogue is None:
        sources = images.detect_sources(opened, options)
    else:
        sources = images.read_sources(catalogue, opened, options)
    found = images.checked_psf(images.open_psf(psf, opened, sources, options), opened, sources)
    return Targets(
        sources,
        images.unmeasured_flags(opened, sources),
        opened.instrument,
        partial(_cut, opened, sources, found),
        opened.path.name,
        "detected" if catalogue is None else catalogue_name or "a table",
        Path(found.name).name,
        identity or {},
        opened.zero_point is not None,
        [*opened.notes, *found.notes],
        opened,
    )


def image_identity(
    image: str, catalogue: str | None, psf: object, options: images.Options
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

    def cut(rows: NDArray[np.integer]) -> Iterator[images.Cutouts]:
        for chunk in np.split(rows, range(CHUNK, len(rows), CHUNK)):
            image, sigma, psf = (stamps[name][chunk] for name in ("image", "sigma", "psf"))
            none, nothing = np.zeros(len(chunk)), np.zeros(len(chunk), np.int64)
            scale = np.full(len(chunk), stamps.instrument.pixel_scale)
            turn = np.full(len(chunk), np.nan)  # nothing says where north is
            yield images.Cutouts(
                rows=chunk,
                image=image,
                sigma=sigma,
                psf=psf,
                flags=nothing,
                binning=nothing + 1,
                pixel_scale=scale,
                rotation=turn,
                parity=nothing,
                dx=none,
                dy=none,
                neighbours=nothing,
            )

    return Targets(
        sources,
        np.full(count, FLAGS["not_measured"], np.int64),
        stamps.instrument,
        cut,
        folder.name,
        "its table",
        "of each stamp",
        {"stamps": file_hash(folder / "table.parquet"), "manifest": _plain(folder / "stamps.json")},
        extinction=_extinction(table, stamps.instrument.bands),
    )


def _extinction(table: pd.DataFrame, bands: Sequence[str]) -> NDArray[np.float64] | None:
    """Columns extinction_BAND (rows, bands), where the table has any."""
    columns = [f"extinction_{band}" for band in bands]
    if not set(columns) & set(table):
        return None
    return table.reindex(columns=columns).to_numpy(np.float64)


def _cut(
    opened: images.Field, sources: pd.DataFrame, psf: images.Psf, rows: NDArray[np.integer]
) -> Iterator[images.Cutouts]:
    """The stamps of some of the sources; what is known of one does not depend on the others."""
    return images.cutouts(opened, only(sources, rows), psf)


def only(sources: pd.DataFrame, rows: NDArray[np.integer]) -> pd.DataFrame:
    """The sources, of which those of other rows are not asked for."""
    asked = np.isin(np.arange(len(sources)), rows)
    return sources.assign(status=sources["status"].where(asked, "not asked for"))


def _plain(value: object) -> str:
    """A value as text; of a file that is there, with its hash."""
    if isinstance(value, str | Path) and value:
        path, _ = split_part(value)
        if path.exists():
            return f"{value} {file_hash(path)}"
    return str(value)
