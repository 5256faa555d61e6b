"""Where pixels lie on the sky: a header's world coordinates, read warily, and their local scale."""

import re
import warnings
from dataclasses import dataclass

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.wcs import WCS
from astropy.wcs.utils import wcs_to_celestial_frame
from numpy.typing import NDArray

from halflight.images.errors import ImageError
from halflight.text import shown

# What says where a pixel lies; dates and observatories draw warnings and move nothing.
_CARDS = re.compile(
    r"NAXIS\d?|WCSAXES|CTYPE\d|CUNIT\d|CRVAL\d|CRPIX\d|CDELT\d|CROTA\d|CD\d_\d|PC\d_\d|PC00\d00\d"
    r"|PV\d_\d+|[AB]P?_\d+_\d+|[AB]P?_ORDER|RADESYS|EQUINOX|LONPOLE|LATPOLE"
)
# PC turns and mirrors, so its determinant is 1; CEERS cut-outs that lost PC1_2 have 0.42.
ROTATION_TOLERANCE = 0.01
SCALE_TOLERANCE = 0.01  # between a scale given by hand and the header's
SQUARE_TOLERANCE = 0.05  # of a pixel's two sides: a radius in pixels needs square ones
CELESTIAL = ("RA--", "DEC-", "GLON", "GLAT")  # how axes of the sky begin
ARCSEC = 3600.0


@dataclass(frozen=True)
class SkyMap:
    """A camera's map from pixels (0-based, x along columns) to ICRS degrees and back.

    contradiction: why its scale and orientation cannot be believed, "" if they can.
    """

    wcs: WCS
    contradiction: str = ""

    def sky(self, x: NDArray[np.floating], y: NDArray[np.floating]) -> NDArray[np.float64]:
        """ICRS right ascension and declination in degrees, (n, 2); NaN beyond the projection."""
        longitude, latitude = self.wcs.pixel_to_world_values(np.asarray(x), np.asarray(y))
        found = np.isfinite(longitude) & np.isfinite(latitude)
        result = np.full((len(found), 2), np.nan)
        frame = wcs_to_celestial_frame(self.wcs)
        at = SkyCoord(longitude[found], latitude[found], unit="deg", frame=frame).icrs
        result[found] = np.stack([at.ra.deg, at.dec.deg], axis=1)
        return result

    def pixels(self, ra: NDArray[np.floating], dec: NDArray[np.floating]) -> NDArray[np.float64]:
        """Pixels x, y of ICRS degrees, (n, 2); NaN where the map has none.

        A distortion is a polynomial that is inverted by iteration: what does not come back to
        where it started is none of this image's sky.
        """
        result = np.full((len(ra), 2), np.nan)
        found = np.isfinite(ra) & np.isfinite(dec)
        at = SkyCoord(ra[found], dec[found], unit="deg").transform_to(
            wcs_to_celestial_frame(self.wcs)
        )
        degrees = np.stack([at.spherical.lon.deg, at.spherical.lat.deg], axis=1)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # beyond the horizon is NaN, and is counted
            result[found] = self.wcs.all_world2pix(degrees, 0, quiet=True)
            back = self.sky(*np.where(np.isfinite(result), result, 0.0).T)
        turn = (back[:, 0] - ra + 180) % 360 - 180
        apart = np.hypot(turn * np.cos(np.radians(dec)), back[:, 1] - dec)
        result[~(apart < 1 / ARCSEC)] = np.nan
        return result

    def jacobian(self, x: NDArray[np.floating], y: NDArray[np.floating]) -> NDArray[np.float64]:
        """Arcsec east and north, (n, 2, 2), of a step of one pixel along x and along y there."""
        x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
        steps = [(-0.5, 0.0), (0.5, 0.0), (0.0, -0.5), (0.0, 0.5)]
        west, east, south, north = (self.sky(x + dx, y + dy) for dx, dy in steps)
        here = np.radians(self.sky(x, y)[:, 1])

        def offset(start: NDArray[np.float64], end: NDArray[np.float64]) -> NDArray[np.float64]:
            turn = (end[:, 0] - start[:, 0] + 180) % 360 - 180
            return ARCSEC * np.stack([turn * np.cos(here), end[:, 1] - start[:, 1]], axis=-1)

        return np.stack([offset(west, east), offset(south, north)], axis=-1)


def scale_of(jacobian: NDArray[np.float64]) -> NDArray[np.float64]:
    """Arcsec a pixel, (n,): the root of the area that one covers."""
    return np.sqrt(np.abs(np.linalg.det(jacobian)))


