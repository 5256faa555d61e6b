"""The population of simulated scenes: every distribution that a scene is drawn from."""

from dataclasses import dataclass, fields

import numpy as np

from halflight.instrument import BANDS
from halflight.simulation.profiles import SERSIC_N_GRID

Pair = tuple[float, float]


@dataclass(frozen=True)
class Population:
    """Distributions of galaxies, neighbours, PSFs and exposures; lists become tuples.

    A pair is the limits of a uniform (or truncated) draw, or, where said so, the median and the
    standard deviation of the logarithm, the mean and the standard deviation, or a Beta's two
    parameters. Raises ValueError for a value out of its range.
    """

    magnitude: Pair  # target, uniform between the limits
    size_intercept: float  # log10 of the median semi-major half-light radius (arcsec) at the pivot
    size_slope: float  # change of that log10 per magnitude
    size_pivot: float  # magnitude
    size_scatter: float  # standard deviation of ln radius
    radius: Pair  # arcsec, limits between which the radius is drawn
    late_fraction: float  # of single-Sersic galaxies; the others are early
    late_sersic_n: Pair  # median, standard deviation of ln n
    late_axis_ratio: Pair  # also of discs
    early_sersic_n: Pair  # median, standard deviation of ln n
    early_axis_ratio: Pair  # also of bulges
    sersic_n: Pair  # limits between which n is drawn
    bulge_disc_fraction: float  # of all galaxies
    bulge_fraction: Pair  # B/T: the two parameters of a Beta distribution
    bulge_sersic_n: tuple[float, ...]  # drawn with equal chance
    bulge_size_ratio: Pair  # bulge radius / disc radius: median, standard deviation of ln
    bulge_angle_scatter: float  # radians, of the bulge about the disc
    neighbour_density: float  # per arcsec^2, between the magnitude limits
    neighbour_magnitude: Pair
    neighbour_slope: float  # log10 of counts per magnitude
    neighbour_star_fraction: float
    neighbour_margin: float  # arcsec beyond the stamp's edge in which neighbours still lie
    neighbour_separation: float  # arcsec, least distance from the target
    centroid_jitter: float  # pixels, the target lies within this of the centre along x and y
    double_gaussian_fraction: float  # of PSFs; the others are Moffat
    psf_width: Pair  # arcsec, SDSS psfWidth: median, standard deviation of ln
    psf_sigma_ratio: Pair  # sigma2 / sigma1: mean, standard deviation
    psf_wing_ratio: Pair  # peak of the wide Gaussian over the narrow: mean, standard deviation
    moffat_beta: tuple[float, ...]  # drawn with equal chance; GalSim is fast for 2.5, 3.5, 4.5
    psf_ellipticity: float  # standard deviation of e1 and of e2
    band: str  # of the camera's gain and dark variance
    run: tuple[int, int]  # imaging runs, first and last
    nmgy_per_count: Pair  # median, standard deviation of ln
    sky_brightness: Pair  # mag / arcsec^2: mean, standard deviation
    sky_residual: float  # nmgy per pixel, standard deviation of the sky subtraction's error
    sky_gradient: float  # nmgy per pixel per pixel, standard deviation along x and along y

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, list):
                object.__setattr__(self, field.name, tuple(value))
        for name in _LIMITS:
            low, high = getattr(self, name)
            if not low <= high:
                raise ValueError(f"population.{name} must be [low, high], got {[low, high]}")
        for name in _FRACTIONS:
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"population.{name} must be in 0..1, got {getattr(self, name)}")
        for name in ("late_axis_ratio", "early_axis_ratio"):
            low, high = getattr(self, name)
            if not 0.05 <= low <= high <= 1:
                raise ValueError(f"population.{name} must be within 0.05..1, got {[low, high]}")
        for name in _POSITIVE:
            if not np.all(np.asarray(getattr(self, name)) > 0):
                raise ValueError(f"population.{name} must be above 0, got {getattr(self, name)}")
        n_low, n_high = SERSIC_N_GRID[0], SERSIC_N_GRID[-1]
        for n in (*self.sersic_n, *self.bulge_sersic_n):
            if not n_low <= n <= n_high:
                raise ValueError(f"a Sersic index must be within {n_low}..{n_high}, got {n}")
        for name in ("bulge_sersic_n", "moffat_beta"):
            if not getattr(self, name):
                raise ValueError(f"population.{name} needs at least one value, got none")
        if self.band not in BANDS:
            raise ValueError(
                f"population.band must be one of {', '.join(BANDS)}, got {self.band!r}"
            )


_LIMITS = ("magnitude", "radius", "sersic_n", "neighbour_magnitude", "run")
_POSITIVE = (
    "size_scatter",
    "radius",
    "late_sersic_n",
    "early_sersic_n",
    "neighbour_slope",
    "nmgy_per_count",
)
_FRACTIONS = (
    "late_fraction",
    "bulge_disc_fraction",
    "neighbour_star_fraction",
    "double_gaussian_fraction",
)
