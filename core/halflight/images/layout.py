"""Which part of a FITS file is the image, which its noise, which its mask."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from halflight.images.errors import ImageError
from halflight.images.options import AnyPath, Options
from halflight.images.parts import Part, Parts, read_parts, split_part, whole_numbers
from halflight.reading import name_of
from halflight.text import shown

# Names of parts (EXTNAME, or EXTTYPE of the LSST stack), each kind in the order of preference.
IMAGE_NAMES = ("SCI", "IMAGE", "DATA", "SCIENCE", "PRIMARY")
MASK_NAMES = ("MASK", "DQ", "BPM", "MSK", "DATAQUALITY", "DATA QUALITY", "QUALITY")
NOISE_NAMES = {
    "rms": ("ERR", "ERROR", "RMS", "SIGMA", "STD", "STDDEV", "UNC", "UNCERT", "NOISE"),
    "variance": ("VARIANCE", "VAR", "VARIANCEIMAGE"),
    "weight": ("IVAR", "INVVAR", "WEIGHT", "WHT", "WGT", "WT"),
}
_SECONDARY = {name for names in (MASK_NAMES, *NOISE_NAMES.values()) for name in names}

# Planes of an LSST mask whose pixels hold no measurement; others say what was found there.
BAD_PLANES = ("BAD", "CR", "NO_DATA", "UNMASKEDNAN", "CROSSTALK", "VIGNETTED", "EDGE")
SATURATED_PLANES = ("SAT", "SATURATED")
JWST_DO_NOT_USE, JWST_SATURATED = 1, 2  # bits of its DQ (jwst-pipeline.readthedocs.io, dq flags)


@dataclass(frozen=True)
class Mask:
    """A plane of bad pixels: any of the bits `bad` set, or of the bits `saturated`.

    bad None: any bit at all.
    """

    part: Part
    pixels: NDArray[np.generic]
    bad: int | None = None
    saturated: int = 0

    def read(self, rows: slice, columns: slice) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Which pixels of a window are bad, and which of them saturated."""
        bits = whole_numbers(self.part, self.pixels[rows, columns])
        saturated = (bits & self.saturated) != 0
        bad = bits != 0 if self.bad is None else (bits & self.bad) != 0
        return bad | saturated, saturated


@dataclass(frozen=True)
class Noise:
    """A map of the noise: `kind` is "rms" (sigma), "variance" or "weight" (one over that)."""

    kind: str
    part: Part
    pixels: NDArray[np.generic]


def plane_of(part: Part, which: int | None, parts: Parts) -> NDArray[np.generic]:
    """The pixels (rows, columns) of a part, or of the plane of a cube that --plane names.

    Raises:
        ImageError: it is a cube and no plane is named, or it has none such, or is no image.
    """
    values, where = part.pixels, f"{name_of(parts.path)}, {part.named()}"
    if values is None:
        raise ImageError(f"{where} holds no image: name one by --hdu")
    while values.ndim > 2 and values.shape[0] == 1:
        values = values[0]
    if values.ndim == 3:
        if which is None:
            raise ImageError(
                f"{where} is a cube of {values.shape[0]} planes: say which by --plane, from 0"
            )
        if not 0 <= which < values.shape[0]:
            raise ImageError(f"{where} has the planes 0 to {values.shape[0] - 1}, not {which}")
        values = values[which]
    if values.ndim != 2:
        raise ImageError(f"{where} has {values.ndim} axes of {values.shape}: an image has two")
    return values


def image_part(parts: Parts, which: int | str | None) -> Part:
    """The image of a file: the part that --hdu names, or the only one that can be it.

    Raises:
        ImageError: there is none, or several, which are named.
    """
    if which is not None:
        return parts.get(which, "--hdu")
    images = [part for part in parts.images() if len(part.shape) > 1]
    if not images:
        kinds = "tables or nothing" if len(parts.parts) > 1 else "no pixels"
        raise ImageError(f"{name_of(parts.path)} has no image: its parts hold {kinds}")
    named = [part for name in IMAGE_NAMES for part in images if part.name == name]
    others = [part for part in images if part.name not in _SECONDARY]
    if len(others) == 1:
        return others[0]
    if named and sum(part.name == named[0].name for part in images) == 1:
        return named[0]
    raise ImageError(
        f"{name_of(parts.path)} has {len(others) or len(images)} images, "
        f"{', '.join(part.named() for part in others or images)}: say which by --hdu"
    )


