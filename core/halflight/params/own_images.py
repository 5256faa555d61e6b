"""The study of own images: what `dvc repro reports/own_images/dvc.yaml` plants and spoils."""

from typing import Annotated, Literal

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt

from halflight.params.rules import Band, Endpoint, EvenSize, Range, Section, Seed
from halflight.params.simulate import PositivePair, PositiveRange, SersicIndices


class Planting(Section):
    """Section injected: how galaxies are put into frames."""

    endpoint: Endpoint
    first: NonNegativeInt  # number of the first galaxy, as of a tier of radius.simulate
    count: PositiveInt  # galaxies, a band
    per_frame: PositiveInt  # galaxies at a time in one frame
    window: EvenSize  # pixels
    clearance: PositiveFloat  # arcsec
    separation: PositiveFloat  # pixels


class SpoiltImages(Planting):
    """Section spoilt: the same, and what spoils the images."""

    band: Band
    seed: Seed


class Beside(Section):
    """Section beside: stamps of radius.simulate.population."""

    first: NonNegativeInt  # number of the first stamp
    count: PositiveInt


class Varied(Section):
    """Section varied: galaxies of radius.simulate.population, and the images of them."""

    first: NonNegativeInt  # number of the first galaxy
    count: PositiveInt
    magnitude: Range
    radius: PositiveRange  # arcsec
    sersic_n: SersicIndices  # of single profiles
    columns: PositiveInt  # galaxies beside each other in an image
    separation: PositiveFloat  # arcsec from one to the next
    cameras: Annotated[dict[str, PositivePair], Field(min_length=1)]  # arcsec a pixel, of the PSF
    psfs: dict[Literal["moffat", "double_gaussian"], PositiveFloat]  # arcsec, with the first camera
    turn: float  # degrees


class OwnImages(Section):
    """The file study.yaml."""

    injected: Planting
    spoilt: SpoiltImages
    beside: Beside
    varied: Varied
