"""What the study of variations holds beside its plain image: cameras, files and catalogues."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from halflight.simulation import Psf
from halflight.trials.varied import (
    UNITS,
    Camera,
    Stored,
    Unit,
    View,
    as_it_is,
    mirrored,
    quarter_turned,
)

PLAIN = "plain"
ELONGATION = {"e1": 0.03, "e2": 0.02}  # of every PSF: one that were round would hide its mirroring
FROM_0, FROM_1, ON_THE_SKY = "pixels from 0", "pixels from 1", "RA and Dec"


class Variation(NamedTuple):
    """One image with its catalogue, and in what it is not the plain one."""

    name: str
    what: str
    camera: Camera
    turn: Callable[[View], View] = as_it_is
    unit: Unit = "nanomaggy"
    stored: Stored = "float32"
    positions: str = FROM_0


def variations(settings: Any) -> Iterator[Variation]:
    """All of a section `varied`, those of one camera after each other, the plain one first."""
    (survey, (scale, width)), *others = settings.cameras.items()
    plain = Camera(scale, moffat(width))
    told = f'{survey}: {scale:g}" a pixel, Moffat PSF of {width:g}"; nanomaggies, north up'
    yield Variation(PLAIN, f"{told}, {FROM_0}", plain)
    for unit in UNITS[1:]:
        yield Variation(f"unit {unit}", f"in {unit}", plain, unit=unit)
    yield Variation("int16", "int16, scaled by BSCALE and BZERO", plain, stored="int16")
    counts = "whole counts with their sky, int16 with BZERO 32768; the sky is measured"
    yield Variation("uint16", counts, plain, unit="count", stored="uint16")
    yield Variation("positions from 1", FROM_1, plain, positions=FROM_1)
    yield Variation("positions on the sky", ON_THE_SKY, plain, positions=ON_THE_SKY)
    yield Variation("mirrored", "left and right exchanged", plain, mirrored)
    yield Variation("turned by 90", "the pixels turned by a quarter", plain, quarter_turned)
    angle = settings.turn
    told = f"the camera turned by {angle:g} degrees"
    yield Variation(f"turned by {angle:g}", told, Camera(scale, moffat(width), angle))
    for survey, (other, seeing) in others:
        told = f'as {survey}: {other:g}" a pixel, PSF of {seeing:g}"'
        yield Variation(f"scale {other:g}", told, Camera(other, moffat(seeing)))
    for kind, seeing in settings.psfs.items():
        psf = moffat(seeing) if kind == "moffat" else Psf(kind, seeing, **ELONGATION)
        told = f'a {kind.replace("_", " ")} PSF of {seeing:g}"'
        yield Variation(f"psf {seeing:g}", told, Camera(scale, psf))


def moffat(width: float) -> Psf:
    """A Moffat PSF of this effective width, arcsec."""
    return Psf("moffat", width, beta=3.5, **ELONGATION)
