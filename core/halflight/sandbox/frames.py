"""Synthetic SDSS frames: rendered, with sky residuals, noise and defects, in SDSS's own format.

Format: https://data.sdss.org/datamodel/files/BOSS_PHOTOOBJ/frames/RERUN/RUN/CAMCOL/frame.html
"""

import bz2
import io
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from halflight.instrument import BANDS, FRAME_SHAPE, FRAMES_LATER, PIXEL_SCALE
from halflight.sandbox.bright import add_spikes, bleed
from halflight.sandbox.identifiers import RERUN
from halflight.sandbox.layout import DEGREES_PER_PIXEL, FieldKey, Strip
from halflight.sandbox.observing import FieldCalibration, FieldPsf, x_places, y_places
from halflight.sandbox.population import BORDER, Source
from halflight.sandbox.streams import Purpose, stream
from halflight.simulation.noise import add_noise
from halflight.simulation.render import SURFACE_BRIGHTNESS_FLOOR, render_field
from halflight.simulation.scene import Galaxy, Star

if TYPE_CHECKING:
    from halflight.params.sandbox import Bright, Defects, Residual

SIGNIFICANT_BITS = 10  # real frames are "truncated at 10 binary digits with FLOATCOMPRESS"


def draw_residual(residual: "Residual", rng: np.random.Generator) -> NDArray[np.float32]:
    """What sky subtraction leaves in one frame, nmgy per pixel."""
    level = residual.level * rng.standard_normal()
    ripple = residual.ripple * rng.standard_normal()
    along_rows, along_columns = (
        _residual_profile(residual, size, ripple, rng) for size in FRAME_SHAPE
    )
    return along_rows[:, None] + (along_columns[None, :] + np.float32(level))


