"""What happens to any stamp, simulated or real, between the sky and the network."""

from halflight.prepare.batches import ArrayBatches
from halflight.prepare.clean import clean_stamps
from halflight.prepare.crop import centre_crop
from halflight.prepare.orient import ORIENTATIONS, orient
from halflight.prepare.scale import Scaling, fit_scaling
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
    "ArrayBatches",
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
