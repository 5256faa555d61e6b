"""Planted: galaxies of known truth in empty places of a frame, each with a stamp to itself."""

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from halflight.instrument import PIXEL_SCALE, Exposure
from halflight.simulation import inject_galaxy, simulate_stamp
from halflight.surveys import Frame, PsfField, SurveyError
from halflight.surveys.empty import empty_places
from halflight.surveys.fitsfile import opened
from halflight.surveys.frames import MOST_FRAME_BYTES
from halflight.trials.injected import ALONE, galaxy_of

if TYPE_CHECKING:
    from halflight.params.simulate import Population

_PLACES, _PHOTONS = 1, 2  # streams of random numbers
_SMALL, _SMALL_PSF = 32, 25  # stamps that are drawn for their target's truth alone
_TRIES = 200  # empty places drawn for each that is wanted


def places_apart(
    frame: Frame,
    count: int,
    *,
    window: int,
    clearance: float,
    separation: float,
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """Pixels (count, 2) [row, column] that show no source and lie `separation` pixels apart.

    window: side of the square about each that must lie within the frame, even. clearance: pixels
    from any source, see `empty_places`, which draws them; those too near one before are left out.
    Raises SurveyError where so many do not fit, or no pixel is empty.
    """
    drawn = empty_places(frame, _TRIES * count, size=window, clearance=clearance, rng=rng)
    kept = np.empty((0, 2), np.int64)
    for place in drawn + window // 2:
        if len(kept) == count:
            break
        if not len(kept) or np.hypot(*(kept - place).T).min() >= separation:
            kept = np.vstack([kept, place])
    if len(kept) < count:
        raise SurveyError(
            f"{frame.name}: {len(kept)} of {count} galaxies find an empty place {separation:g} "
            "pixels from each other: lower per_frame, separation or clearance"
        )
    return kept


def planted(
    frame: Frame,
    psf: PsfField,
    indices: NDArray[np.integer],
    *,
    gain: float,
    dark_variance: float,
    seed: int,
    population: "Population",
    window: int,
    clearance: float,
    separation: float,
) -> tuple[pd.DataFrame, NDArray[np.float32]]:
    """The truths, one row a galaxy, and the frame's image with all of them, nmgy.

    indices: which stamps of `simulate_stamp` lend their target. The table has its columns, x and y
    now pixels of the frame from 0, where the centre is; `row`, `column`: the pixel that its light
    is drawn round, in a square of `window` pixels, through the PSF of that pixel, with photons of
    its own (`inject_galaxy`). gain [electrons a count], dark_variance [counts^2]: of the frame.
    clearance, separation [pixels]: see `places_apart`.
    Raises SurveyError, PsfError and RenderError as these do.
    """
    first = int(indices[0]) if len(indices) else 0
    places = places_apart(
        frame,
        len(indices),
        window=window,
        clearance=clearance,
        separation=separation,
        rng=_generator(seed, first, _PLACES),
    )
    lonely = population.changed(**ALONE)
    image, rows = frame.image.copy(), []
    for index, (row, column) in zip(indices, places.tolist(), strict=True):
        truth: dict[str, Any] = simulate_stamp(
            int(index), seed=seed, stamp_size=_SMALL, psf_size=_SMALL_PSF, population=lonely
        )[0]
        at = around(row, column, window)
        calibration, sky = float(frame.calib[column]), float(frame.sky[row, column])
        image[at], _ = inject_galaxy(
            galaxy_of(truth),
            image[at],
            frame.sigma[at],
            psf.at(row, column, psf.basis.shape[1]),
            Exposure(calibration, sky, gain, dark_variance),
            _generator(seed, int(index), _PHOTONS),
        )
        x, y = column - 0.5 + truth["x"] / PIXEL_SCALE, row - 0.5 + truth["y"] / PIXEL_SCALE
        rows.append(truth | {"x": x, "y": y, "row": row, "column": column})
    return pd.DataFrame(rows), image


def around(row: int, column: int, side: int) -> tuple[slice, slice]:
    """The square of `side` pixels, even, whose centre is the lower corner of a pixel."""
    return tuple(slice(at - side // 2, at + side // 2) for at in (row, column))  # type: ignore[return-value]


def with_image(content: bytes, image: NDArray[np.float32]) -> bytes:
    """The bytes of a frame's file with another image in it, all else as it was, unpacked.

    content: of `frame-*.fits[.bz2]`. Raises DamagedFitsError for a file that is not whole, and
    ValueError for an image of another shape.
    """
    with opened(content, most=MOST_FRAME_BYTES) as hdus:
        shape = hdus[0].data.shape
        if shape == image.shape:
            hdus[0].data = image
            packed = io.BytesIO()
            hdus.writeto(packed)
            return packed.getvalue()
    raise ValueError(f"the frame has {shape} pixels, the image {image.shape}")


def _generator(seed: int, index: int, stream: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(key=[seed, index], counter=[0, 0, 2, stream]))
