"""The PSF of a field, from what there is: a stamp, a model's file, a width, or its own stars."""

from collections.abc import Callable
from dataclasses import dataclass, field
from os import PathLike
from typing import Any

import numpy as np
import pandas as pd
from astropy.io import fits
from numpy.typing import NDArray

from halflight.images.analytic import HELP, profile_of
from halflight.images.coordinates import read_sky_map
from halflight.images.errors import ImageError
from halflight.images.field import Field
from halflight.images.options import Options
from halflight.images.parts import Part, Parts, read_parts, scaled, split_part
from halflight.images.psfex import is_psfex, read_psfex
from halflight.images.resampling import centred, resampled, resized
from halflight.images.stars import Stars, stars_psf
from halflight.instrument import SDSS
from halflight.quality import PSF_SUM_TOLERANCE
from halflight.reading import name_of
from halflight.text import shown

# Finer pixels than this many in one of the image's are not of this camera, nor are coarser ones.
MOST_OVERSAMPLING = 20.0
SAME_SCALE = 0.02  # within which two pixel scales are the same
MOST_MOVED = 2.5  # pixels that a stamp may have been cut off its star's middle
# Pixels a side of a PSF stamp: SDSS's own, and the most that a PSF of wide wings is given.
PSF_SIZE, LARGEST_SIZE = 51, 151
LOST = 0.01  # of the light that a stamp may cut off before it is made larger


@dataclass(frozen=True)
class Psf:
    """The PSF at each place of a field.

    at: gives the stamp (size, size), float64, of the image's pixels, its sum 1, its light on the
    middle pixel, at x, y (from 0) or for a row of the catalogue. doubtful: why it may be wrong, ""
    if nothing says so. stars: those that it was made of, where it was.
    """

    name: str
    at: Callable[[float, float, int], NDArray[np.float64]]
    size: int
    doubtful: str = ""
    notes: list[str] = field(default_factory=list)
    stars: Stars | None = None


def open_psf(
    psf: Any, field: Field, sources: pd.DataFrame | None = None, options: Options | None = None
) -> Psf:
    """The PSF of a field.

    psf: a FITS file (a stamp; a cube with one for each row of `sources`; a PSFEx model; SDSS's
    psField), an array (P, P) or (rows, P, P), "gaussian:FWHM", "moffat:FWHM:BETA", "auto" for one
    made of the field's own stars, or a `Psf`, which is returned.

    Raises:
        ImageError: there is none, or it cannot be one; the message names the option.
    """
    options = options or Options()
    if isinstance(psf, Psf):
        return psf
    if isinstance(psf, np.ndarray):
        return _of_pixels(psf, "the PSF", None, field, sources, options)
    if psf is None or (isinstance(psf, str) and not psf):
        raise ImageError(f"{name_of(field.path)} needs a PSF: {HELP}")
    if not isinstance(psf, str | PathLike):
        raise ImageError(f"--psf must be a file, a width or auto, received {shown(psf)}")
    if psf == "auto":
        made = stars_psf(field, options.psf_size or PSF_SIZE)
        return Psf(
            "stars of the image",
            lambda _x, _y, _row: made.psf,
            len(made.psf),
            made.doubtful,
            [made.summary()],
            made,
        )
    if isinstance(psf, str) and psf.lower().startswith(("gaussian", "moffat")):
        stamp, notes = profile_of(psf, field.pixel_scale, options.psf_size or PSF_SIZE)
        return Psf(psf, lambda _x, _y, _row: stamp, len(stamp), notes[0], notes)
    return _of_file(psf, field, sources, options)


def _of_file(
    path: str | PathLike[str], field: Field, sources: pd.DataFrame | None, options: Options
) -> Psf:
    file, which = split_part(path)
    name = name_of(file)
    parts = read_parts(file)
    chosen = parts.parts if which is None else [parts.get(which, "--psf")]
    models = [part for part in chosen if is_psfex(part.columns)]
    if any("RROWS" in part.columns for part in chosen):
        return _of_psfield(parts, field, options)
    if len(models) > 1:
        have = ", ".join(part.named() for part in models)
        raise ImageError(f'{name} has a PSFEx model for each CCD, {have}: --psf "FILE.psf[2]"')
    if models:
        with fits.open(file) as hdus:
            model = read_psfex(hdus[models[0].number], name)
        size = options.psf_size or PSF_SIZE
        model.at((field.shape[1] - 1) / 2, (field.shape[0] - 1) / 2, size)
        return Psf(name, lambda x, y, _row: model.at(x, y, size), size)
    images = [part for part in chosen if part.pixels is not None and len(part.shape) > 1]
    if len(images) != 1:
        have = (
            ", ".join(part.named() for part in images) or "no image and no PSFEx or psField table"
        )
        raise ImageError(f'{name} has {have}: name one, as --psf "FILE[1]"')
    values = images[0].pixels
    assert values is not None
    scale, notes = _scale_of(images[0], parts, field, options)
    result = _of_pixels(scaled(images[0], values), name, scale, field, sources, options)
    result.notes[:0] = notes
    return result


