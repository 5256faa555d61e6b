"""The study of own images: what `dvc repro reports/own_images/dvc.yaml` plants and spoils."""

from pydantic import NonNegativeInt, PositiveFloat, PositiveInt

from halflight.params.rules import Band, Endpoint, EvenSize, Section, Seed


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


class OwnImages(Section):
    """The file study.yaml."""

    injected: Planting
    spoilt: SpoiltImages
    beside: Beside
