"""Where the synthetic fields lie: strips of overlapping fields, and their astrometry."""

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from astropy.io import fits
from astropy.wcs import WCS

from halflight.instrument import FRAME_SHAPE, PIXEL_SCALE
from halflight.sandbox.identifiers import object_id
from halflight.sandbox.streams import Purpose, stream

if TYPE_CHECKING:
    from halflight.params.sandbox import Sandbox

OVERLAP_ROWS = 128  # rows that a field shares with the next one of its strip
FIELD_STEP = FRAME_SHAPE[0] - OVERLAP_ROWS
MARGIN = OVERLAP_ROWS // 2  # a field's primary rows are MARGIN <= rowc < 1489 - MARGIN
DEGREES_PER_PIXEL = PIXEL_SCALE / 3600


class FieldKey(NamedTuple):
    """SDSS's name of a field."""

    run: int
    camcol: int
    field: int

    @property
    def field_id(self) -> int:
        """SkyServer's 64-bit fieldID."""
        return object_id(run=self.run, camcol=self.camcol, field=self.field, obj=0)


@dataclass(frozen=True)
class Strip:
    """Consecutive fields of one run and camcol along a great circle near the equator.

    Rows follow the scan, at position angle `scan_angle` (degrees east of north; 90 scans due
    east); columns point 90 degrees before it, so that a scan due east has north along columns
    as SDSS's equatorial stripes do.
    """

    number: int
    run: int
    camcol: int
    first_field: int
    fields: int
    ra: float
    dec: float
    scan_angle: float
    band_offsets: tuple[tuple[str, float, float], ...] = ()  # band, columns and rows beyond r's

    @property
    def keys(self) -> list[FieldKey]:
        """The fields in scanning order."""
        return [FieldKey(self.run, self.camcol, self.first_field + k) for k in range(self.fields)]

    def centre(self, field: int) -> tuple[float, float]:
        """Right ascension and declination (degrees) of a field's reference pixel."""
        along = math.radians((field - self.first_field) * FIELD_STEP * DEGREES_PER_PIXEL)
        angle, dec = math.radians(self.scan_angle), math.radians(self.dec)
        # The point `along` a great circle from (ra, dec) towards position angle `angle`.
        sine = math.sin(dec) * math.cos(along) + math.cos(dec) * math.sin(along) * math.cos(angle)
        turn = math.atan2(
            math.sin(angle) * math.sin(along) * math.cos(dec),
            math.cos(along) - math.sin(dec) * sine,
        )
        return self.ra + math.degrees(turn), math.degrees(math.asin(sine))

    def header(self, field: int, band: str = "r") -> fits.Header:
        """The TAN keywords of a field's frame, with the reference pixel where SDSS has it.

        The chips of other bands lie some pixels off, and so does the same piece of sky on them.
        """
        columns, rows = next(((x, y) for name, x, y in self.band_offsets if name == band), (0, 0))
        ra, dec = self.centre(field)
        sine, cosine = (f(math.radians(self.scan_angle)) for f in (math.sin, math.cos))
        scale = DEGREES_PER_PIXEL
        header = fits.Header()
        header["RADESYS"] = ("ICRS", "International Celestial Ref. System")
        header["CTYPE1"], header["CTYPE2"] = "RA---TAN", "DEC--TAN"
        header["CUNIT1"], header["CUNIT2"] = "deg", "deg"
        header["CRPIX1"] = (FRAME_SHAPE[1] / 2 + 1 + columns, "X of reference pixel")
        header["CRPIX2"] = ((FRAME_SHAPE[0] + 1) / 2 + rows, "Y of reference pixel")
        header["CRVAL1"] = (ra, "RA of reference pixel (deg)")
        header["CRVAL2"] = (dec, "Dec of reference pixel (deg)")
        header["CD1_1"] = (-scale * cosine, "RA deg per column pixel")
        header["CD1_2"] = (scale * sine, "RA deg per row pixel")
        header["CD2_1"] = (scale * sine, "Dec deg per column pixel")
        header["CD2_2"] = (scale * cosine, "Dec deg per row pixel")
        return header

    def wcs(self, field: int, band: str = "r") -> WCS:
        """The astrometry of a field in a band; pixel (0, 0) is the centre of the first pixel."""
        return WCS(self.header(field, band))

    def sky_angle(self, position_angle: float) -> float:
        """Degrees east of north, within 0..180, of an angle from the columns to the rows (rad)."""
        return (math.degrees(position_angle) + self.scan_angle - 90) % 180


def lay_out(sky: "Sandbox") -> tuple[Strip, ...]:
    """One strip for every run and camcol, each on its own piece of sky near the equator."""
    rng = stream(sky.seed, Purpose.LAYOUT)
    low, high = sky.scan_angle_range
    return tuple(
        Strip(
            number=number,
            run=run,
            camcol=camcol,
            first_field=sky.first_field,
            fields=sky.fields_per_strip,
            ra=6.0 * number + 1.0,
            dec=0.42 * (camcol - 3.5),  # camera columns are 25.2' apart (Gunn et al. 1998)
            scan_angle=rng.uniform(low, high),
            band_offsets=tuple((band, *offset) for band, offset in sky.band_offsets.items()),
        )
        for number, (run, camcol) in enumerate(itertools.product(sky.runs, sky.camcols))
    )