def _of_psfield(parts: Parts, field: Field, options: Options) -> Psf:
    from halflight.surveys.errors import PsfError  # late: it loads astroquery
    from halflight.surveys.psf import read_psfield

    [band] = field.instrument.bands
    if band not in SDSS.bands:
        raise ImageError(
            f"{name_of(parts.path)} is a psField, and the image's band is {shown(band)}: say "
            f"--band {', '.join(SDSS.bands)}"
        )
    header = parts.parts[0].header
    try:
        run, camcol, number = (int(header[name]) for name in ("RUN", "CAMCOL", "FIELD"))
        model = read_psfield(parts.memory[0][:], run=run, camcol=camcol, field=number, band=band)
    except (KeyError, TypeError, PsfError) as error:
        raise ImageError(f"{name_of(parts.path)} is no whole psField: {error}") from error
    size = options.psf_size or PSF_SIZE
    return Psf(
        name_of(parts.path),
        lambda x, y, _row: model.at(y, x, size).astype(np.float64),
        size,
    )


def _scale_of(
    part: Part, parts: Parts, field: Field, options: Options
) -> tuple[float | None, list[str]]:
    """Arcsec a pixel of a PSF's file, None where it is taken to be the image's; and why."""
    if options.psf_pixel_scale is not None:
        return options.psf_pixel_scale, []
    written = None
    for header in (part.header, parts.parts[0].header):
        for name in ("PSFSCALE", "SECPIX", "PIXSCALE", "PIXSCAL1", "PIXELSCL"):
            if written is None and isinstance(header.get(name), int | float):
                written = float(header[name])
    if written is None:
        sky = None
        try:
            sky = read_sky_map(part.header)
        except ImageError:
            return None, ["the PSF's own sky coordinates are broken: read as the image's pixels"]
        if sky is not None and not sky.contradiction:
            scales = sky.jacobian(np.zeros(1), np.zeros(1))
            written = float(np.sqrt(abs(np.linalg.det(scales[0]))))
    if written is None or not np.isfinite(written) or field.pixel_scale is None:
        return None, ["the PSF's pixels are taken to be the image's: --psf-pixel-scale"]
    ratio = field.pixel_scale / written
    if not 1 - SAME_SCALE <= ratio <= MOST_OVERSAMPLING:
        return None, [
            f"the PSF's header says {written:.4g}\" a pixel, which no PSF of an image of "
            f"{field.pixel_scale:.4g}\" has: its pixels are taken to be the image's"
        ]
    return written, [] if abs(ratio - 1) < SAME_SCALE else [f"the PSF is {ratio:.3g} times finer"]


def _of_pixels(
    values: NDArray[Any],
    name: str,
    scale: float | None,
    field: Field,
    sources: pd.DataFrame | None,
    options: Options,
) -> Psf:
    """One stamp, or one for each row of the catalogue."""
    while values.ndim > 2 and len(values) == 1:
        values = values[0]
    if values.ndim == 3:
        if options.plane is not None and options.plane < len(values):  # of the image's own cube
            return _of_pixels(values[options.plane], name, scale, field, sources, options)
        if sources is None or len(sources) != len(values):
            rows = "no catalogue" if sources is None else f"{len(sources)} rows"
            raise ImageError(
                f"{name} holds {len(values)} PSFs for {rows}: one a row, or one for all, is needed"
            )
        made = [
            _prepared(stamp, f"{name}, row {row}", scale, field) for row, stamp in enumerate(values)
        ]
        size = options.psf_size or max(_enough(stamp) for stamp, _, _ in made)
        stamps = [_cut(stamp, size)[0] for stamp, _, _ in made]
        return Psf(name, lambda _x, _y, row: stamps[row], size)
    stamp, doubtful, notes = _prepared(values, name, scale, field)
    size = options.psf_size or _enough(stamp)
    cut, lost = _cut(stamp, size)
    if lost > PSF_SUM_TOLERANCE:
        said = f"{lost:.1%} of its light lies beyond {size} pixels"
        doubtful, notes = "; ".join(filter(None, [doubtful, said])), [*notes, said]
    return Psf(name, lambda _x, _y, _row: cut, size, doubtful, notes)


def _enough(stamp: NDArray[np.float64]) -> int:
    """The side that cuts off little of a stamp's light."""
    for size in range(PSF_SIZE, LARGEST_SIZE, 10):
        if _cut(stamp, size)[1] <= LOST:
            return size
    return LARGEST_SIZE


def _cut(stamp: NDArray[np.float64], size: int) -> tuple[NDArray[np.float64], float]:
    """A stamp of this side, its sum 1, and the fraction of the light that it lost."""
    cut = resized(stamp, size)
    return cut / cut.sum(), float(1 - cut.sum() / stamp.sum())


def _prepared(
    values: NDArray[Any], name: str, scale: float | None, field: Field
) -> tuple[NDArray[np.float64], str, list[str]]:
    """A stamp on the image's pixels, why it is doubtful, and what was done to it."""
    pixels = np.ma.filled(np.ma.asarray(values, np.float64), np.nan)
    notes, doubts = [], []
    total = float(pixels.sum())
    stamp, moved = centred(pixels, name)
    if abs(total - 1) > PSF_SUM_TOLERANCE:
        notes.append(f"the PSF summed to {total:.4g}, and was divided by it")
    ratio = 1.0
    if scale is not None and field.pixel_scale is not None:
        ratio = field.pixel_scale / scale
    if abs(ratio - 1) > SAME_SCALE:
        side = max(int(len(stamp) / ratio) // 2 * 2 + 1, 3)
        stamp = resampled(stamp, ratio, side)
    if moved / ratio > MOST_MOVED:
        doubts.append(f"its light lay {moved / ratio:.2f} pixels off its middle")
    elif moved / ratio > 0.05:
        notes.append(f"the PSF was moved by {moved / ratio:.2f} pixels to its middle")
    return stamp / stamp.sum(), "; ".join(doubts), [*notes, *doubts]
