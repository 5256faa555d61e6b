"""The SAS paths of frames and psField files, read and written."""

import re
from typing import NamedTuple

from halflight.sandbox.identifiers import RERUN
from halflight.sandbox.layout import FieldKey

# The folder of the imaging depends on the release (astroquery.sdss, IMAGING_URL_SUFFIX).
_ROOT = r"dr\d+/(?:boss|eboss|prior-surveys/sdss4-dr17-eboss)"
_FRAME = re.compile(
    _ROOT + rf"/photoObj/frames/{RERUN}/(?P<run>\d+)/(?P<camcol>\d)/"
    r"frame-(?P<band>[ugriz])-(?P<padded>\d{6})-(?P=camcol)-(?P<field>\d{4})\.fits\.bz2"
)
_PSFIELD = re.compile(
    _ROOT + rf"/photo/redux/{RERUN}/(?P<run>\d+)/objcs/(?P<camcol>\d)/"
    r"psField-(?P<padded>\d{6})-(?P=camcol)-(?P<field>\d{4})\.fit"
)


class Address(NamedTuple):
    """A frame (with its band) or, where `band` is None, a psField."""

    key: FieldKey
    band: str | None

    @property
    def path(self) -> str:
        """The path below the SAS's root in DR17."""
        run, camcol, field = self.key
        name = f"{run:06d}-{camcol}-{field:04d}"
        if self.band is None:
            return f"dr17/eboss/photo/redux/{RERUN}/{run}/objcs/{camcol}/psField-{name}.fit"
        folder = f"dr17/eboss/photoObj/frames/{RERUN}/{run}/{camcol}"
        return f"{folder}/frame-{self.band}-{name}.fits.bz2"


def read_address(path: str) -> Address | None:
    """The frame or psField that a path of any release names, or None."""
    match = _FRAME.fullmatch(path) or _PSFIELD.fullmatch(path)
    if match is None or int(match["run"]) != int(match["padded"]):
        return None
    key = FieldKey(int(match["run"]), int(match["camcol"]), int(match["field"]))
    return Address(key, match.groupdict().get("band"))
