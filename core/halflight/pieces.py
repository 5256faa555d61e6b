"""Pieces: a few stamps each, and what the classical fits say of them.

All of this runs in processes of its own, which load what this module imports and what unpickling
asks for. So it knows nothing of images, results and parameters, whose libraries (astropy, pydantic)
would take some 60 MB in each.
"""

from collections.abc import Mapping
from dataclasses import asdict
from types import SimpleNamespace
from typing import Any, NamedTuple, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from halflight.classical import Beliefs, fit_scenes, fit_sersic, measure_aperture
from halflight.instrument import Instrument

Row = dict[str, Any]
Stamps = tuple[NDArray[np.float32], ...]
"""Image and sigma, (n, S, S), and PSF, (n, P, P)."""


class Piece(NamedTuple):
    """Some stamps of one pixel scale, for a worker; sources: their numbers."""

    stamps: Stamps
    camera: Instrument
    sources: NDArray[np.int64]


class Settings(NamedTuple):
    """How scenes are fitted: the section `classical` of a task's parameters, as plain values.

    priors: of `halflight.classical.Beliefs`, by name. detection_threshold: of `fit_scenes`.
    """

    priors: Mapping[str, Any]
    detection_threshold: float


class Answer(NamedTuple):
    """What the fits say of a piece, a row a stamp.

    scenes: the scene fit's, with the columns of `fit_scenes`. beside: the other methods'. None, and
    empty, where they were not asked for.
    """

    scenes: pd.DataFrame | None
    beside: list[Row]


def fitted(settings: Settings | None, classical: bool, piece: Piece) -> Answer:
    """What the scene fit, where there are settings of it, and the other fits say of a piece."""
    scenes = None
    if settings is not None:
        priors = cast(Any, SimpleNamespace(**settings.priors))
        scenes, _ = fit_scenes(
            *piece.stamps,
            beliefs=Beliefs(priors, piece.camera.pixel_scale, piece.camera.zero_point),
            detection_threshold=settings.detection_threshold,
        )
    return Answer(scenes, classical_fits(piece.stamps) if classical else [])


def classical_fits(stamps: Stamps) -> list[Row]:
    """What the Sersic fit and the aperture find of each stamp, in its pixels."""
    rows = []
    for image, sigma, psf in zip(*stamps, strict=True):
        fit = fit_sersic(image, sigma, psf, pixel_scale=1.0)
        aperture = measure_aperture(image, sigma, psf, pixel_scale=1.0)
        row = {f"fit_{key}": value for key, value in asdict(fit).items()}
        rows.append(row | {f"aperture_{key}": value for key, value in asdict(aperture).items()})
    return rows
