"""A population of simulated scenes for the sky room's tests."""

import pytest

from halflight.simulation import Population


@pytest.fixture(scope="session")
def population() -> Population:
    """The broad training population of the default parameters."""
    return Population(
        magnitude=(14.0, 20.5),
        size_intercept=0.40,
        size_slope=-0.13,
        size_pivot=17.5,
        size_scatter=0.8,
        radius=(0.5, 12.0),
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
        centroid_jitter=1.5,
        double_gaussian_fraction=0.5,
        psf_width=(1.32, 0.14),
        psf_sigma_ratio=(2.1, 0.12),
        psf_wing_ratio=(0.12, 0.03),
        moffat_beta=(2.5, 3.5, 4.5),
        psf_ellipticity=0.024,
        band="r",
        run=(94, 8162),
        nmgy_per_count=(0.0051, 0.08),
        sky_brightness=(20.8, 0.2),
        sky_residual=0.002,
        sky_gradient=2e-5,
    )
