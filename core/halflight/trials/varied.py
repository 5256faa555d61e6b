"""Varied: the same galaxies as other cameras see them, and as other files and units hold them."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from astropy.io import fits
from astropy.wcs import WCS
from numpy.typing import NDArray

from halflight.instrument import PIXEL_SCALE, ZERO_POINT, Exposure
from halflight.simulation import Galaxy, Psf, add_noise, render_field, render_psf, simulate_stamp
from halflight.trials.injected import ALONE, galaxy_of

if TYPE_CHECKING:
    from halflight.params.simulate import Population

Unit = Literal["nanomaggy", "count", "electron/s", "uJy", "MJy/sr"]
Stored = Literal["float32", "int16", "uint16"]

UNITS: tuple[Unit, ...] = ("nanomaggy", "count", "electron/s", "uJy", "MJy/sr")
CENTRE = (150.0, 20.0)  # degrees, ICRS right ascension and declination of an image's middle
SECONDS = 54.0  # of the exposure: SDSS's
MICROJANSKY, STERADIAN = 3.631, 4.254517e10  # in one nanomaggy; arcsec^2 in one
STEPS = 16.0  # of a scaled integer in the sky's noise: what rounding adds is a 3,000th of it
PSF_SIZE = 51  # pixels
_BRIGHTNESS = 1e-3  # nmgy in a pixel of SDSS, down to which light is drawn
_SMALL, _SMALL_PSF = 32, 25  # stamps that are drawn for their target's truth alone


@dataclass(frozen=True)
class Camera:
    """What takes an image.

    pixel_scale: arcsec. psf: before the pixel, in arcsec. turn: degrees, from +x towards +y, that
    the sky is turned by on its pixels; at 0 north is along +y, and east along -x.
    """

    pixel_scale: float
    psf: Psf
    turn: float = 0.0


@dataclass(frozen=True)
class View:
    """An image of all galaxies.

    image, sigma: (rows, columns) float32, nmgy; no sky. x, y: (n,) pixels from 0, where each is.
    to_sky: (2, 2), degrees east and north (before the projection) of a step along x and along y.
    psf: (P, P), the sum 1. exposure: of each pixel.
    """

    image: NDArray[np.float32]
    sigma: NDArray[np.float32]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    to_sky: NDArray[np.float64]
    psf: NDArray[np.float32]
    exposure: Exposure

    def wcs(self) -> WCS:
        """Where the pixels lie: a tangent plane about `CENTRE`, which is the image's middle."""
        wcs = WCS(naxis=2)
        wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
        wcs.wcs.crval = CENTRE
        wcs.wcs.crpix = [(side + 1) / 2 for side in self.image.shape[::-1]]
        wcs.wcs.cd = self.to_sky
        return wcs


def galaxies(indices: Sequence[int], *, seed: int, population: "Population") -> pd.DataFrame:
    """The truths of the targets of `simulate_stamp`, by number, one row each: its columns."""
    lonely = population.changed(**ALONE)
    options: dict[str, Any] = {"stamp_size": _SMALL, "psf_size": _SMALL_PSF, "population": lonely}
    return pd.DataFrame([simulate_stamp(index, seed=seed, **options)[0] for index in indices])


