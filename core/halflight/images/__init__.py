"""Images of any camera: FITS files and catalogues in; stamps with noise, PSF and flags out."""

from halflight.images.agreement import checked_psf
from halflight.images.arrays import field_of_arrays
from halflight.images.cutouts import Cutouts, cutouts, unmeasured_flags
from halflight.images.detection import detect_sources
from halflight.images.errors import ImageError
from halflight.images.field import Field
from halflight.images.opening import open_field
from halflight.images.options import Options
from halflight.images.psfs import Psf, open_psf
from halflight.images.sources import read_sources
from halflight.images.stars import Stars

__all__ = [
    "Cutouts",
    "Field",
    "ImageError",
    "Options",
    "Psf",
    "Stars",
    "checked_psf",
    "cutouts",
    "detect_sources",
    "field_of_arrays",
    "open_field",
    "open_psf",
    "read_sources",
    "unmeasured_flags",
]
