"""Bands: several images of one field, each laid on the pixels of one of them at each source."""

from collections.abc import Mapping, Sequence
from dataclasses import fields as fields_of
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from halflight.images.columns import read_table
from halflight.images.errors import ImageError
from halflight.images.field import Field
from halflight.images.options import Options, option
from halflight.instrument import BANDS, SEEING, ZERO_POINT, Instrument
from halflight.reading import name_of
from halflight.text import shown

# Of two bands' pixel scales: a pixel that is 0.5 % wider holds 1 % more light.
SAME_SCALE = 0.005
MOST_DUST = 100.0  # magnitudes: no optical light comes through more


def check_names(names: Sequence[str], option_name: str = "--bands") -> None:
    """Refuse no band, a band without a name, or one that is named twice.

    Raises:
        ImageError: naming the option and what it was given.
    """
    if not names or not all(names):
        raise ImageError(f"{option_name} must name a band for each image: {shown(list(names))}")
    if twice := [name for name in names if names.count(name) > 1]:
        raise ImageError(f"{option_name} names {twice[0]} twice: each band is one image")


def by_band(value: Any, bands: Sequence[str], option_name: str) -> dict[str, Any]:
    """A value for each band: one for all, or those of a mapping; None where it names none.

    Raises:
        ImageError: the mapping has a band of which there is no image.
    """
    if not isinstance(value, Mapping):
        return dict.fromkeys(bands, value)
    if strangers := [name for name in value if name not in bands]:
        raise ImageError(
            f"{option_name} names the band {shown(strangers[0])}, of which there is no image "
            f"(there are {', '.join(bands)})"
        )
    return {name: value.get(name) for name in bands}


def options_by_band(values: Mapping[str, Any], bands: Sequence[str]) -> dict[str, Options]:
    """The options of each band's image; a value is one for all, or a mapping by band.

    Raises:
        ImageError: a band without an image, or a value that no image can have.
    """
    defaults = {each.name: getattr(Options(), each.name) for each in fields_of(Options)}
    made: dict[str, dict[str, Any]] = {band: {} for band in bands}
    for name, value in values.items():
        whole = name == "columns"  # a mapping of its own
        given = dict.fromkeys(bands, value) if whole else by_band(value, bands, option(name))
        for band, own in given.items():
            made[band][name] = defaults[name] if own is None else own
    return {band: Options(**own) for band, own in made.items()}


def reference_of(bands: Sequence[str], asked: str | None = None) -> str:
    """The band on whose pixels the others are laid: the one asked for, r, or the first.

    Raises:
        ImageError: there is no image of the one that is asked for.
    """
    if asked is not None and asked not in bands:
        raise ImageError(
            f"--reference must be one of the bands {', '.join(bands)}, received {shown(asked)}"
        )
    return asked or (SEEING if SEEING in bands else bands[0])


def checked_bands(opened: Mapping[str, Field], reference: str) -> dict[str, Field]:
    """The images by band, the reference first, each known to be one of the same field.

    Raises:
        ImageError: an image says that it is another of the bands, has no zero point, or, beside
            others, no sky coordinates, or pixels of another width than the reference's.
    """
    first = opened[reference]
    for band, field in opened.items():
        name, [own] = called(field, band), field.instrument.bands
        if own != band and own in {*opened, *BANDS}:
            raise ImageError(f"{name} says that its filter is {own}: put --bands in its order")
        if field.zero_point is None:
            raise ImageError(
                f"{name} does not say what its numbers are worth, which several bands need: "
                f"--zero-point {band}=MAGNITUDE, the AB magnitude of one unit"
            )
        if len(opened) == 1:
            continue
        if field.sky is None or field.sky.contradiction:
            raise ImageError(
                f"{name} has no sky coordinates, by which bands are laid on one another"
            )
        scale, wanted = field.pixel_scale, first.pixel_scale
        if scale and wanted and abs(scale / wanted - 1) > SAME_SCALE:
            raise ImageError(
                f'{name} has {scale:.4g}" a pixel, and {called(first, reference)} '
                f'{wanted:.4g}": resample it to the same, or name another --reference'
            )
    order = sorted(opened, key=lambda band: band != reference)  # stable
    return {band: _named(opened[band], band) for band in order}


def instrument_of(bands: Mapping[str, Field]) -> Instrument:
    """The instrument of the stamps: nanomaggies, on the pixels of the first of the bands."""
    first = next(iter(bands.values())).instrument
    return replace(first, bands=tuple(bands), unit="nanomaggy", zero_point=ZERO_POINT)


def places_in(bands: Mapping[str, Field], sources: pd.DataFrame) -> dict[str, NDArray[np.float64]]:
    """Where the sources lie in each band: x, y in its pixels (n, 2), NaN where unknown.

    Raises:
        ImageError: none of those that lie in the reference's image lies in a band's.
    """
    own = sources[["x", "y"]].to_numpy(np.float64)
    found: dict[str, NDArray[np.float64]] = {}
    measurable = sources["status"].to_numpy() == ""
    for number, (band, field) in enumerate(bands.items()):
        if number == 0:
            found[band] = own
            continue
        assert field.sky is not None  # `checked_bands` refuses it
        at = field.sky.pixels(*sources[["ra", "dec"]].to_numpy(np.float64).T)
        rows, columns = field.shape
        inside = (np.abs(at - [columns / 2 - 0.5, rows / 2 - 0.5]) <= [columns / 2, rows / 2]).all(
            1
        )
        if not (inside & measurable).any():
            raise ImageError(
                f"{called(field, band)} lies elsewhere on the sky: it holds none of the "
                f"{int(measurable.sum())} sources in the reference's image; leave it out where it "
                "is of another field"
            )
        found[band] = at
    return found


def extinction_by_band(
    catalogue: Any, given: Mapping[str, Any] | None, bands: Sequence[str], rows: int
) -> NDArray[np.float64] | None:
    """Magnitudes of Galactic dust (rows, bands); None where nothing is known of any.

    given: of a band, the magnitude of all sources, or the name of the catalogue's column. Where
    nothing is given, the catalogue's columns extinction_BAND are taken, if it has them.

    Raises:
        ImageError: a column that is not there, or what is no extinction; naming both.
    """
    known = by_band(given or {}, bands, "--extinction")
    table = None if catalogue is None else read_table(catalogue, _name(catalogue))
    result = np.full((rows, len(bands)), np.nan)
    for number, band in enumerate(bands):
        value = known[band]
        if value is None and table is not None and f"extinction_{band}" in table:
            value = f"extinction_{band}"
        if isinstance(value, str):
            if table is None or value not in table:
                where = "no catalogue" if table is None else f"no such column in {_name(catalogue)}"
                raise ImageError(f"--extinction {band}={shown(value)}: there is {where}")
            value = pd.to_numeric(table[value], errors="coerce").to_numpy(np.float64)
        if value is not None:
            result[:, number] = value
    wrong = (result < 0) | (result > MOST_DUST)
    if wrong.any():
        row, number = np.argwhere(wrong)[0]
        raise ImageError(
            f"--extinction of {bands[number]} must be 0 to {MOST_DUST:g} magnitudes, received "
            f"{result[row, number]:g} for row {row}"
        )
    return None if np.isnan(result).all() else result


def _named(field: Field, band: str) -> Field:
    return replace(field, instrument=replace(field.instrument, bands=(band,)))


def called(field: Field, band: str) -> str:
    """An image as messages name it."""
    return f"{name_of(field.path.name)} (band {band})"


def _name(catalogue: Any) -> str:
    is_file = isinstance(catalogue, str | PathLike)
    return name_of(Path(catalogue).name) if is_file else "the table"
