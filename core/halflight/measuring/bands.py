"""Bands: the sources of several images of one field, measured together by what tells bands apart.

The images are handed over by the names of their bands, in any order. What else describes an image
(its PSF, its options) is one value for all of them, or a mapping by band.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from halflight import images
from halflight.judged import Judged
from halflight.measurer import Measurer
from halflight.measuring.targets import Targets, image_identity, only
from halflight.text import shown

# Pixels of a stamp beyond what a network sees: the sky's level is judged by the corners.
MARGIN = 4


def check_model(measurer: Measurer | Judged, bands: Sequence[str], model: str) -> None:
    """Refuse bands that a model does not know, and a model that tells none apart.

    Raises:
        ValueError: naming the model and its bands.
    """
    known = measurer.estimator.instrument.bands
    if not measurer.estimator.preparation.by_band:
        raise ValueError(
            f"the model {model} measures one band, whichever it is: leave out --bands to measure "
            "each image by itself, or name a --model of several, such as that of stars and "
            "galaxies, data/star_galaxy/finetuned/estimators/fine_tuned after `make repro`"
        )
    if strangers := [band for band in bands if band not in known]:
        raise ValueError(
            f"the model {model} knows the bands {', '.join(known)}, not {shown(strangers[0])}: "
            "name the images so in --bands, and leave out those of other bands"
        )


def targets_of_bands(
    opened: Mapping[str, images.Field],
    catalogue: Any,
    psf: Any,
    options: Mapping[str, images.Options],
    measurer: Measurer | Judged,
    *,
    reference: str | None = None,
    extinction: Mapping[str, Any] | None = None,
    catalogue_name: str = "",
    identity: Mapping[str, str] | None = None,
) -> Targets:
    """The sources of a field that was seen in several bands, by its reference's image.

    Args:
        opened: the image of each band. options: what is said of each.
        catalogue: as `targets_of_image` has it, of the reference's image.
        psf: one for all bands, or a mapping by band.
        measurer: whose stamps are cut.
        reference: the band on whose pixels the others are laid; None: r, or the first.
        extinction: of each band, magnitudes of dust or the catalogue's column; see
            `images.extinction_by_band`.

    Raises:
        ImageError: naming the band, its image and what is wrong with it.
    """
    names = list(opened)
    bands = images.checked_bands(opened, images.reference_of(names, reference))
    first = next(iter(bands))
    if catalogue is None:
        sources = images.detect_sources(bands[first], options[first])
    else:
        sources = images.read_sources(catalogue, bands[first], options[first])
    places = images.places_in(bands, sources)
    given = images.by_band(psf, names, "--psf")
    seen = measurer.estimator.preparation
    psfs = {
        band: images.open_psf(
            given[band],
            field,
            sources.assign(x=places[band][:, 0], y=places[band][:, 1]),
            replace(options[band], psf_size=options[band].psf_size or seen.psf_size),
        )
        for band, field in bands.items()
    }
    if len(sizes := {found.size for found in psfs.values()}) > 1:
        raise images.ImageError(f"--psf-size must be one for all bands, received {sorted(sizes)}")
    said: dict[str, list[str]] = {}
    for band, field in bands.items():
        for note in (*field.notes, *psfs[band].notes):
            said.setdefault(note, []).append(band)
    notes = [f"bands {', '.join(bands)}, on the pixels of {first}"]
    notes += [f"{', '.join(of)}: {note}" for note, of in said.items()]
    return Targets(
        sources,
        images.unmeasured_flags(bands[first], sources),
        images.instrument_of(bands),
        partial(_cut, bands, psfs, sources, places, seen.stamp_size + MARGIN),
        ", ".join(field.path.name for field in bands.values()),
        "detected" if catalogue is None else catalogue_name or "a table",
        ", ".join(dict.fromkeys(Path(found.name).name for found in psfs.values())),
        identity or {},
        True,
        notes,
        bands[first],
        images.extinction_by_band(catalogue, extinction, list(bands), len(sources)),
    )


def bands_identity(
    paths: Mapping[str, str],
    catalogue: str | None,
    psf: Any,
    options: Mapping[str, images.Options],
    *,
    reference: str | None,
    extinction: Mapping[str, Any] | None,
) -> dict[str, str]:
    """What the stamps of several bands depend on: hashes of files, and options, by band."""
    psfs = images.by_band(psf, list(paths), "--psf")
    known = {
        f"{what} of {band}": value
        for band, path in paths.items()
        for what, value in image_identity(path, None, psfs[band], options[band]).items()
        if what != "catalogue"
    }
    first = images.reference_of(list(paths), reference)
    whole = image_identity("", catalogue, None, options[first])["catalogue"]
    return known | {
        "catalogue": whole,
        "reference": first,
        "extinction": ", ".join(f"{b}={v}" for b, v in sorted((extinction or {}).items())),
    }


def _cut(
    bands: Mapping[str, images.Field],
    psfs: Mapping[str, images.Psf],
    sources: pd.DataFrame,
    places: Mapping[str, NDArray[np.float64]],
    size: int,
    rows: NDArray[np.integer],
) -> Iterator[images.Cutouts]:
    """The stamps of some of the sources; what is known of one does not depend on the others."""
    asked = only(sources, rows)
    return images.cutouts_of_bands(bands, psfs, asked, places, size=size)
