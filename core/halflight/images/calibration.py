"""Units and zero points: what one number of an image is worth, where its header says so."""

import math
import re
from dataclasses import dataclass

from astropy.io import fits

from halflight.images.errors import ImageError
from halflight.images.options import Options
from halflight.instrument import ZERO_POINT
from halflight.text import shown

MICROJANSKY_ZERO_POINT = 23.9  # AB: 3631 Jy (Oke & Gunn 1983, ApJ 266, 713) is 0 mag
ARCSEC_PER_RADIAN = 206264.806247
# AB magnitude of 1 erg/s/cm^2/A at 1 A: -2.5 lg of it is -21.1 mag (STMAG), and AB - ST is
# -5 lg(wavelength) + 18.692 (HST ACS Data Handbook, section 5.1).
PHOTFLAM_ZERO_POINT = -21.10 + 18.692

_NAMES = {
    "nanomaggy": ("nanomaggy", "nanomaggies", "nanomaggie", "nmgy", "nmgys"),
    "count": ("adu", "adus", "dn", "dns", "du", "count", "counts", "cts", "ct", "cnt", "cnts"),
    "electron": ("e", "e-", "electron", "electrons", "elec", "el", "photoelectron", "photon"),
}
# Units of spectral flux density in microjansky; the case of the m tells milli from mega.
_JANSKYS = {"uJy": 1.0, "µJy": 1.0, "μJy": 1.0, "nJy": 1e-3, "mJy": 1e3, "Jy": 1e6, "MJy": 1e12}
_WORDS = {"microjansky": "uJy", "nanojansky": "nJy", "jansky": "Jy", "millijansky": "mJy"}
_RATE = re.compile(r"(/|per)(s|sec|second)$|\.?s(\*\*|\^)?-1$|\.?s\(-1\)$")
# Keywords that give the magnitude of one unit, or of one unit a second: each pipeline its own way.
_MAGNITUDES = (
    *("MAGZERO", "MAGZPT", "PHOTZP", "ZPAB", "ABZP", "ABMAGZP", "ZP_AB", "MAGZP", "MAG_ZERO"),
    *("ZEROPNT", "ZEROPT", "ZEROPOIN", "ZPT", "ZP", "PHOT_ZP", "PHOTZPT"),
)
_AGREEMENT = 0.01  # mag within which several keywords say the same


@dataclass(frozen=True)
class Calibration:
    """What a number of an image is worth.

    unit: one of `halflight.instrument.UNITS`. factor: units in one number of the image.
    zero_point: AB magnitude of one unit, None where nothing says. electrons: in one unit, None
    where nothing says. doubtful: whether the zero point is of a keyword without one meaning.
    """

    unit: str
    factor: float
    zero_point: float | None
    electrons: float | None
    doubtful: bool


def calibrate(
    header: fits.Header,
    primary: fits.Header,
    options: Options,
    pixel_scale: float | None,
    notes: list[str],
) -> Calibration:
    """Read the unit, the zero point and the gain of an image; what is not known is noted.

    header: of the image's part. primary: of the file, whose cards hold where the part has none.

    Raises:
        ImageError: a unit that is not understood, or one for each steradian without a scale.
    """
    written, doubt = _written_unit(header, primary, options)
    if doubt:
        notes.append(doubt)
    look = _Look(header, primary)
    unit, factor = _unit(written, pixel_scale)
    exposure = look.number("EXPTIME", "EXPOSURE", "TEXPTIME")
    if unit == "unknown":
        notes.append("the header has no BUNIT: read as counts; --unit says otherwise")
    zero_point, doubtful = _zero_point(look, unit, factor, doubt, exposure, options, notes)
    if zero_point is None:
        notes.append("no zero point: no magnitudes; --zero-point gives them")
    known = "count" if unit == "unknown" else unit
    electrons = _electrons(look, known, exposure, notes)
    if options.gain is not None:
        electrons = options.gain / factor
    return Calibration(known, factor, zero_point, electrons, doubtful)


class _Look:
    """Numbers of a header, or of the primary one where it has none."""

    def __init__(self, header: fits.Header, primary: fits.Header) -> None:
        self._headers = (header, primary)

    def number(self, *names: str) -> float | None:
        for header in self._headers:
            for name in names:
                try:
                    value = float(header[name])
                except (KeyError, ValueError, TypeError):
                    continue
                if math.isfinite(value):
                    return value
        return None


def number(header: fits.Header, primary: fits.Header, *names: str) -> float | None:
    """The first of these cards that holds a finite number, of the part or else of the file."""
    return _Look(header, primary).number(*names)


def _written_unit(header: fits.Header, primary: fits.Header, options: Options) -> tuple[str, str]:
    """The unit as it is written, and why it is in doubt."""
    if options.unit is not None:
        return options.unit, ""
    texts = [str(each.get("BUNIT", "")).strip() for each in (header, primary)]
    given = [text for text in texts if text]
    if not given:
        return "", ""
    if len(given) == 2 and _unit(given[0], 1.0) != _unit(given[1], 1.0):
        return given[0], (
            f"BUNIT is {shown(given[0])} in the image's part and {shown(given[1])} in the file's "
            "first: the part's is taken, and no zero point; --unit and --zero-point say otherwise"
        )
    return given[0], ""


