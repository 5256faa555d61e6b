"""What is asked of the catalogue for an object: columns of which tables, under which names."""

from dataclasses import dataclass
from typing import Literal

from halflight.instrument import BANDS
from halflight.surveys.errors import SurveyParameterError

Label = Literal["spectra", "type"]

# Our names -> columns of PhotoObjAll (p), Field (f) and SpecObj (s); {b} is a band. Meanings and
# units: https://skyserver.sdss.org/dr17/MoreTools/browser, tables PhotoObjAll, Field, SpecObjAll.
INTEGER_COLUMNS = {
    "id": "p.objID",
    "run": "p.run",
    "rerun": "p.rerun",
    "camcol": "p.camcol",
    "field": "p.field",
}
# In the reference band.
REAL_COLUMNS = {
    "ra": "p.ra",
    "dec": "p.dec",
    "rowc": "p.rowc_{b}",
    "colc": "p.colc_{b}",
    "magnitude": "p.cModelMag_{b}",
    "magnitude_error": "p.cModelMagErr_{b}",
    "petro_r50": "p.petroR50_{b}",
    "petro_r90": "p.petroR90_{b}",
    "dev_radius": "p.deVRad_{b}",
    "dev_axis_ratio": "p.deVAB_{b}",
    "exp_radius": "p.expRad_{b}",
    "exp_axis_ratio": "p.expAB_{b}",
    "frac_dev": "p.fracDeV_{b}",
    "extinction": "p.extinction_{b}",
    "psf_fwhm": "p.psffwhm_{b}",
    "gain": "f.gain_{b}",
    "dark_variance": "f.darkVariance_{b}",
}
# In every band, where asked for.
PHOTOMETRY = {
    "psf_magnitude": "p.psfMag_{b}",
    "model_magnitude": "p.modelMag_{b}",
    "cmodel_magnitude": "p.cModelMag_{b}",
    "extinction": "p.extinction_{b}",
    "psf_fwhm": "p.psffwhm_{b}",
}
# In every band but the reference: without them its frame has no noise, its stamps no check.
CAMERA = {
    "gain": "f.gain_{b}",
    "dark_variance": "f.darkVariance_{b}",
    "cmodel_magnitude": "p.cModelMag_{b}",
}
SPECTRUM_INTEGERS = {"plate": "s.plate", "mjd": "s.mjd", "fiber_id": "s.fiberID"}
SPECTRUM_REALS = {"redshift": "s.z", "redshift_error": "s.zErr"}
SPECTRUM_TEXTS = {"spectral_class": "s.class"}
TYPE_COLUMN = "photometric_type"
TRUTH_COLUMNS = ("half_light_radius", "axis_ratio", "sersic_n", "magnitude")
TRUTH_TEXTS = ("kind",)  # of a truth's columns, those that are words


@dataclass(frozen=True)
class Wanted:
    """The bands of the stamps, and what a row says of an object beside what every one does.

    Attributes:
        bands: of the stamps, in their order.
        reference: the one of them whose pixels, positions, sizes and magnitude are used.
        photometry: names of PHOTOMETRY, whose columns NAME_BAND are wanted in every band.
        label: where the column `is_star` comes from: "spectra" of the objects that have one
            (SpecObj s is then joined), or the catalogue's "type"; None: there is none.
        truths: columns of a synthetic sky's table of truths.

    Raises:
        SurveyParameterError: a name is none of these.
    """

    bands: tuple[str, ...]
    reference: str
    photometry: tuple[str, ...] = ()
    label: Label | None = None
    truths: tuple[str, ...] = TRUTH_COLUMNS

    def __post_init__(self) -> None:
        for band in self.bands:
            if band not in BANDS or len(band) != 1:
                raise SurveyParameterError(
                    f"band must be one of {', '.join(BANDS)}, received {band!r}"
                )
        if self.reference not in self.bands or len(set(self.bands)) < len(self.bands):
            raise SurveyParameterError(
                f"reference must be one of the bands, each named once, received {self.reference!r} "
                f"of {self.bands}"
            )
        if strangers := set(self.photometry) - set(PHOTOMETRY):
            raise SurveyParameterError(
                f"photometry must be of {', '.join(PHOTOMETRY)}, received {sorted(strangers)}"
            )
        if self.label not in (None, "spectra", "type"):
            raise SurveyParameterError(f"label must be spectra, type or null: {self.label!r}")

    @property
    def other_bands(self) -> tuple[str, ...]:
        """All but the reference."""
        return tuple(band for band in self.bands if band != self.reference)

    @property
    def integers(self) -> dict[str, str]:
        """Name -> column of what must be a whole number."""
        own = INTEGER_COLUMNS
        if self.label is not None:
            own = own | {TYPE_COLUMN: "p.type"}
        return own | SPECTRUM_INTEGERS if self.label == "spectra" else own

    @property
    def reals(self) -> dict[str, str]:
        """Name -> column of what may be missing."""
        columns = {name: c.format(b=self.reference) for name, c in REAL_COLUMNS.items()}
        columns |= self.in_bands
        return columns | SPECTRUM_REALS if self.label == "spectra" else columns

    @property
    def in_bands(self) -> dict[str, str]:
        """Name -> column of what is asked for band by band."""
        every = {
            f"{name}_{band}": PHOTOMETRY[name].format(b=band)
            for name in self.photometry
            for band in self.bands
        }
        camera = {
            f"{name}_{band}": column.format(b=band)
            for name, column in CAMERA.items()
            for band in self.other_bands
        }
        return every | camera

    @property
    def texts(self) -> dict[str, str]:
        """Name -> column of what is a word."""
        return SPECTRUM_TEXTS if self.label == "spectra" else {}

    @property
    def source(self) -> str:
        """The tables of the query."""
        tables = "FROM PhotoObjAll p JOIN Field f ON f.fieldID = p.fieldID"
        if self.label == "spectra":
            tables += " JOIN SpecObj s ON s.bestObjID = p.objID"
        return tables

    @property
    def row_columns(self) -> tuple[str, ...]:
        """The columns that a stamp's row takes over from the catalogue, in their order."""
        own = [name for name in (*INTEGER_COLUMNS, *REAL_COLUMNS) if name != "rerun"]
        label = []
        if self.label is not None:
            label = ["is_star", TYPE_COLUMN, *SPECTRUM_INTEGERS, *SPECTRUM_TEXTS, *SPECTRUM_REALS]
        return (*own, *self.in_bands, *label, *(f"true_{name}" for name in self.truths))
