"""What happens to any stamp, simulated or real, between the sky and the network."""

from core.images.batches import ArrayBatches
from core.images.clean import clean_stamps
from core.images.crop import centre_crop
from core.images.orient import ORIENTATIONS, orient
from core.images.scale import Scaling, fit_scaling
from core.images.split import (
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
