"""The galaxies of a camera: those that the packaged model knows, as deep and as large as there.

`halflight.simulation` tells lengths in SDSS's pixels and light in nanomaggies under SDSS's noise.
What is drawn here keeps its sizes in pixels, its light in units of the noise, and the relation of
size, number and magnitude that the sky has for any camera.
"""

import math
from dataclasses import dataclass

from halflight.instrument import PIXEL_SCALE, ZERO_POINT, Instrument, flux_of
from halflight.measuring.run import NOISE_MAGNITUDE
from halflight.params.simulate import Population

GALAXIES = Population(
    magnitude=(14.0, 20.5),
    size_intercept=0.40,
    size_slope=-0.13,
    size_pivot=17.5,
    size_scatter=1.0,
    radius=(0.2, 12.0),
    late_fraction=0.55,
    late_sersic_n=(1.3, 0.35),
    late_axis_ratio=(0.2, 1.0),
    early_sersic_n=(4.0, 0.3),
    early_axis_ratio=(0.4, 1.0),
    sersic_n=(0.5, 6.0),
    bulge_disc_fraction=0.5,
    bulge_fraction=(1.2, 1.8),
    bulge_sersic_n=(1.0, 2.0, 4.0),
    bulge_size_ratio=(0.3, 0.4),
    bulge_angle_scatter=0.15,
    neighbour_density=0.0019,
    neighbour_magnitude=(14.0, 22.5),
    neighbour_slope=0.33,
    neighbour_star_fraction=0.35,
    neighbour_margin=4.0,
    neighbour_separation=2.0,
    companion_fraction=0.1,
    companion_separation=(1.6, 12.0),
    companion_contrast=(-0.75, 0.75),
    centroid_jitter=1.5,
    double_gaussian_fraction=0.5,
    psf_width=(1.32, 0.4),
    psf_sigma_ratio=(2.1, 0.12),
    psf_wing_ratio=(0.12, 0.03),
    moffat_beta=(2.5, 3.5, 4.5),
    psf_ellipticity=0.024,
    renderer="fourier",
    band="r",
    run=(94, 8162),
    nmgy_per_count=(0.0051, 0.6),
    sky_brightness=(20.8, 1.0),
    sky_residual=0.002,
    sky_gradient=2.0e-5,
)
"""The tier `camera` of params.yaml's `radius.simulate`, which the packaged model learnt from."""
MOST_CROWDED = 4.0  # times as many neighbours a pixel: of more, a stamp holds nothing else
_USUAL_PSF = 1.6  # pixels, half-light radius: median of that tier


@dataclass(frozen=True)
class Units:
    """How what is drawn becomes an image's: its pixels and its noise take the place of SDSS's.

    Attributes:
        camera: the instrument of the stamps. noise: sigma of a pixel, in its unit.
    """

    camera: Instrument
    noise: float

    @property
    def light(self) -> float:
        """The camera's units of one nanomaggy that is drawn."""
        return self.noise / float(flux_of(NOISE_MAGNITUDE))

    @property
    def fainter(self) -> float:
        """Magnitudes that galaxies of the same significance are fainter in than those drawn."""
        return self.camera.zero_point - ZERO_POINT - 2.5 * math.log10(self.light)

    @property
    def length(self) -> float:
        """The camera's arcsec of one arcsec that is drawn."""
        return self.camera.pixel_scale / PIXEL_SCALE


def population_of(units: Units, psf_radius: float) -> Population:
    """What to draw for stamps of these units; psf_radius: of the PSF's half light, in pixels.

    Two sources that the PSF blends into one are one: no neighbour is closer than that.
    """
    blend = max(psf_radius / _USUAL_PSF, 1.0)
    crowding = 10 ** (GALAXIES.neighbour_slope * units.fainter) * units.length**2
    low, high = GALAXIES.companion_separation
    return GALAXIES.changed(
        size_intercept=GALAXIES.size_intercept - math.log10(units.length),
        size_pivot=GALAXIES.size_pivot - units.fainter,
        neighbour_density=GALAXIES.neighbour_density * min(crowding, MOST_CROWDED),
        neighbour_separation=GALAXIES.neighbour_separation * blend,
        companion_separation=(low * blend, high * blend),
    )
