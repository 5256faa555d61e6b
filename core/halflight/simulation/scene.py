"""What there is to see: galaxies, stars, the point-spread function, the exposure."""

from dataclasses import dataclass
from typing import Literal

from halflight.half_light import Component
from halflight.instrument import Exposure

PsfKind = Literal["double_gaussian", "moffat"]


@dataclass(frozen=True)
class Galaxy:
    """Concentric components at (x, y) arcsec from the image centre, along columns and rows."""

    components: tuple[Component, ...]
    x: float
    y: float

    def __post_init__(self) -> None:
        if not self.components:
            raise ValueError("a galaxy needs at least one component, got none")

    @property
    def flux(self) -> float:
        """Total flux in nanomaggies."""
        return sum(component.flux for component in self.components)


@dataclass(frozen=True)
class Star:
    """A point source of `flux` nanomaggies at (x, y) arcsec from the image centre."""

    flux: float
    x: float
    y: float

    def __post_init__(self) -> None:
        if not self.flux > 0:
            raise ValueError(f"flux must be above 0 nmgy, got {self.flux}")


@dataclass(frozen=True)
class Psf:
    """A point-spread function before the pixel response, of unit flux.

    `width` (arcsec) is the effective width: the FWHM of the Gaussian that has the same
    noise-equivalent area 1 / integral(PSF^2). It stands for SDSS's psfWidth, which for SDSS's
    PSF is 1.19 times the FWHM at half maximum.
    A "double_gaussian" is G(sigma1) + `wing_ratio` G(`sigma_ratio` sigma1), both of unit peak
    (the quantities sigma1, sigma2 and b of SDSS's psField); a "moffat" has exponent `beta`,
    and draws several times faster for 2.5, 3.5 and 4.5, whose transforms have closed forms.
    Parameters of the other kind are ignored. `e1`, `e2` are the distortion components,
    |e| = (a^2 - b^2) / (a^2 + b^2), with the position angle convention of `Component`.
    """

    kind: PsfKind
    width: float
    e1: float = 0.0
    e2: float = 0.0
    sigma_ratio: float = 2.1
    wing_ratio: float = 0.12
    beta: float = 3.5

    def __post_init__(self) -> None:
        if self.kind not in ("double_gaussian", "moffat"):
            raise ValueError(f"kind must be 'double_gaussian' or 'moffat', got {self.kind!r}")
        if not self.width > 0:
            raise ValueError(f"width must be above 0 arcsec, got {self.width}")
        if not self.e1**2 + self.e2**2 < 1:
            raise ValueError(f"|e| must be below 1, got e1={self.e1}, e2={self.e2}")
        if self.kind == "double_gaussian" and not (self.sigma_ratio >= 1 and self.wing_ratio >= 0):
            raise ValueError(
                "a double Gaussian needs sigma_ratio >= 1 and wing_ratio >= 0, "
                f"got {self.sigma_ratio} and {self.wing_ratio}"
            )
        if self.kind == "moffat" and not self.beta > 1.1:
            raise ValueError(f"beta must be above 1.1 for a finite flux, got {self.beta}")


@dataclass(frozen=True)
class Scene:
    """Everything on one stamp: the target, what lies around it, and how it was observed.

    `sky_level` (nmgy per pixel) and `sky_gradient` (nmgy per pixel, per pixel of column and of
    row from the image centre) are what the sky subtraction left behind. `companions` are the
    other stars of a target that is several.
    """

    target: Galaxy | Star
    neighbours: tuple[Galaxy | Star, ...]
    psf: Psf
    exposure: Exposure
    sky_level: float
    sky_gradient: tuple[float, float]
    companions: tuple[Galaxy | Star, ...] = ()

    @property
    def own(self) -> tuple[Galaxy | Star, ...]:
        """The target and its companions."""
        return (self.target, *self.companions)
