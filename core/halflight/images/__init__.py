"""Images of any camera: FITS files and catalogues in; stamps with noise, PSF and flags out."""

from halflight.images.agreement import checked_psf
from halflight.images.arrays import field_of_arrays
from halflight.images.bands import (
    by_band,
    check_names,
    checked_bands,
    extinction_by_band,
    instrument_of,
    options_by_band,
    places_in,
    reference_of,
)
from halflight.images.cutouts import Cutouts, cutouts, unmeasured_flags
from halflight.images.detection import detect_sources
from halflight.images.errors import ImageError
from halflight.images.field import Field
from halflight.images.laying import cutouts_of_bands
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
    "by_band",
    "check_names",
    "checked_bands",
    "checked_psf",
    "cutouts",
    "cutouts_of_bands",
    "detect_sources",
    "extinction_by_band",
    "field_of_arrays",
    "instrument_of",
    "open_field",
    "open_psf",
    "options_by_band",
    "places_in",
    "read_sources",
    "reference_of",
    "unmeasured_flags",
]
