"""Calibrated frames: from an SDSS `frame` file to an image with its noise, or a clear refusal."""

from dataclasses import dataclass

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS

from halflight.instrument import FRAME_SHAPE, FRAMES_LATER, SDSS
from halflight.surveys.errors import FrameError
from halflight.surveys.fitsfile import DamagedFitsError, opened

# A frame's image is all of the same size; its tables and headers take a quarter of a megabyte.
MOST_FRAME_BYTES = 4 * FRAME_SHAPE[0] * FRAME_SHAPE[1] + (1 << 20)
SMALLEST_FINITE_FRACTION = 0.5


@dataclass(frozen=True)
class Frame:
    """One calibrated frame. Arrays are native-endian float32 of shape (1489, 2048) = (row, column).

    image: sky-subtracted flux [nmgy], NaN where bad. sigma: noise of one pixel [nmgy], +inf where
    bad. sky: what was subtracted [counts]. calib: nmgy per count of each column, shape (2048,).
    wcs: 0-based pixel (column, row) <-> ICRS degrees. name: "run-camcol-field-band". A masked pixel
    is a bad one.
    """

    name: str
    image: np.ndarray
    sigma: np.ndarray
    sky: np.ndarray
    calib: np.ndarray
    wcs: WCS

    def __post_init__(self) -> None:
        """Fill what is masked, so that no value beneath a mask is ever used."""
        bad = np.ma.getmaskarray(self.image) | np.ma.getmaskarray(self.sigma)
        if bad.any():
            image, sigma = (np.ma.getdata(a).copy() for a in (self.image, self.sigma))
            image[bad], sigma[bad] = np.nan, np.inf
            object.__setattr__(self, "image", image)
            object.__setattr__(self, "sigma", sigma)


def read_frame(
    content: bytes,
    *,
    run: int,
    camcol: int,
    field: int,
    band: str,
    gain: float,
    dark_variance: float,
) -> Frame:
    """Read the bytes of a `frame-*.fits[.bz2]` file and rebuild the noise of every pixel.

    With img [nmgy], calib [nmgy per count] and sky [counts] from the file, `gain` [electrons per
    count] and `dark_variance` [counts^2] from the Field table:

        dn = img / calib + sky;   sigma = calib sqrt(dn / gain + dark_variance)

    (https://data.sdss.org/datamodel/files/BOSS_PHOTOOBJ/frames/RERUN/RUN/CAMCOL/frame.html).
    Raises `FrameError`, naming the frame, if it is not the one asked for or contradicts itself.
    """
    name = f"{run}-{camcol}-{field}-{band}"
    path = f"frame-{band}-{run:06d}-{camcol}-{field:04d}"
    try:
        with opened(content, most=MOST_FRAME_BYTES) as hdus:
            header = hdus[0].header
            image = _native(hdus[0].data)
            calib = _native(hdus[1].data)
            table = hdus[2].data
            allsky, columns, rows = (
                _native(table[key][0]) for key in ("ALLSKY", "XINTERP", "YINTERP")
            )
            wanted: dict[str, int | str] = {
                "RUN": run,
                "CAMCOL": camcol,
                "FILTER": band,  # before FRAME, which counts otherwise in each band
                "FRAME": field + FRAMES_LATER[band],
            }
            _check_identity(path, header, wanted)
            _check_pixels(path, header, image, calib, allsky, columns, rows)
            wcs = _tangent_wcs(path, header)
    except DamagedFitsError as error:
        raise FrameError(f"{path}: cannot be read as an SDSS frame: {error}") from error

    sky = _interpolate_sky(allsky, columns, rows)
    with np.errstate(invalid="ignore"):
        counts = image / calib + sky
        sigma = calib * np.sqrt(
            np.maximum(counts, 0) / np.float32(gain) + np.float32(dark_variance)
        )
    bad = ~(np.isfinite(image) & np.isfinite(sigma) & (sigma > 0))
    image[bad] = np.nan
    sigma[bad] = np.inf
    return Frame(name, image, sigma, sky, calib, wcs)


def _native(data: object) -> np.ndarray:
    """A native-endian, contiguous float32 copy (FITS is big-endian); TypeError for no data."""
    if data is None:
        raise TypeError("an expected array is missing")
    if isinstance(data, np.ma.MaskedArray):
        return np.ma.filled(data.astype(np.float32), np.nan)
    return np.array(data, dtype=np.float32, order="C")