def orientation_of(
    jacobian: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Rotation in degrees and parity, each (n,), that turn an angle in pixels into one on the sky.

    An axis at `angle` degrees from +x towards +y lies at rotation + parity * angle degrees east of
    north, modulo 180. The parity is 1 where east is left of north, as on the sky, and -1 on a
    mirrored image.
    """
    parity = np.where(np.linalg.det(jacobian) < 0, 1, -1)
    # The part of the jacobian that is a pure turn: both axes tell it, and are averaged.
    east = jacobian[:, 0, 0] - parity * jacobian[:, 1, 1]
    north = jacobian[:, 1, 0] + parity * jacobian[:, 0, 1]
    return np.degrees(np.arctan2(east, north)), parity


def read_sky_map(header: fits.Header) -> SkyMap | None:
    """The celestial coordinates of an image's header; None where it has none.

    Raises:
        ImageError: there are some, and they are incomplete or their pixels are not square.
    """
    cards = _celestial_cards(header)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # old spellings, which wcslib reads as they were meant
        try:
            whole = WCS(cards)
            if not whole.has_celestial:
                if str(cards.get("CTYPE1", ""))[:4] in CELESTIAL:
                    raise ValueError(f"its axes {cards['CTYPE1']} and the other make no map")
                return None
            wcs = whole.celestial
            wcs.wcs.set()
        except (ValueError, TypeError, MemoryError, KeyError, AttributeError) as error:
            line = str(error).strip().split("\n")[-1]
            raise ImageError(f"the header's world coordinates are broken: {line}") from error
    matrix = wcs.pixel_scale_matrix
    if not np.isfinite(matrix).all() or np.linalg.det(matrix) == 0:
        raise ImageError("the header's world coordinates are broken: two axes are one")
    return SkyMap(wcs, _contradiction(cards, wcs))


def centre_scale(sky: SkyMap, shape: tuple[int, int]) -> float:
    """Arcsec a pixel at the middle of an image of this shape.

    Raises:
        ImageError: its pixels are not square, or the sky ends before.
    """
    middle = (np.array([(shape[1] - 1) / 2]), np.array([(shape[0] - 1) / 2]))
    jacobian = sky.jacobian(*middle)
    if not np.isfinite(jacobian).all() or not scale_of(jacobian)[0] > 0:
        raise ImageError("the header's world coordinates have no scale at the image's centre")
    sides = np.linalg.norm(jacobian[0], axis=0)
    if abs(sides[0] / sides[1] - 1) > SQUARE_TOLERANCE:
        raise ImageError(
            f"its pixels are {sides[0]:.4g} by {sides[1]:.4g} arcsec: resample it to square ones"
        )
    return float(scale_of(jacobian)[0])


def _celestial_cards(header: fits.Header) -> fits.Header:
    """The cards of a header that place its pixels, in today's spelling."""
    cards = fits.Header()
    for card in header.cards:
        if _CARDS.fullmatch(card.keyword):
            cards[card.keyword] = card.value
    if "RADESYS" not in cards and "RADECSYS" in header:
        cards["RADESYS"] = header["RADECSYS"]
    if isinstance(cards.get("EQUINOX"), str):
        digits = cards["EQUINOX"].strip().lstrip("JBjb")
        try:
            cards["EQUINOX"] = float(digits)
        except ValueError as error:
            raise ImageError(f"EQUINOX is {shown(cards['EQUINOX'])}, no year") from error
    if "A_ORDER" in cards:  # a distortion counts, though the kind forgets to say so
        for name in ("CTYPE1", "CTYPE2"):
            kind = str(cards.get(name, "")).strip()
            if kind.endswith("TAN"):
                cards[name] = f"{kind}-SIP"
    return cards


def _contradiction(cards: fits.Header, wcs: WCS) -> str:
    """Why the scale cannot be believed: CDELT has one, and PC, which should only turn, another."""
    if wcs.wcs.has_cd() or not wcs.wcs.has_pc():
        return ""
    steps = np.abs(wcs.wcs.get_cdelt())
    if not any(f"CDELT{i}" in cards for i in (1, 2)) or np.allclose(steps, 1.0):
        return ""  # CDELT says nothing: the matrix holds the scale
    size = np.sqrt(abs(np.linalg.det(wcs.wcs.get_pc())))
    if abs(size - 1) <= ROTATION_TOLERANCE:
        return ""
    plain = ARCSEC * float(np.sqrt(steps.prod()))
    return f'{plain:.4g}" a pixel by CDELT and {plain * size:.4g}" by PC, which should only turn'
