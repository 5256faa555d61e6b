"""GalSim profiles of galaxies, their permitted Sersic indices, and how far their light reaches."""

import math

import galsim
import numpy as np
from scipy.special import gammaincinv

from halflight.half_light import Component, central_brightness
from halflight.instrument import PIXEL_SCALE
from halflight.simulation.scene import Galaxy

# Every new Sersic index costs GalSim up to 0.2 s of tables, and it caches 100 of them: drawn
# indices are snapped to 60 logarithmic steps of 4 %, and the truth carries the snapped value.
SERSIC_N_GRID = tuple(float(n) for n in np.geomspace(0.5, 6.0, 60))

# Against GalSim at its strictest a stamp is wrong by about 1e-4 of its peak at most. The defaults
# err more at the centre (maxk_threshold 1e-3) and take far larger FFTs to keep the outermost light
# from folding back (folding_threshold 5e-3). An FFT above 8192 x 8192, of a gigabyte, fails: of
# the galaxies of params.yaml one in 15,000, with a faint disc of 45 arcsec, needs more than 4096.
FAST_GSPARAMS = galsim.GSParams(folding_threshold=2e-2, maxk_threshold=2e-4, maximum_fft_size=8192)
# For wide wings of high Sersic index: a twentieth of the light may fold back, thinly spread.
WIDE_GSPARAMS = FAST_GSPARAMS.withParams(folding_threshold=5e-2)
# The most that folded wings may add to a pixel (nmgy): a thirtieth of the r-band noise.
FOLDED_BRIGHTNESS = 1e-3
WIDE_SERSIC_N = 3.0
WIDE_PERIOD_PIXELS = 192


def quantise_sersic_n(sersic_n: float) -> float:
    """The value of `SERSIC_N_GRID` nearest in logarithm; ValueError outside the grid's range."""
    low, high = SERSIC_N_GRID[0], SERSIC_N_GRID[-1]
    if not low <= sersic_n <= high:
        raise ValueError(f"sersic_n must be within {low}..{high}, got {sersic_n}")
    step = math.log(high / low) / (len(SERSIC_N_GRID) - 1)
    return SERSIC_N_GRID[round(math.log(sersic_n / low) / step)]


def component_profile(component: Component, gsparams: galsim.GSParams) -> galsim.GSObject:
    """The untruncated GalSim profile of one component, centred on the origin."""
    # GalSim's shear conserves area, so the round profile has the geometric-mean radius.
    radius = component.half_light_radius * math.sqrt(component.axis_ratio)
    round_profile = galsim.Sersic(
        n=component.sersic_n, half_light_radius=radius, flux=component.flux, gsparams=gsparams
    )
    return round_profile.shear(
        q=component.axis_ratio, beta=component.position_angle * galsim.radians
    )


def galaxy_profile(galaxy: Galaxy, gsparams: galsim.GSParams) -> galsim.GSObject:
    """The GalSim profile of all components of a galaxy, centred on the origin (not shifted)."""
    profiles = [component_profile(component, gsparams) for component in galaxy.components]
    return profiles[0] if len(profiles) == 1 else galsim.Sum(profiles, gsparams=gsparams)


def galaxy_gsparams(galaxy: Galaxy) -> galsim.GSParams:
    """`WIDE_GSPARAMS` where they save much and fold little light, else `FAST_GSPARAMS`."""
    widest = max(galaxy.components, key=_wing_radius)
    # The folded light spreads over one period of the FFT, twice the radius outside which it lies.
    period_pixels = 2 * _wing_radius(widest) / PIXEL_SCALE
    folded = WIDE_GSPARAMS.folding_threshold * widest.flux / period_pixels**2
    wide = widest.sersic_n >= WIDE_SERSIC_N and period_pixels >= WIDE_PERIOD_PIXELS
    return WIDE_GSPARAMS if wide and folded <= FOLDED_BRIGHTNESS else FAST_GSPARAMS


def component_extent(component: Component, brightness: float) -> float:
    """Semi-major axis (arcsec) where the PSF-free light falls to `brightness` nmgy/arcsec^2."""
    contrast = central_brightness(component) / brightness
    if contrast <= 1:
        return 0.0
    b = float(gammaincinv(2 * component.sersic_n, 0.5))
    return component.half_light_radius * (math.log(contrast) / b) ** component.sersic_n


def _wing_radius(component: Component) -> float:
    """Semi-major axis (arcsec) that encloses all light but `WIDE_GSPARAMS.folding_threshold`."""
    twice_n = 2 * component.sersic_n
    enclosed = 1 - WIDE_GSPARAMS.folding_threshold
    ratio = float(gammaincinv(twice_n, enclosed) / gammaincinv(twice_n, 0.5))
    return component.half_light_radius * ratio**component.sersic_n
