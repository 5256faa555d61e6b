"""What SDSS's pipeline would roughly have measured of the synthetic sky's sources.

The measurements are emulated, not made: analytic expectations for Gaussian-convolved profiles, plus
noise of the right size. Their biases are deliberate, since real catalogue radii have them too: see
`model_radii` and `petrosian_radii`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from halflight.half_light import HalfLightEllipse, half_light_ellipse
from halflight.instrument import PIXEL_SCALE, POGSON, SOFTENING, luptitude_of
from halflight.sandbox.observing import FieldCalibration
from halflight.sandbox.population import Source

if TYPE_CHECKING:
    from halflight.params.sandbox import Catalogue

MISSING = -9999.0
# Radius (arcsec) of the fits to a bright star, and how much more than a model's radius, relative to
# its error, the two Petrosian radii scatter: of bright stars the concentration varies by 0.1.
_POINT_RADIUS = 0.06
_INNER_SCATTER, _OUTER_SCATTER = 0.7, 1.5
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Truth:
    """The true shapes of a strip's sources, as arrays; points have radius 0.

    `doubling` is how far two points of a binary spread its light along their line: the root of
    separation^2 times both shares (arcsec).
    """

    sources: Sequence[Source]
    thing_id: NDArray[np.int64]
    flux: Array
    radius: Array
    axis_ratio: Array
    position_angle: Array
    sersic_n: Array
    bulge_fraction: Array
    doubling: Array


def true_shapes(sources: Sequence[Source]) -> Truth:
    """Half-light ellipses (semi-major axis in arcsec, pixel position angle in radians).

    `sersic_n` is the flux-weighted mean of the components' indices.
    """
    point = HalfLightEllipse(0.0, 1.0, 0.0)
    shapes = [point if s.is_point else half_light_ellipse(s.components) for s in sources]
    fluxes = [[c.flux for c in s.components] for s in sources]
    indices = [[c.sersic_n for c in s.components] for s in sources]
    return Truth(
        sources=sources,
        thing_id=np.array([s.thing_id for s in sources], dtype=np.int64),
        flux=np.array([s.flux for s in sources]),
        radius=np.array([shape.semi_major for shape in shapes]),
        axis_ratio=np.array([shape.axis_ratio for shape in shapes]),
        position_angle=np.array([shape.position_angle for shape in shapes]),
        sersic_n=np.array(
            [np.average(n, weights=f) if f else 0.5 for n, f in zip(indices, fluxes, strict=True)]
        ),
        bulge_fraction=np.array([f[0] / sum(f) if len(f) == 2 else 0.0 for f in fluxes]),
        doubling=np.array([_doubling(s) for s in sources]),
    )


def _doubling(source: Source) -> float:
    if source.second is None:
        return 0.0
    x, y, share = source.second
    return math.hypot(x, y) * math.sqrt(share * (1 - share))


def measure(
    truth: Truth,
    seen: NDArray[np.intp],
    flux: Array,
    *,
    width: Array,
    calibration: FieldCalibration,
    band: str,
    catalogue: "Catalogue",
    sky_angles: Array,
    rng: np.random.Generator,
) -> dict[str, Array]:
    """Emulated photo measurements of sources in one band, by SkyServer's names without the band.

    Fluxes are nmgy, lengths arcsec, angles degrees east of north, `width` is psfWidth.
    """
    radius, q, n = truth.radius[seen], truth.axis_ratio[seen], truth.sersic_n[seen]
    star, count = radius == 0, len(seen)
    variance = (width / 2.355) ** 2  # of the PSF as a Gaussian, arcsec^2
    # A Sersic profile's core seen as a Gaussian: cuspier profiles look more like points.
    major = (0.85 * radius * n**-0.35 / 1.1774) ** 2
    minor = major * q**2
    major = np.where(star, truth.doubling[seen] ** 2, major)
    minor = np.where(star, 0.0, minor)
    pixel_noise = calibration.nmgy_per_count * math.sqrt(
        calibration.sky / calibration.gain + calibration.dark_variance
    )

    def flux_error(extra: Array | float) -> Array:
        area = 4 * np.pi * (variance + extra) / PIXEL_SCALE**2  # equivalent noise area, pixels
        photons = flux * calibration.nmgy_per_count / calibration.gain
        return np.sqrt(area * pixel_noise**2 + photons)

    fraction_in_psf = 2 * variance / np.sqrt((2 * variance + major) * (2 * variance + minor))
    psf_error, model_error = flux_error(0.0), flux_error(np.sqrt(major * minor))
    noise = rng.standard_normal((8, count))
    floor = catalogue.magnitude_floor * flux
    psf_flux = flux * fraction_in_psf + np.hypot(psf_error, floor) * noise[0]
    # A fit shares most of its noise with the PSF magnitude of a point source.
    shared = np.where(star, 0.95, 0.5)
    model_noise = shared * noise[0] + np.sqrt(1 - shared**2) * noise[1]
    model_flux = flux + np.hypot(model_error, floor) * model_noise
    relative = np.hypot(1.5 * model_error / flux, catalogue.radius_floor)
    ratio = np.clip(np.where(star, rng.random(count), q + 0.5 * relative * noise[5]), 0.05, 1)
    wobble = np.degrees(relative) * noise[6] / np.maximum(1 - q, 0.1)
    angle = np.where(star, 180 * rng.random(count), sky_angles + wobble) % 180
    log_n = np.log(np.clip(n, 1, 4)) / math.log(4)
    frac_dev = np.clip(np.where(star, rng.random(count), log_n + relative * noise[7]), 0, 1)
    petro_50, petro_90, petro = petrosian_radii(radius, q, n, width)
    scatter = np.exp(relative * rng.standard_normal(count))
    lost = rng.random(count) < catalogue.missing_fraction
    spread, inner, outer = rng.standard_normal((3, count))
    # A fit tells a width beside the PSF's as well as it tells the light's second moment, which of
    # a point is as often too small as too large; whatever is smaller is small and meaningless.
    least = _POINT_RADIUS * np.abs(noise[2])
    fitted = np.sqrt(np.maximum(radius**2 + 4 * relative * variance * spread, least**2))
    radii = {
        name: r * np.exp(relative * noise[3 + k])
        for k, (name, r) in enumerate(model_radii(fitted, np.maximum(n, 1.0)).items())
    }
    # The outer radius is told worse than the inner one, and each for itself.
    petro_50 = petro_50 * np.exp(_INNER_SCATTER * relative * inner)
    petro_90 = petro_90 * np.exp(_OUTER_SCATTER * relative * outer)
    rows: dict[str, Array] = {
        "petroRad": petro * scatter,
        "petroR50": petro_50 * scatter,
        "petroR90": petro_90 * scatter,
        "petroR50Err": petro_50 * relative,
        "deVRad": radii["deV"],
        "deVRadErr": radii["deV"] * relative,
        "deVAB": ratio,
        "deVPhi": angle,
        "expRad": radii["exp"],
        "expRadErr": radii["exp"] * relative,
        "expAB": ratio,
        "expPhi": angle,
        "fracDeV": frac_dev,
        "psffwhm": width * 1.08 / 1.19,  # both over the FWHM at half maximum, of real fields
        "probPSF": star.astype(float),
        "nMgyPerCount": np.full(count, calibration.nmgy_per_count),
    }
    for name in ("petroRad", "petroR50", "petroR90", "petroR50Err"):
        rows[name] = np.where(lost, MISSING, rows[name])
    # An exponential misses a deV profile's wings, a deV profile invents them for a disc.
    fluxes = {
        "psf": (psf_flux, psf_error),
        "cModel": (model_flux, model_error),
        "model": (model_flux, model_error),
        "petro": (model_flux * np.where(star, 1, 1 - 0.12 * log_n), 1.5 * model_error),
        "deV": (model_flux * np.where(star, 1, 1 + 0.15 * (1 - log_n)), model_error),
        "exp": (model_flux * np.where(star, 1, 1 - 0.13 * log_n), model_error),
    }
    for name, (value, error) in fluxes.items():
        rows[f"{name}Flux"] = value
        rows[f"{name}Mag"] = luptitude_of(value, band)
        rows[f"{name}MagErr"] = luptitude_error(value, error, band)
    return rows


def luptitude_error(flux: Array, error: Array, band: str) -> Array:
    """The error of the asinh magnitude of a flux, all in nmgy: dm/df times that of the flux."""
    softening = 2e9 * SOFTENING[band]
    return np.asarray(POGSON * error / np.hypot(softening, flux))


def model_radii(radius: Array, sersic_n: Array) -> dict[str, Array]:
    """What pure de Vaucouleurs and exponential fits make of a Sersic profile's radius (arcsec).

    Right where the index is 4 or 1, and biased between as fits to simulated SDSS stamps are: for
    n = 2.5 deVRad is 45 % too large, for n = 1.5 expRad is 13 % too small.
    """
    return {
        "deV": radius * (4 / sersic_n) ** 0.8,
        "exp": radius * sersic_n**-0.35,
    }


def petrosian_radii(
    radius: Array, axis_ratio: Array, sersic_n: Array, width: Array
) -> tuple[Array, Array, Array]:
    """petroR50, petroR90 and petroRad (arcsec): circular apertures, *not* corrected for seeing."""
    circular = radius * np.sqrt(axis_ratio)
    seeing = 0.6 * width  # half-light radius of a double Gaussian or Moffat PSF
    concentration = 2.3 + 0.33 * np.clip(sersic_n - 1, 0, 3)
    # The Petrosian aperture misses the wings of a cuspy profile (Graham et al. 2005, fig. 2).
    half = np.hypot(circular * (1 - 0.1 * np.clip(sersic_n - 1, 0, 3)), seeing)
    ninety = np.hypot(
        circular * concentration * (1 - 0.1 * np.clip(sersic_n - 1, 0, 3)), 2 * seeing
    )
    return half, ninety, 1.2 * ninety