def _check_identity(path: str, header: fits.Header, wanted: dict[str, int | str]) -> None:
    for key, value in wanted.items():
        found = header.get(key)
        if (found.strip() if isinstance(found, str) else found) != value:
            raise FrameError(
                f"{path}: {key} is {found!r} where {value!r} was asked for: another field's frame "
                "under this name."
            )


def _check_pixels(
    path: str,
    header: fits.Header,
    image: np.ndarray,
    calib: np.ndarray,
    allsky: np.ndarray,
    columns: np.ndarray,
    rows: np.ndarray,
) -> None:
    described = (rows.size, columns.size)  # the frame that the sky grid was made for
    if image.shape != FRAME_SHAPE or described != FRAME_SHAPE or calib.shape != FRAME_SHAPE[1:]:
        raise FrameError(
            f"{path}: its image has the shape {image.shape} and its calibration {calib.shape}, its "
            f"sky grid describes {described} and its CRPIX ({header.get('CRPIX1')}, "
            f"{header.get('CRPIX2')}): a whole frame has {FRAME_SHAPE} pixels. This is a cut-out "
            "or another product; take the frame from the SAS."
        )
    unit = str(header.get("BUNIT", "")).strip()
    if unit not in ("nanomaggy", "nanomaggies", "nmgy"):
        raise FrameError(f"{path}: BUNIT is {unit!r}, a calibrated frame is in 'nanomaggy'.")
    if allsky.ndim != 2 or not all(np.isfinite(a).all() for a in (allsky, columns, rows)):
        raise FrameError(f"{path}: its sky grid {allsky.shape} is not a finite image.")
    if not (np.isfinite(calib).all() and (calib > 0).all()):
        raise FrameError(f"{path}: its calibration (nmgy per count) is not positive everywhere.")
    finite = float(np.isfinite(image).mean())
    if finite < SMALLEST_FINITE_FRACTION:
        raise FrameError(
            f"{path}: only {finite:.1%} of its pixels hold a number "
            f"(at least {SMALLEST_FINITE_FRACTION:.0%} expected): an empty frame."
        )


def _interpolate_sky(allsky: np.ndarray, columns: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The sky [counts] at every pixel: bilinear in the coarse grid, clamped at its edges.

    `columns` and `rows` are the grid coordinates of each image column and row (0-based), as IDL's
    INTERPOLATE takes them in the data model's recipe.
    """

    def weights(at: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        at = np.clip(at, 0, size - 1)
        low = np.minimum(at.astype(np.intp), size - 2)
        return low, low + 1, at - low.astype(np.float32)

    low, high, fraction = weights(rows, allsky.shape[0])
    by_row = allsky[low] + (allsky[high] - allsky[low]) * fraction[:, None]
    low, high, fraction = weights(columns, allsky.shape[1])
    left = by_row[:, low]
    return np.ascontiguousarray(left + (by_row[:, high] - left) * fraction)


def _tangent_wcs(path: str, header: fits.Header) -> WCS:
    """The frame's gnomonic (TAN) world coordinates, from its eight numbers alone.

    Built by hand because the old keywords of these headers (RADECSYS, DATE-OBS) draw warnings.
    """
    kinds = (header.get("CTYPE1"), header.get("CTYPE2"))
    if kinds != ("RA---TAN", "DEC--TAN"):
        raise FrameError(f"{path}: CTYPE is {kinds}, a frame has ('RA---TAN', 'DEC--TAN').")
    try:
        wcs = WCS(naxis=2)
        wcs.wcs.ctype = list(kinds)
        wcs.wcs.cunit = ["deg", "deg"]
        wcs.wcs.crpix = [header["CRPIX1"], header["CRPIX2"]]
        wcs.wcs.crval = [header["CRVAL1"], header["CRVAL2"]]
        wcs.wcs.cd = [[header["CD1_1"], header["CD1_2"]], [header["CD2_1"], header["CD2_2"]]]
        wcs.wcs.set()
    except (KeyError, ValueError, TypeError) as error:
        raise FrameError(f"{path}: its header holds no complete TAN solution: {error}") from error
    scale = 3600.0 * np.sqrt(abs(np.linalg.det(wcs.wcs.cd)))
    if not abs(scale / SDSS.pixel_scale - 1.0) < 0.01:
        raise FrameError(
            f"{path}: its header says {scale:.4f} arcsec per pixel, SDSS has {SDSS.pixel_scale}."
        )
    return wcs