def _unit(text: str, pixel_scale: float | None) -> tuple[str, float]:
    """The unit of a text, "unknown" for none, and how many of it one number is."""
    if not text:
        return "unknown", 1.0
    bare = re.sub(r"[\s_]+", "", text)
    bare = re.sub(r"/(pix|pixel|pixels)$", "", bare)
    if surface := re.fullmatch(r"(.+?)(/sr|\.?sr-1|\.?sr\*\*-1|\.?sr\^-1)", bare):
        if surface[1] not in _JANSKYS:
            raise _not_understood(text)
        if pixel_scale is None:
            raise ImageError(
                f"the unit {shown(text)} needs the size of a pixel, which the header does not "
                "give: --pixel-scale"
            )
        return "microjansky", _JANSKYS[surface[1]] * (pixel_scale / ARCSEC_PER_RADIAN) ** 2
    jansky = _WORDS.get(bare.lower(), bare)
    if jansky in _JANSKYS:
        return "microjansky", _JANSKYS[jansky]
    lower = bare.lower()
    if lower == "cps":
        return "count/s", 1.0
    rate = _RATE.search(lower)
    # "dns" is the plural of dn; only what is left of a rate may be a unit.
    for whole, ending in ((lower, ""), (lower[: rate.start()] if rate else "", "/s")):
        for name, spellings in _NAMES.items():
            if whole in spellings and (name != "nanomaggy" or not ending):
                return name + ending, 1.0
    raise _not_understood(text)


def _not_understood(text: str) -> ImageError:
    return ImageError(
        f"the unit {shown(text)} is not understood: say --unit nanomaggy, count, count/s, "
        "electron, electron/s, uJy or MJy/sr"
    )


def _zero_point(
    look: _Look,
    unit: str,
    factor: float,
    doubt: str,
    exposure: float | None,
    options: Options,
    notes: list[str],
) -> tuple[float | None, bool]:
    """AB magnitude of one unit, of which one number of the image is `factor`; if it is doubtful."""
    if options.zero_point is not None:
        return options.zero_point + 2.5 * math.log10(factor), False
    fixed = {"nanomaggy": ZERO_POINT, "microjansky": MICROJANSKY_ZERO_POINT}
    if unit in fixed:
        return fixed[unit], False
    for name, offset in (("FLUXMAG0", 0.0), ("FLUX20", 20.0)):
        if (flux := look.number(name)) is not None and flux > 0:
            notes.append(f"zero point from {name}")
            return offset + 2.5 * math.log10(flux), False
    rate = unit.endswith("/s")
    flux, pivot = look.number("PHOTFLAM"), look.number("PHOTPLAM")
    if flux and pivot and flux > 0 and pivot > 0:
        second = -2.5 * math.log10(flux) - 5 * math.log10(pivot) + PHOTFLAM_ZERO_POINT
        return _of_a_second(second, "PHOTFLAM", unit, exposure, notes), False
    if doubt:
        return None, False
    found = {name: value for name in _MAGNITUDES if (value := look.number(name)) is not None}
    if not found:
        return None, False
    said = ", ".join(f"{name} {value:.3f}" for name, value in found.items())
    if max(found.values()) - min(found.values()) > _AGREEMENT:
        notes.append(f"the header's zero points disagree ({said}): none is taken")
        return None, False
    if not rate and (exposure is None or exposure != 1):
        notes.append(f"{said} may be of one unit or of one a second: not taken; --zero-point")
        return None, False
    notes.append(f"zero point from {said}: taken as AB, of one unit; --zero-point makes it certain")
    return next(iter(found.values())), True


def _of_a_second(
    second: float, name: str, unit: str, exposure: float | None, notes: list[str]
) -> float | None:
    """The zero point of a unit, from that of a unit a second."""
    if unit.endswith("/s"):
        notes.append(f"zero point from {name}")
        return second
    if unit == "unknown" or not exposure or exposure <= 0:
        notes.append(f"{name} is of one unit a second, and nothing says whether pixels are: --unit")
        return None
    notes.append(f"zero point from {name} and EXPTIME")
    return second + 2.5 * math.log10(exposure)


def _electrons(look: _Look, unit: str, exposure: float | None, notes: list[str]) -> float | None:
    """Electrons in one unit, as far as the header says."""
    gain: float | None = None
    if unit.startswith("count"):
        gain = look.number("GAIN", "EGAIN", "CCDGAIN", "ATODGAIN")
        if gain is not None:
            notes.append(f"gain {gain:g} from the header")
    elif unit.startswith("electron"):
        gain = 1.0
    if unit.endswith("/s"):
        gain = gain * exposure if gain and exposure else None
    return gain if gain and gain > 0 else None
