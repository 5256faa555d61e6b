"""Opening an image: its parts, units, coordinates and noise put together to a field, or refused."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from halflight.images.background import Background
from halflight.images.calibration import Calibration, calibrate, number
from halflight.images.coordinates import SCALE_TOLERANCE, SkyMap, centre_scale, read_sky_map
from halflight.images.errors import ImageError
from halflight.images.field import Field, Pixels, finished
from halflight.images.layout import Mask, Noise, image_part, mask_of, noise_of, plane_of
from halflight.images.options import AnyPath, Options
from halflight.images.parts import Part, Parts, read_parts, scaled, split_part
from halflight.instrument import Instrument
from halflight.quality import FLAGS
from halflight.reading import name_of
from halflight.text import printable


def open_field(paths: AnyPath | list[AnyPath], options: Options | None = None) -> Field:
    """Open an image for measurement: nothing of it is read but its headers and its sky.

    paths: one FITS file, its part in brackets where it needs one. The noise is the map that
    `options` names, or the part that comes with the image, or SDSS's recipe for its frames, or,
    last, the scatter of the sky with the photons of the source.

    Raises:
        ImageError: what cannot be known, with the option that says it; what is damaged.
        OSError: a file cannot be read.
    """
    options = options or Options()
    several = list(paths) if isinstance(paths, list | tuple) else [paths]
    if len(several) != 1:
        raise ImageError(f"a field is one image, received {len(several)}: open one at a time")
    path, which = split_part(several[0])
    parts = read_parts(path)
    if which is not None:
        options = replace(options, hdu=which)
    try:
        if options.hdu is None and _is_frame(parts):
            from halflight.images.frame import open_frame  # late: it loads astroquery

            return open_frame(parts, options)
        return _open(parts, options)
    except ImageError as error:
        name = name_of(parts.path)
        raise error if name in str(error) else ImageError(f"{name}: {error}") from error


def _is_frame(parts: Parts) -> bool:
    """Whether a file is an SDSS frame: image, calibration of each column, table of the sky."""
    found = parts.parts
    return (
        len(found) >= 3
        and len(found[0].shape) == 2
        and len(found[1].shape) == 1
        and "ALLSKY" in found[2].columns
    )


def _open(parts: Parts, options: Options) -> Field:
    part = image_part(parts, options.hdu)
    values = plane_of(part, options.plane, parts)
    noise, noise_file = noise_of(parts, part, options)
    mask, mask_file = mask_of(parts, part, options)
    notes = [*parts.notes]
    primary = parts.parts[0].header
    sky = read_sky_map(part.header)
    files = [file for file in (parts, noise_file, mask_file) if file is not None]
    scale, sky, flags = _scale(sky, part, primary, values.shape, options, notes)
    calibration = calibrate(part.header, primary, options, scale, notes)
    if calibration.doubtful:
        flags |= FLAGS["zero_point_doubtful"]
    saturation = options.saturation
    if saturation is None:
        saturation = number(part.header, primary, "SATURATE", "SATLEVEL", "SATURAT")
    raw = _reader(part, values, noise, mask, calibration, saturation)
    read_noise = options.read_noise
    if read_noise is None:
        read_noise = number(part.header, primary, "RDNOISE", "READNOIS", "READNOISE") or 0.0
    return finished(
        Field(
            parts.path,
            values.shape,
            raw,
            _instrument(part, primary, calibration, scale, options),
            calibration.zero_point,
            scale,
            sky,
            calibration.electrons,
            None if saturation is None else saturation * calibration.factor,
            Background(np.zeros((1, 1)), np.ones((1, 1)), 1),
            options.background,
            noise is None,
            read_noise,
            flags,
            notes,
            files,
        )
    )


def _scale(
    sky: SkyMap | None,
    part: Part,
    primary: fits.Header,
    shape: tuple[int, ...],
    options: Options,
    notes: list[str],
) -> tuple[float | None, SkyMap | None, int]:
    """Arcsec a pixel, the map as far as it is believed, and the flags that follow."""
    by_hand = options.pixel_scale
    if sky is None:
        written = number(part.header, primary, "PIXSCALE", "PIXSCAL1", "SECPIX", "PIXSCL")
        if by_hand is None and written is not None and written > 0:
            notes.append(f"pixel scale {written:g} from the header; it has no sky coordinates")
            return written, None, FLAGS["no_orientation"]
        return by_hand, None, FLAGS["no_orientation"]
    if sky.contradiction and by_hand is None:
        raise ImageError(f"the header contradicts itself, {sky.contradiction}: say --pixel-scale")
    if sky.contradiction:
        notes.append(f"the header contradicts itself, {sky.contradiction}: no position angles")
        return by_hand, sky, FLAGS["no_orientation"]
    found = centre_scale(sky, (shape[0], shape[1]))
    if by_hand is not None and abs(found / by_hand - 1) > SCALE_TOLERANCE:
        why = f'{found:.4g}" a pixel by the header and {by_hand:.4g}" by --pixel-scale'
        notes.append(f"{why}: no position angles, no positions on the sky")
        return by_hand, replace(sky, contradiction=why), FLAGS["no_orientation"]
    return found if by_hand is None else by_hand, sky, 0


def _reader(
    part: Part,
    values: NDArray[np.generic],
    noise: Noise | None,
    mask: Mask | None,
    calibration: Calibration,
    saturation: float | None,
) -> Callable[[slice, slice], Pixels]:
    """What reads a window of the files: scaled, with the noise as sigma, bad pixels marked."""
    factor = np.float32(calibration.factor)

    def read(rows: slice, columns: slice) -> Pixels:
        image = scaled(part, values[rows, columns])
        saturated = np.zeros(image.shape, bool)
        if saturation is not None:
            with np.errstate(invalid="ignore"):
                saturated |= image >= saturation
        sigma = np.ones_like(image)
        if noise is not None:
            sigma = sigma_of(noise.kind, scaled(noise.part, noise.pixels[rows, columns]))
        bad = ~np.isfinite(image) | ~np.isfinite(sigma) | saturated
        if mask is not None:
            masked, full = mask.read(rows, columns)
            bad |= masked
            saturated |= full
        image, sigma = image * factor, sigma * factor
        image[bad], sigma[bad] = np.nan, np.inf
        return Pixels(image, sigma, saturated)

    return read


def sigma_of(kind: str, values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Sigma of a map of one kind: "rms", "variance" or "weight"; infinite where it says nothing."""
    with np.errstate(invalid="ignore", divide="ignore"):
        sigma = {"weight": values**-0.5, "variance": values**0.5, "rms": values}[kind]
        return np.where(np.isfinite(sigma) & (values > 0), sigma, np.float32(np.inf))


def _instrument(
    part: Part,
    primary: fits.Header,
    calibration: Calibration,
    scale: float | None,
    options: Options,
) -> Instrument:
    """The instrument of the stamps; 0 mag and 1 arcsec stand for what is not known."""
    band, name = options.band, ""
    for header in (part.header, primary):
        name = name or str(header.get("INSTRUME") or header.get("TELESCOP") or "").strip()
        band = band or str(header.get("FILTER") or "").strip()
    zero_point = 0.0 if calibration.zero_point is None else calibration.zero_point
    return Instrument(
        printable(name) or "unknown camera",
        scale if scale is not None else 1.0,
        (printable(band or "") or "unknown band",),
        calibration.unit,
        zero_point,
    )