def _residual_profile(
    residual: "Residual", size: int, ripple: float, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Slope and ripple along one axis."""
    pixel = np.arange(size)
    slope = residual.gradient * rng.standard_normal() * (pixel / size - 0.5)
    short, long = residual.ripple_wavelength
    turns = pixel / rng.uniform(short, long) + rng.random()
    return (slope + ripple * np.sin(2 * math.pi * turns)).astype(np.float32)


def add_defects(image: NDArray[np.float32], defects: "Defects", rng: np.random.Generator) -> None:
    """Put cosmic-ray tracks and offset columns into a frame (nmgy per pixel), in place."""
    rows, columns = image.shape
    low, high = np.log(defects.cosmic_ray_flux)
    for _ in range(rng.poisson(defects.cosmic_rays)):
        row, column, angle = rng.random(3) * (rows, columns, 2 * math.pi)
        step = np.arange(rng.integers(1, 8))
        ys = (row + step * math.sin(angle)).astype(int)
        xs = (column + step * math.cos(angle)).astype(int)
        inside = (0 <= ys) & (ys < rows) & (0 <= xs) & (xs < columns)
        image[ys[inside], xs[inside]] += math.exp(rng.uniform(low, high))
    for _ in range(rng.poisson(defects.bad_columns)):
        start, column = rng.integers(0, rows), rng.integers(0, columns)
        image[start:, column] += defects.bad_column_offset * rng.standard_normal()


def drawn_objects(
    strip: Strip, key: FieldKey, sources: Sequence[Source], band: str
) -> list[Galaxy | Star]:
    """What of a strip lies on a field or near it, as it is seen and placed in a band."""
    wcs = strip.wcs(key.field, band)
    ra, dec = np.array([s.ra for s in sources]), np.array([s.dec for s in sources])
    columns, rows = wcs.all_world2pix(ra, dec, 0)
    near = (np.abs(columns - (FRAME_SHAPE[1] - 1) / 2) < FRAME_SHAPE[1] / 2 + BORDER) & (
        np.abs(rows - (FRAME_SHAPE[0] - 1) / 2) < FRAME_SHAPE[0] / 2 + BORDER
    )
    objects: list[Galaxy | Star] = []
    for k in np.flatnonzero(near).tolist():
        x = float(columns[k] - (FRAME_SHAPE[1] - 1) / 2) * PIXEL_SCALE
        y = float(rows[k] - (FRAME_SHAPE[0] - 1) / 2) * PIXEL_SCALE
        objects += sources[k].drawn(x, y, band)
    return objects


def observe(
    objects: Sequence[Galaxy | Star],
    place: tuple[int, int, int],
    *,
    seed: int,
    psf: FieldPsf,
    calibration: FieldCalibration,
    residual: "Residual",
    defects: "Defects",
    bright: "Bright",
) -> NDArray[np.float32]:
    """The pixels of one frame (1489, 2048), nmgy, sky-subtracted.

    `place` is the strip's number, the field's number in it, and the band's: it keys the noise.
    """
    image = render_field(FRAME_SHAPE, objects, psf.at, floor=_floor(calibration))
    rng = stream(seed, Purpose.BRIGHT, *place)
    add_spikes(image, objects, bright)
    bleed(image, bright.full_well * calibration.nmgy_per_count, bright.response_scatter, rng)
    image += draw_residual(residual, stream(seed, Purpose.SKY, *place))
    exposure = calibration.exposure
    image = add_noise(image, exposure, stream(seed, Purpose.NOISE, *place))
    # The camera reads whole counts; it is also what lets bzip2 compress a frame to 3 MB.
    counts = np.rint(image / exposure.nmgy_per_count + exposure.sky)
    image = (counts - exposure.sky) * exposure.nmgy_per_count
    add_defects(image, defects, stream(seed, Purpose.DEFECTS, *place))
    return image


def _floor(calibration: FieldCalibration) -> float:
    """A thirtieth of a pixel's noise (nmgy): objects are drawn out to where they reach it."""
    variance = calibration.sky / calibration.gain + calibration.dark_variance
    return max(SURFACE_BRIGHTNESS_FLOOR, calibration.nmgy_per_count * math.sqrt(variance) / 30)


def frame_file(
    image: NDArray[np.float32],
    strip: Strip,
    key: FieldKey,
    band: str,
    calibration: FieldCalibration,
) -> bytes:
    """A frame as SDSS's bzip2-compressed FITS file with its four HDUs."""
    header = fits.Header()
    header["ORIGIN"] = ("SYNTHETIC", "not an observation")
    header["RUN"] = (key.run, "Run number")
    header["FRAME"] = (key.field + FRAMES_LATER[band], "Frame sequence number within the run")
    header["EXPTIME"] = ("53.907456", "Exposure time (seconds)")
    header["EQUINOX"] = 2000.0
    header["BUNIT"] = ("nanomaggy", "1 nanomaggy = 3.631e-6 Jy")
    header["FILTER"] = (band, "filter used")
    header["CAMCOL"] = (key.camcol, "column in the imaging camera")
    header.extend(strip.header(key.field, band).cards)
    header["NMGY"] = (calibration.nmgy_per_count, "Calibration factor [nMgy per count]")
    header["RERUN"] = (str(RERUN), "rerun")
    header["HISTORY"] = "Synthetic sky made by halflight: no telescope took this image."
    hdus = [
        fits.PrimaryHDU(_compressible(image), header=header),
        fits.ImageHDU(calibration.columns),
        fits.BinTableHDU.from_columns(_sky_columns(calibration)),
        fits.BinTableHDU.from_columns(_astrometry_columns(strip, key, band)),
    ]
    buffer = io.BytesIO()
    fits.HDUList(hdus).writeto(buffer)
    return bz2.compress(buffer.getvalue())


def _compressible(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """Keep 10 significant binary digits, as idlutils' FLOATCOMPRESS, so that bzip2 bites."""
    mantissa, exponent = np.frexp(image)
    scale = np.float32(2**SIGNIFICANT_BITS)
    return np.ldexp(np.rint(mantissa * scale) / scale, exponent)


def _sky_columns(calibration: FieldCalibration) -> list[fits.Column]:
    sky = calibration.all_sky
    return [
        fits.Column("ALLSKY", f"{sky.size}E", dim="(256,192)", array=sky[None]),
        fits.Column("XINTERP", f"{FRAME_SHAPE[1]}E", array=x_places()[None]),
        fits.Column("YINTERP", f"{FRAME_SHAPE[0]}E", array=y_places()[None]),
    ]


def _astrometry_columns(strip: Strip, key: FieldKey, band: str) -> list[fits.Column]:
    """The affine astrometry mu = A + B row + C col, nu = D + E row + F col (degrees).

    With NODE = INCL = 0 great-circle coordinates are right ascension and declination; this is the
    TAN projection to first order. The header's TAN keywords are exact.
    """
    header = strip.header(key.field, band)
    stretch = math.cos(math.radians(header["CRVAL2"]))
    row0, col0 = header["CRPIX2"] - 0.5, header["CRPIX1"] - 0.5
    b, c = header["CD1_2"] / stretch, header["CD1_1"] / stretch
    e, f = header["CD2_2"], header["CD2_1"]
    numbers = {
        "NODE": 0.0,
        "INCL": 0.0,
        "A": header["CRVAL1"] - b * row0 - c * col0,
        "B": b,
        "C": c,
        "D": header["CRVAL2"] - e * row0 - f * col0,
        "E": e,
        "F": f,
        "PIXSCALE": 3600 * DEGREES_PER_PIXEL,
    }
    names = {"RUN": key.run, "CAMCOL": key.camcol, "FIELD": key.field}
    columns = [fits.Column(name, "J", array=[value]) for name, value in names.items()]
    columns += [fits.Column("RERUN", "3A", array=[str(RERUN)])]
    columns += [fits.Column("FILTER", "1A", array=[band])]
    return columns + [fits.Column(name, "D", array=[value]) for name, value in numbers.items()]


def band_place(strip: Strip, key: FieldKey, band: str) -> tuple[int, int, int]:
    """The numbers that key the random streams of one frame."""
    return strip.number, key.field - strip.first_field, BANDS.index(band)
