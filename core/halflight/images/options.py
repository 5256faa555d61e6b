"""What a user says of an image, its catalogue and its PSF, where the files themselves do not."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from os import PathLike

from halflight.images.errors import ImageError
from halflight.text import shown

AnyPath = str | PathLike[str]
BACKGROUNDS = ("keep", "global", "mesh", "local")
ROLES = ("id", "ra", "dec", "x", "y", "size")


@dataclass(frozen=True)
class Options:
    """Everything that may be said by hand; None: what the files say.

    Each has the name of the command's option, `--zero-point` for `zero_point`. A file may name its
    part in brackets: `coadd.fits[2]`, `coadd.fits[IVAR]`.

    Attributes:
        hdu: number or name of the image's part. plane: of a cube, from 0.
        rms, variance, weight: files of the noise: sigma, its square, or one over that.
        mask: file of bad pixels, any value but 0. mask_planes, mask_bits: which of its bits count.
        unit: of the pixels, as BUNIT has it. zero_point: AB magnitude of one such unit.
        pixel_scale: arcsec. band: name of the filter.
        gain: electrons a unit. read_noise: electrons. saturation: in the image's own unit.
        background: "keep" the sky as it is, or subtract one number ("global"), an interpolated mesh
            ("mesh") or the median of each stamp's border ("local").
        columns: of the catalogue, by role (`ROLES`). first_pixel: 0 or 1, the centre of the first
            pixel in the catalogue's x and y. positions: "sky" or "pixel" where a table has both.
        threshold: of the detection, in sigmas of a pixel. least_area: pixels of a source.
        psf_pixel_scale: arcsec a pixel of the PSF's file.
        psf_size: pixels a side of the PSF stamps that are handed on, odd; None: 51, or as many as
            the light of the PSF that is given asks for.
    """

    hdu: int | str | None = None
    plane: int | None = None
    rms: AnyPath | None = None
    variance: AnyPath | None = None
    weight: AnyPath | None = None
    mask: AnyPath | None = None
    mask_planes: tuple[str, ...] | None = None
    mask_bits: int | None = None
    unit: str | None = None
    zero_point: float | None = None
    pixel_scale: float | None = None
    band: str | None = None
    gain: float | None = None
    read_noise: float | None = None
    saturation: float | None = None
    background: str = "keep"
    columns: Mapping[str, str] = field(default_factory=dict)
    first_pixel: int | None = None
    positions: str | None = None
    threshold: float = 1.5
    least_area: int = 5
    psf_pixel_scale: float | None = None
    psf_size: int | None = None

    def __post_init__(self) -> None:
        """Refuse what no image can have.

        Raises:
            ImageError: naming the option and the value received.
        """
        for name in ("pixel_scale", "gain", "saturation", "threshold", "psf_pixel_scale"):
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and value > 0):
                raise ImageError(f"{option(name)} must be above 0, received {shown(value)}")
        if self.zero_point is not None and not math.isfinite(self.zero_point):
            raise ImageError(f"--zero-point must be finite, received {shown(self.zero_point)}")
        if self.read_noise is not None and not 0 <= self.read_noise < math.inf:
            raise ImageError(f"--read-noise must be 0 or more, received {shown(self.read_noise)}")
        for name, allowed in [
            ("background", BACKGROUNDS),
            ("first_pixel", (None, 0, 1)),
            ("positions", (None, "sky", "pixel")),
        ]:
            if getattr(self, name) not in allowed:
                choice = " or ".join(str(each) for each in allowed if each is not None)
                raise ImageError(
                    f"{option(name)} must be {choice}, received {shown(getattr(self, name))}"
                )
        if unknown := sorted(set(self.columns) - set(ROLES)):
            raise ImageError(f"--columns knows {', '.join(ROLES)}, received {shown(unknown)}")
        if self.least_area < 1:
            raise ImageError(f"--least-area must be 1 or more, received {shown(self.least_area)}")
        if self.psf_size is not None and (self.psf_size < 3 or self.psf_size % 2 == 0):
            raise ImageError(f"--psf-size must be odd and >= 3, received {shown(self.psf_size)}")
        given = [name for name in ("rms", "variance", "weight") if getattr(self, name) is not None]
        if len(given) > 1:
            raise ImageError(
                f"one map of the noise is enough, received {', '.join(map(option, given))}"
            )


def option(name: str) -> str:
    """An option as the command line has it: `--zero-point`."""
    return "--" + name.replace("_", "-")
