"""The instrument: what a pixel of a stamp is - scale, bands, unit, noise, PSF - and SDSS's own.

Everything that knows of a camera stands here. Stamps carry the `Instrument` that they were taken
with; whoever reads them asks it, so that only `simulation`, `sandbox` and `surveys` know SDSS.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from numbers import Real
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from halflight.text import shown

UNITS = ("nanomaggy", "electron", "electron/s", "count", "count/s", "microjansky")
SEEING = "r"  # the band in which SDSS tells its seeing
ZERO_POINT = 22.5  # AB magnitude of one nanomaggy (SDSS DR17, "Measures of flux and magnitude")


@dataclass(frozen=True)
class Instrument:
    """What a stamp's pixels are.

    Attributes:
        name: of the camera or survey.
        pixel_scale: arcsec a pixel.
        bands: names of the bands, in the order of the stamps' last axis.
        unit: of image and sigma.
        zero_point: AB magnitude of one unit.
        psf: how PSF stamps are made: "effective" ones hold the pixel's response (sum 1, centred on
            the middle pixel), so a model that is multiplied by them must not add it again.
    """

    name: str
    pixel_scale: float
    bands: tuple[str, ...]
    unit: str = "nanomaggy"
    zero_point: float = ZERO_POINT
    psf: str = "effective"

    def __post_init__(self) -> None:
        """Refuse what cannot be an instrument.

        Raises:
            ValueError: a scale or zero point that is no number, an unknown unit, no band, or one
                named twice.
        """
        if not (_is_finite(self.pixel_scale) and self.pixel_scale > 0):
            raise ValueError(
                f"pixel_scale must be above 0 arcsec, received {shown(self.pixel_scale)}"
            )
        if not _is_finite(self.zero_point):
            raise ValueError(f"zero_point must be finite, received {shown(self.zero_point)}")
        for name in ("name", "unit", "psf"):
            if not isinstance(getattr(self, name), str) or not getattr(self, name):
                raise ValueError(f"{name} must be text, received {shown(getattr(self, name))}")
        if self.unit not in UNITS:
            raise ValueError(f"unit must be one of {', '.join(UNITS)}, received {shown(self.unit)}")
        if not self.bands or len(set(self.bands)) != len(self.bands):
            raise ValueError(f"bands must be one or more, each once, received {shown(self.bands)}")

    @property
    def seeing(self) -> int:
        """The number of the band whose PSF stands for all in tables: r, or the first."""
        return self.bands.index(SEEING) if SEEING in self.bands else 0

    def with_bands(self, bands: Sequence[str]) -> Self:
        """The same instrument, for stamps of these of its bands, in this order.

        Raises:
            ValueError: it has no such band.
        """
        unknown = [band for band in bands if band not in self.bands]
        if unknown:
            raise ValueError(f"{self.name} has the bands {', '.join(self.bands)}, not {unknown}")
        return replace(self, bands=tuple(bands))

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self) | {"bands": list(self.bands)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The inverse of `to_dict`.

        Raises:
            ValueError: a key is missing or unknown, or a value is refused.
        """
        known = [field.name for field in fields(cls)]
        if not isinstance(values, Mapping) or set(values) != set(known):
            raise ValueError(f"an instrument has the keys {known} alone, received {shown(values)}")
        bands = values["bands"]
        if not isinstance(bands, list | tuple) or not all(isinstance(b, str) and b for b in bands):
            raise ValueError(f"bands must be a list of names, received {shown(bands)}")
        return cls(**dict(values) | {"bands": tuple(bands)})

    def difference(self, other: "Instrument") -> str:
        """What keeps stamps of `other` from being used as this one's, in words; "" if nothing."""
        differing = [
            f"{name} {shown(theirs)} instead of {shown(mine)}"
            for name in ("pixel_scale", "bands", "unit", "zero_point", "psf")
            if (mine := getattr(self, name)) != (theirs := getattr(other, name))
        ]
        return ", ".join(differing)


def _is_finite(value: object) -> bool:
    try:
        return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:  # an integer beyond every float
        return False


def flux_of(magnitude: Any) -> Any:
    """Nanomaggies of an AB magnitude, a number or an array: 10^(0.4 (22.5 - m))."""
    return 10 ** (0.4 * (ZERO_POINT - magnitude))


def magnitude_of(flux: Any) -> Any:
    """AB magnitude of a positive flux in nanomaggies, a number or an array: 22.5 - 2.5 lg f."""
    return ZERO_POINT - 2.5 * np.log10(flux)


def luptitude_of(flux: Any, band: str) -> Any:
    """SDSS's asinh magnitude of a flux in nanomaggies, of either sign, a number or an array.

    m = -2.5 / ln 10 (asinh(f / 2b) + ln b), f and b in maggies (Lupton, Gunn & Szalay 1999, AJ 118,
    1406, eq. 3); for f far above b the AB magnitude.
    """
    softening = SOFTENING[band]
    return -POGSON * (np.arcsinh(flux * 1e-9 / (2 * softening)) + math.log(softening))


