"""Synthetic galaxies in the empty places of a survey's frame: their truths and their stamps."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tqdm import tqdm

from halflight.half_light import Component
from halflight.instrument import PIXEL_SCALE, Exposure
from halflight.psf import psf_fwhm, psf_half_light_radius
from halflight.simulation import Galaxy, inject_galaxy, simulate_stamp
from halflight.surveys import Frame, PsfField
from halflight.surveys.empty import empty_places

if TYPE_CHECKING:
    from halflight.params.simulate import Population

ALONE = {"neighbour_density": 0.0, "companion_fraction": 0.0}  # what is beside them, the frame has
_PLACES, _PHOTONS = 1, 2  # streams of random numbers
_SMALL, _SMALL_PSF = 32, 25  # stamps that are drawn for their target's truth alone


def injected_stamps(
    frame: Frame,
    psf: PsfField,
    indices: NDArray[np.integer],
    *,
    gain: float,
    dark_variance: float,
    seed: int,
    stamp_size: int,
    psf_size: int,
    population: "Population",
    clearance: float,
) -> tuple[pd.DataFrame, NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """The truths (n rows), image, sigma (n, S, S) and PSF (n, P, P) of galaxies by their number.

    indices: which stamps of `simulate_stamp` lend their target. gain [electrons a count],
    dark_variance [counts^2]: of the frame. clearance [arcsec]: see `empty_places`. What nobody
    knows of a real frame, `blend_separation` and `neighbour_flux_fraction`, is NaN.
    Raises SurveyError for a frame without an empty place, PsfError and RenderError as they do.
    """
    corners = empty_places(
        frame,
        len(indices),
        size=stamp_size,
        clearance=clearance / PIXEL_SCALE,
        rng=of_places(seed, indices),
    )
    return injected_at(
        frame,
        psf,
        indices,
        corners,
        gain=gain,
        dark_variance=dark_variance,
        seed=seed,
        stamp_size=stamp_size,
        psf_size=psf_size,
        population=population,
    )


def injected_at(
    frame: Frame,
    psf: PsfField,
    indices: NDArray[np.integer],
    corners: NDArray[np.integer],
    *,
    gain: float,
    dark_variance: float,
    seed: int,
    stamp_size: int,
    psf_size: int,
    population: "Population",
) -> tuple[pd.DataFrame, NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """What `injected_stamps` gives, of stamps whose corners (n, 2) [row, column] are chosen.

    Raises PsfError and RenderError as they do.
    """
    lonely = population.changed(**ALONE)
    rows: list[dict[str, Any]] = []
    image, sigma = (np.empty((len(indices), stamp_size, stamp_size), np.float32) for _ in "is")
    psfs = np.empty((len(indices), psf_size, psf_size), np.float32)
    pairs = enumerate(zip(indices, corners, strict=True))
    for n, (index, (top, left)) in tqdm(pairs, total=len(indices), desc="inject", disable=None):
        truth = simulate_stamp(
            int(index), seed=seed, stamp_size=_SMALL, psf_size=_SMALL_PSF, population=lonely
        )[0]
        row, column = int(top) + stamp_size // 2, int(left) + stamp_size // 2
        calibration, sky = float(frame.calib[column]), float(frame.sky[row, column])
        psfs[n] = psf.at(row, column, psf_size)
        window = slice(top, top + stamp_size), slice(left, left + stamp_size)
        image[n], sigma[n] = inject_galaxy(
            galaxy_of(truth),
            frame.image[window],
            frame.sigma[window],
            psfs[n],
            Exposure(calibration, sky, gain, dark_variance),
            _generator(seed, int(index), _PHOTONS),
        )
        seen = {"nmgy_per_count": calibration, "sky": sky, "gain": gain}
        seen |= {"dark_variance": dark_variance, "blend_separation": math.nan}
        seen |= {"neighbour_flux_fraction": math.nan, "psf_fwhm": psf_fwhm(psfs[n], PIXEL_SCALE)}
        seen |= {"psf_half_light_radius": psf_half_light_radius(psfs[n], PIXEL_SCALE)}
        rows.append(truth | seen)
    return pd.DataFrame(rows), image, sigma, psfs


def of_places(seed: int, indices: NDArray[np.integer]) -> np.random.Generator:
    """The random numbers by which places for these galaxies are drawn."""
    return _generator(seed, int(indices[0]) if len(indices) else 0, _PLACES)


def galaxy_of(truth: dict[str, Any]) -> Galaxy:
    """The galaxy that a row of `simulate_stamp` describes."""

    def component(start: str, flux: float) -> Component:
        names = ("sersic_n", "half_light_radius", "axis_ratio", "position_angle")
        return Component(**{name: truth[start + name] for name in names}, flux=flux)

    flux, bulge = truth["flux"], truth["bulge_fraction"] * truth["flux"]
    single = truth["components"] == 1
    parts = {"": flux} if single else {"bulge_": bulge, "disc_": flux - bulge}
    components = tuple(component(start, share) for start, share in parts.items())
    return Galaxy(components, truth["x"], truth["y"])


def _generator(seed: int, index: int, stream: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(key=[seed, index], counter=[0, 0, 1, stream]))
