"""The judges room: classical measurements, the bound on all of them, and the scores."""

from halflight.judges.aperture import ApertureRadius, circle_to_semi_major, measure_aperture
from halflight.judges.fisher import radius_bound
from halflight.judges.measure import METHODS, measure_stamps, radius_bounds
from halflight.judges.scores import (
    Interval,
    bias,
    bin_table,
    bootstrap_by_group,
    coverage,
    gaussian_nll,
    ks_distance,
    nmad,
    outlier_fraction,
    pit_values,
    r_squared,
    summary,
)
from halflight.judges.segmentation import DETECTION_THRESHOLD, Segmentation, segment_stamp
from halflight.judges.sersic import SersicFit, fit_sersic
from halflight.judges.sersic_model import StampModel, shape_vector

__all__ = [
    "DETECTION_THRESHOLD",
    "METHODS",
    "ApertureRadius",
    "Interval",
    "Segmentation",
    "SersicFit",
    "StampModel",
    "bias",
    "bin_table",
    "bootstrap_by_group",
    "circle_to_semi_major",
    "coverage",
    "fit_sersic",
    "gaussian_nll",
    "ks_distance",
    "measure_aperture",
    "measure_stamps",
    "nmad",
    "outlier_fraction",
    "pit_values",
    "r_squared",
    "radius_bound",
    "radius_bounds",
    "segment_stamp",
    "shape_vector",
    "summary",
]