def flux_of_luptitude(magnitude: Any, band: str) -> Any:
    """The inverse of `luptitude_of`: nanomaggies."""
    softening = SOFTENING[band]
    return 2e9 * softening * np.sinh(-magnitude / POGSON - math.log(softening))


SDSS = Instrument("SDSS", pixel_scale=0.396, bands=tuple("ugriz"))
BANDS, PIXEL_SCALE = SDSS.bands, SDSS.pixel_scale
FRAME_SHAPE = (1489, 2048)  # rows, columns of one SDSS field
# The chips see a piece of sky one after the other, r first, each two frames after the one before
# (Gunn et al. 1998, AJ 116, 3040, fig. 1): FRAME in a header is the field's number plus this.
FRAMES_LATER = {"r": 0, "i": 2, "u": 4, "z": 6, "g": 8}

POGSON = 2.5 / math.log(10)  # magnitudes for a factor e
# Of asinh magnitudes, in maggies: https://www.sdss4.org/dr17/algorithms/magnitudes/#asinh.
SOFTENING = dict(zip(BANDS, (1.4e-10, 0.9e-10, 1.2e-10, 1.8e-10, 7.4e-10), strict=True))

# Gain (electrons per count) and dark variance (counts^2) by band and camera column 1-6, from the
# SDSS data model of `frame` files (data.sdss.org/datamodel, photoObj/frames). A pair holds the
# value before and after an electronics change; the first run after it is listed below.
_Table = dict[str, tuple[float | tuple[float, float], ...]]
_GAIN: _Table = {
    "u": (1.62, (1.595, 1.825), 1.59, 1.6, 1.47, 2.17),
    "g": (3.32, 3.855, 3.845, 3.995, 4.05, 4.035),
    "r": (4.71, 4.6, 4.72, 4.76, 4.725, 4.895),
    "i": (5.165, 6.565, 4.86, 4.885, 4.64, 4.76),
    "z": (4.745, 5.155, 4.885, 4.775, 3.48, 4.69),
}
_DARK_VARIANCE: _Table = {
    "u": (9.61, 12.6025, 8.7025, 12.6025, 9.3025, 7.0225),
    "g": (15.6025, 1.44, 1.3225, 1.96, 1.1025, 1.8225),
    "r": (1.8225, 1.00, 1.3225, 1.3225, 0.81, 0.9025),
    "i": (7.84, (5.76, 6.25), 4.6225, (6.25, 7.5625), 7.84, 5.0625),
    "z": (0.81, 1.0, 1.0, (9.61, 12.6025), (1.8225, 2.1025), 1.21),
}
_GAIN_CHANGE_RUN = 1100
_DARK_CHANGE_RUN = 1500


def _look_up(table: _Table, change_run: int, band: str, camcol: int, run: int) -> float:
    """The table's value for one CCD at one run."""
    if band not in table:
        raise ValueError(f"band must be one of {', '.join(BANDS)}, got {band!r}")
    if not 1 <= camcol <= 6:
        raise ValueError(f"camcol must be within 1..6, got {camcol}")
    value = table[band][camcol - 1]
    if isinstance(value, tuple):
        return value[0] if run < change_run else value[1]
    return value


def gain(band: str, camcol: int, run: int) -> float:
    """Electrons per count of one CCD. Raises ValueError for an unknown band or camcol."""
    return _look_up(_GAIN, _GAIN_CHANGE_RUN, band, camcol, run)


def dark_variance(band: str, camcol: int, run: int) -> float:
    """Read-out and dark variance (counts^2) of one CCD. Raises ValueError as `gain` does."""
    return _look_up(_DARK_VARIANCE, _DARK_CHANGE_RUN, band, camcol, run)


@dataclass(frozen=True)
class Exposure:
    """How counts become nanomaggies, and how noisy they are.

    `nmgy_per_count` and `sky` (counts per pixel) are numbers, or arrays that broadcast against the
    image: a frame has one calibration per column and a sky per pixel. `gain` is in electrons per
    count, `dark_variance` in counts^2.
    """

    nmgy_per_count: float | NDArray[np.floating]
    sky: float | NDArray[np.floating]
    gain: float
    dark_variance: float

    def __post_init__(self) -> None:
        for name in ("nmgy_per_count", "gain"):
            if not np.all(np.asarray(getattr(self, name)) > 0):
                raise ValueError(f"{name} must be above 0, got {getattr(self, name)}")
        for name in ("sky", "dark_variance"):
            if not np.all(np.asarray(getattr(self, name)) >= 0):
                raise ValueError(f"{name} must not be negative, got {getattr(self, name)}")

    def sigma(self, image_nmgy: NDArray[np.floating]) -> NDArray[np.float32]:
        """One standard deviation (nmgy, float32) of each pixel of a sky-subtracted image.

        The recipe of the SDSS `frame` data model: dn = image / calib + sky,
        sigma = calib sqrt(dn / gain + darkVariance); a pixel below zero counts has no photon noise.
        """
        counts = np.maximum(image_nmgy / self.nmgy_per_count + self.sky, 0.0)
        sigma = self.nmgy_per_count * np.sqrt(counts / self.gain + self.dark_variance)
        return np.asarray(sigma, dtype=np.float32)
