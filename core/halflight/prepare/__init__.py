"""What happens to any stamp, simulated or real, between the sky and the network."""

from halflight.prepare.clean import clean_stamps
from halflight.prepare.crop import centre_crop
from halflight.prepare.orient import ORIENTATIONS, orient
from halflight.prepare.preparation import Preparation, Prepared, stretch, unstretch
from halflight.prepare.split import (
    SPLITS,
    field_patches,
    row_patches,
    shared_sky,
    split_patches,
)

__all__ = [
    "ORIENTATIONS",
    "SPLITS",
    "Preparation",
    "Prepared",
    "centre_crop",
    "clean_stamps",
    "field_patches",
    "orient",
    "row_patches",
    "shared_sky",
    "split_patches",
    "stretch",
    "unstretch",
]