def noise_of(parts: Parts, image: Part, options: Options) -> tuple[Noise | None, Parts | None]:
    """The map of the noise that is given apart, or that comes with the image; None if neither."""
    for kind in NOISE_NAMES:
        if (path := getattr(options, kind)) is not None:
            part, where = _companion(path, image, options, f"--{kind}", parts)
            return Noise(kind, part, plane_of(part, options.plane, where)), where
    for kind, names in NOISE_NAMES.items():
        if (found := _beside(parts, image, names)) is not None:
            return Noise(kind, found, plane_of(found, options.plane, parts)), None
    return None, None


def mask_of(parts: Parts, image: Part, options: Options) -> tuple[Mask | None, Parts | None]:
    """The mask that is given apart, or that comes with the image; None if neither."""
    where = None
    if options.mask is not None:
        part, where = _companion(options.mask, image, options, "--mask", parts)
    else:
        found = _beside(parts, image, MASK_NAMES)
        if found is None:
            return None, None
        part = found
    values = plane_of(part, options.plane, where or parts)
    if options.mask_bits is not None:
        return Mask(part, values, options.mask_bits), where
    planes = {
        str(name)[3:].upper(): 1 << int(bit)
        for name, bit in part.header.items()
        if str(name).startswith("MP_") and 0 <= int(bit) < 63
    }
    if planes:
        return _by_planes(part, values, planes, options), where
    if options.mask_planes is not None:
        raise ImageError(f"the mask, {part.named()}, names no planes (MP_...): --mask-bits")
    telescope = str(parts.parts[0].header.get("TELESCOP", "")).strip().upper()
    if part.name == "DQ" and telescope == "JWST":
        return Mask(part, values, JWST_DO_NOT_USE, JWST_SATURATED), where
    return Mask(part, values), where


def _by_planes(
    part: Part, values: NDArray[np.generic], planes: dict[str, int], options: Options
) -> Mask:
    wanted = options.mask_planes
    if wanted is not None and (unknown := [name for name in wanted if name.upper() not in planes]):
        raise ImageError(
            f"the mask has the planes {', '.join(sorted(planes))}, not {shown(unknown)} "
            "(--mask-planes)"
        )
    chosen = BAD_PLANES if wanted is None else tuple(name.upper() for name in wanted)
    saturated = sum(planes.get(name, 0) for name in SATURATED_PLANES)
    return Mask(part, values, sum(planes.get(name, 0) for name in chosen), saturated)


def _beside(parts: Parts, image: Part, names: tuple[str, ...]) -> Part | None:
    """The part of one of these names and of the image's shape, the next one after the image."""
    for name in names:
        found = [
            part
            for part in parts.images()
            if part.name == name and part.shape == image.shape and part is not image
        ]
        if found:
            after = [part for part in found if part.number > image.number]
            return (after or found)[0]
    return None


def _companion(
    path: AnyPath, image: Part, options: Options, option: str, parts: Parts
) -> tuple[Part, Parts]:
    """The part of another file, or of the same, that belongs to an image."""
    file, which = split_part(path)
    where = parts if file == parts.path else read_parts(file)
    if which is not None:
        part = where.get(which, option)
    else:
        images = [part for part in where.images() if len(part.shape) > 1]
        same = [part for part in images if part.name and part.name == image.name]
        if len(images) != 1 and len(same) != 1:
            have = ", ".join(part.named() for part in images) or "no image"
            raise ImageError(f'{name_of(file)} has {have}: name one, as {option} "FILE[2]"')
        part = same[0] if len(same) == 1 else images[0]
    pixels = plane_of(part, options.plane if len(part.shape) > 2 else None, where)
    expected = image.shape[-2:]
    if pixels.shape != expected:
        raise ImageError(
            f"{name_of(file)} has {pixels.shape} pixels, the image {expected} ({option})"
        )
    return part, where
