"""What happens to any stamp, simulated or real, between the sky and the network."""

from halflight.prepare.clean import clean_stamps
from halflight.prepare.crop import centre_crop
from halflight.prepare.luptitudes import POGSON, Luptitudes, extinction_of, luptitude_units
from halflight.prepare.orient import ORIENTATIONS, SHIFTS, VIEWS, orient, view
from halflight.prepare.preparation import Preparation, Prepared, stretch, unstretch
from halflight.prepare.reading import preparation_from, preparation_of, read_preparation
from halflight.prepare.split import (
    SPLITS,
    field_patches,
    row_patches,
    shared_sky,
    split_patches,
)

__all__ = [
    "ORIENTATIONS",
    "POGSON",
    "SHIFTS",
    "SPLITS",
    "VIEWS",
    "Luptitudes",
    "Preparation",
    "Prepared",
    "centre_crop",
    "clean_stamps",
    "extinction_of",
    "field_patches",
    "luptitude_units",
    "orient",
    "preparation_from",
    "preparation_of",
    "read_preparation",
    "row_patches",
    "shared_sky",
    "split_patches",
    "stretch",
    "unstretch",
    "view",
]
