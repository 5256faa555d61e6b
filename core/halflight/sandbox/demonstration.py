"""The small synthetic sky that `python -m halflight.sandbox --sky synthetic` serves."""

from typing import Any


def demonstration_parameters(*, seed: int, fields_per_strip: int) -> dict[str, Any]:
    """Arguments for `SyntheticSky`: one run, two camera columns, the r band.

    Units and meanings are beside the same names in params.yaml, section sandbox.
    """
    return {
        "seed": seed,
        "bands": ["r"],
        "runs": [752],
        "camcols": [2, 5],
        "first_field": 100,
        "fields_per_strip": fields_per_strip,
        "scan_angle_range": [75.0, 105.0],
        "galaxies": {
            "counts": {
                "density": 60.0,
                "density_magnitude": 20.0,
                "bright_limit": 14.0,
                "faint_limit": 22.5,
                "slope": 0.33,
            },
            "clustered_fraction": 0.25,
            "cluster_radius": 12.0,
            "log_radius": 0.40,
            "radius_slope": -0.13,
            "radius_scatter": 0.6,
            "radius_range": [0.35, 10.0],
            "late_fraction": 0.6,
            "structure_limit": 20.5,
            "late_sersic_n": [1.2, 0.3],
            "early_sersic_n": [3.8, 0.35],
            "sersic_n_steps": [0.6, 0.8, 1.0, 1.3, 1.6, 2.0, 2.5, 3.2, 4.0, 5.0],
            "bulge_fraction": [1.2, 2.5],
            "bulge_size": [0.3, 0.4],
            "bulge_sersic_n": [1.0, 4.5],
            "twist": 25.0,
            "late_axis_ratio": [0.2, 1.0],
            "early_axis_ratio": [0.4, 1.0],
            "knot_count": 6.0,
            "knot_fraction": 0.12,
            "knot_limit": 18.5,
        },
        "stars": {
            "density": 95.0,
            "density_magnitude": 20.0,
            "bright_limit": 13.0,
            "faint_limit": 22.5,
            "slope": 0.2,
        },
        "colours": {
            "stars": {"u": 2.2, "g": 0.6, "r": 0.0, "i": -0.2, "z": -0.3},
            "galaxies": {"u": 2.4, "g": 0.8, "r": 0.0, "i": -0.4, "z": -0.65},
        },
        "seeing": {
            "width": {"u": 1.53, "g": 1.44, "r": 1.32, "i": 1.26, "z": 1.29},
            "strip_scatter": 0.12,
            "field_scatter": 0.03,
            "width_variation": 0.02,
            "ellipticity": 0.03,
            "ellipticity_variation": 0.01,
            "moffat_fraction": 0.4,
            "sigma_ratio": [2.1, 0.12],
            "wing_ratio": [0.12, 0.03],
            "beta": [3.3, 0.4],
        },
        "camera": {
            "nmgy_per_count": {"u": 0.0102, "g": 0.0038, "r": 0.0051, "i": 0.0067, "z": 0.0329},
            "sky_magnitude": {"u": 22.02, "g": 21.73, "r": 20.80, "i": 20.16, "z": 18.94},
            "calibration_scatter": 0.03,
            "column_scatter": 0.002,
            "sky_scatter": 0.08,
            "sky_slope": 0.003,
        },
        "residual": {
            "level": 0.002,
            "gradient": 0.003,
            "ripple": 0.001,
            "ripple_wavelength": [150.0, 600.0],
        },
        "defects": {
            "cosmic_rays": 4.0,
            "cosmic_ray_flux": [0.3, 10.0],
            "bad_columns": 0.5,
            "bad_column_offset": 0.03,
        },
        "catalogue": {
            "faint_limit": 22.0,
            "position_error": 0.05,
            "magnitude_floor": 0.01,
            "radius_floor": 0.03,
            "blend_radius": 1.5,
            "missing_fraction": 0.01,
            "unclean_fraction": 0.06,
            "saturation_limit": 14.0,
            "extinction": {"u": 0.16, "g": 0.12, "r": 0.085, "i": 0.063, "z": 0.047},
            "score_range": [0.65, 0.95],
        },
        "psf_sum_range": [1.06, 1.18],
    }