def seen(
    truths: pd.DataFrame,
    camera: Camera,
    exposure: Exposure,
    *,
    columns: int,
    separation: float,
    rng: np.random.Generator,
) -> View:
    """The galaxies in one image, upright in rows of `columns`, each `separation` arcsec apart.

    truths: of `galaxies`; x and y are arcsec from the middle of each's square. exposure: of one of
    SDSS's pixels; one of the camera gets as many photons from each square arcsec, and as much dark
    variance. sigma is that of the light without noise, as a model of the noise would give it.
    Raises RenderError, naming the galaxy, where its transform is too large.
    """
    finer = PIXEL_SCALE / camera.pixel_scale  # as the renderer tells everything in SDSS's pixels
    side = 2 * round(separation / camera.pixel_scale / 2)
    shape = (side * -(-len(truths) // columns), side * columns)
    middle = np.array([(shape[1] - 1) / 2, (shape[0] - 1) / 2])
    placed, places = [], []
    records: list[dict[str, Any]] = truths.to_dict("records")  # type: ignore[assignment]
    for number, truth in enumerate(records):
        row, column = divmod(number, columns)
        tile = np.array([column, row]) * side + (side - 1) / 2
        place = tile + np.array([truth["x"], truth["y"]]) / camera.pixel_scale
        offset = (place - middle) * PIXEL_SCALE
        parts = tuple(
            replace(
                each,
                half_light_radius=each.half_light_radius * finer,
                position_angle=each.position_angle + math.radians(camera.turn),
            )
            for each in galaxy_of(truth).components
        )
        placed.append(Galaxy(parts, *offset.tolist()))
        places.append(place)
    psf = replace(camera.psf, width=camera.psf.width * finer)
    light = render_field(shape, placed, lambda _x, _y: psf, floor=_BRIGHTNESS / finer**2)
    exposure = replace(
        exposure, sky=exposure.sky / finer**2, dark_variance=exposure.dark_variance / finer**2
    )
    x, y = np.array(places).T
    turned = _turn(math.radians(camera.turn))
    to_sky = np.diag([-1.0, 1.0]) @ turned.T * camera.pixel_scale / 3600
    image, sigma = add_noise(light, exposure, rng), exposure.sigma(light)
    return View(image, sigma, x, y, to_sky, render_psf(psf, PSF_SIZE), exposure)


def as_it_is(view: View) -> View:
    """The same."""
    return view


def mirrored(view: View) -> View:
    """The same pixels, left and right exchanged: east is right of north."""
    return replace(
        view,
        **{name: getattr(view, name)[:, ::-1] for name in ("image", "sigma", "psf")},
        x=view.image.shape[1] - 1 - view.x,
        to_sky=view.to_sky @ np.diag([-1.0, 1.0]),
    )


def quarter_turned(view: View) -> View:
    """The same pixels, turned by a quarter from +x towards +y."""
    return replace(
        view,
        **{name: np.rot90(getattr(view, name), -1) for name in ("image", "sigma", "psf")},
        x=view.image.shape[0] - 1 - view.y,
        y=view.x,
        to_sky=view.to_sky @ _turn(math.pi / 2).T,
    )


def write(
    folder: Path, view: View, *, unit: Unit = "nanomaggy", stored: Stored = "float32"
) -> tuple[Path, dict[str, Any]]:
    """The view's FITS files, and what `halflight.measure` must be told of the first of them.

    stored: "float32"; "int16", scaled by BSCALE and BZERO; "uint16", whole counts with their sky,
    which FITS holds as int16 with BZERO 32768. Noise and PSF are files of their own, in float32.
    Raises ValueError for numbers that the integers do not hold, or uint16 of another unit.
    """
    if stored == "uint16" and unit != "count":
        raise ValueError(f"uint16 holds whole counts, received the unit {unit!r}")
    image, rms, psf = (folder / f"{name}.fits" for name in ("image", "rms", "psf"))
    factor, zero_point = _worth(unit, view)
    header = view.wcs().to_header()
    header["BUNIT"], header["FILTER"] = unit, "r"
    pixels = (view.image * factor).astype(np.float32)
    told: dict[str, Any] = {"psf": psf, "rms": rms, "zero_point": zero_point}
    if stored == "uint16":
        hdu = _whole_counts(pixels + view.exposure.sky, header)
        told["background"] = "global"
    elif stored == "int16":
        hdu = _scaled(pixels, float(np.median(view.sigma)) * factor / STEPS, header)
    else:
        hdu = fits.PrimaryHDU(pixels, header)
    hdu.writeto(image, overwrite=True)
    fits.writeto(rms, (view.sigma * factor).astype(np.float32), header, overwrite=True)
    fits.writeto(psf, np.ascontiguousarray(view.psf), overwrite=True)
    return image, {name: value for name, value in told.items() if value is not None}


def _whole_counts(pixels: NDArray[np.floating], header: fits.Header) -> fits.PrimaryHDU:
    counts = np.rint(pixels)
    if counts.min() < 0 or counts.max() > np.iinfo(np.uint16).max:
        raise ValueError(
            f"uint16 holds 0 to 65535 counts, not {counts.min():g} to {counts.max():g}"
        )
    return fits.PrimaryHDU(counts.astype(np.uint16), header)


def _scaled(pixels: NDArray[np.float32], step: float, header: fits.Header) -> fits.PrimaryHDU:
    low, high = float(pixels.min()), float(pixels.max())
    if high - low > step * np.iinfo(np.uint16).max:
        raise ValueError(f"int16 in steps of {step:g} does not hold {low:g} to {high:g}")
    hdu = fits.PrimaryHDU(pixels.astype(np.float64), header)
    hdu.scale("int16", bscale=step, bzero=(low + high) / 2)
    return hdu


def _worth(unit: Unit, view: View) -> tuple[float, float | None]:
    """How many of a unit are one nanomaggy, and the AB magnitude of one, where it has no fixed."""
    counts = 1.0 / float(view.exposure.nmgy_per_count)
    area = abs(float(np.linalg.det(view.to_sky))) * 3600**2  # arcsec^2 of a pixel
    of: dict[Unit, Callable[[], float]] = {
        "nanomaggy": lambda: 1.0,
        "count": lambda: counts,
        "electron/s": lambda: counts * view.exposure.gain / SECONDS,
        "uJy": lambda: MICROJANSKY,
        "MJy/sr": lambda: MICROJANSKY * 1e-12 * STERADIAN / area,
    }
    factor = of[unit]()
    told = unit in ("count", "electron/s")
    return factor, ZERO_POINT + 2.5 * math.log10(factor) if told else None


def _turn(angle: float) -> NDArray[np.float64]:
    cosine, sine = math.cos(angle), math.sin(angle)
    return np.array([[cosine, -sine], [sine, cosine]])
