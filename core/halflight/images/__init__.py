"""What happens to any stamp, simulated or real, between the sky and the network."""

from halflight.images.clean import clean_stamps
from halflight.images.crop import centre_crop
from halflight.images.orient import ORIENTATIONS, orient
from halflight.images.scale import Scaling, fit_scaling
from halflight.images.split import (
    SPLITS,
    field_patches,
    row_patches,
    shared_sky,
    split_patches,
)

__all__ = [
    "ORIENTATIONS",
    "SPLITS",
    "Scaling",
    "centre_crop",
    "clean_stamps",
    "field_patches",
    "fit_scaling",
    "orient",
    "row_patches",
    "shared_sky",
    "split_patches",
]
