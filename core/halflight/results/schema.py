"""The schema of a table of results: every column's name, unit, UCD, kind and meaning, once.

All writers, the documentation's table and the page take them from here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

DEFINITION = (
    "R_e, the half-light radius, is the semi-major axis of the ellipse that holds half of the "
    "total light of the galaxy, before the PSF and without truncation. It is neither a "
    "circularised radius nor the radius of a circular aperture."
)
CONVENTIONS = (
    "A value is the median of what is believed; NAME_16 and NAME_84 bound its central 68 %, "
    "NAME_2_5 and NAME_97_5 its central 95 %. NaN: not measured."
)
# The suffix of a bound's column, its probability, and whether it is the upper of its pair.
BOUNDS = (("_2_5", 0.025, False), ("_16", 0.16, False), ("_84", 0.84, True), ("_97_5", 0.975, True))
KINDS = ("id", "integer", "number", "text")


@dataclass(frozen=True)
class Column:
    """One column of a table of results.

    Attributes:
        name: in every format.
        kind: one of KINDS: "id" is an integer or a text, as the catalogue had it; an "integer" has
            64 bits, a "number" is a float64, NaN where there is none.
        description: one sentence, for people and for files.
        unit: as the VO and FITS write it; "" for none.
        ucd: of the IVOA's controlled vocabulary UCD1+; "" for none.
        optional: whether it is there on request alone.
    """

    name: str
    kind: str
    description: str
    unit: str = ""
    ucd: str = ""
    optional: bool = False


def _bounded(
    column: Column, bounds: Sequence[tuple[str, float, bool]] = BOUNDS
) -> Iterator[Column]:
    """The column of a median, then those of its bounds."""
    yield column
    for suffix, probability, upper in bounds:
        yield replace(
            column,
            name=column.name + suffix,
            description=f"{100 * probability:g} % of what is believed of {column.name} lies below",
            ucd=f"{column.ucd};stat.{'max' if upper else 'min'}",
        )


_RADIUS = "phys.angSize.smajAxis"
QUANTITIES = (
    Column(
        "half_light_radius", "number", "R_e: semi-major axis of the half-light ellipse, before the "
        "PSF", "arcsec", _RADIUS,
    ),
    Column(
        "half_light_radius_pix", "number", "R_e in pixels of the image, also where its stamp was "
        "binned", "pix", f"{_RADIUS};instr.pixel",
    ),
    Column(
        "half_light_radius_circularised", "number", "R_e times the square root of the axis ratio; "
        "its bounds are those of the two together", "arcsec", "phys.angSize",
    ),
    Column(
        "half_light_radius_circularised_pix", "number", "the circularised radius in pixels of the "
        "image", "pix", "phys.angSize;instr.pixel",
    ),
    Column(
        "axis_ratio", "number", "minor over major axis of the half-light ellipse", "",
        "phys.size.axisRatio",
    ),
    Column(
        "position_angle", "number", "of the major axis, from north towards east, 0 to 180; its "
        "bounds may lie beyond", "deg", "pos.posAng",
    ),
    Column(
        "position_angle_image", "number", "of the major axis, from the image's +x towards +y, 0 to "
        "180; its bounds may lie beyond", "deg", "pos.posAng;instr.det",
    ),
    Column("sersic_n", "number", "Sersic index of a single profile", "", "src.morph.param"),
    Column("magnitude", "number", "AB magnitude of the total light", "mag", "phot.mag"),
)  # fmt: skip
"""What is measured: each has a median and four bounds."""

PROBABILITIES = (
    Column(
        "star_probability", "number", "that the source is a star and no galaxy, by a model that "
        "tells the two apart", "", "stat.probability;src.class.starGalaxy", optional=True,
    ),
)  # fmt: skip
"""What a model that tells classes apart gives: there where such a one measured."""

_PLACE = (
    Column("id", "id", "the source, as its catalogue names it", "", "meta.id;meta.main"),
    Column("x", "number", "position; the first pixel's centre is 0", "pix", "pos.cartesian.x"),
    Column("y", "number", "position; the first pixel's centre is 0", "pix", "pos.cartesian.y"),
    Column("ra", "number", "right ascension (ICRS)", "deg", "pos.eq.ra;meta.main"),
    Column("dec", "number", "declination (ICRS)", "deg", "pos.eq.dec;meta.main"),
)
_CIRCUMSTANCES = (
    Column("flags", "integer", "sum of the bits that apply; 0: nothing is held against the row",
           "", "meta.code.qual"),
    Column("flag_names", "text", "names of the flags' bits", "", "meta.note", optional=True),
    Column("bad_fraction", "number", "share of the stamp's pixels that could not be used", "",
           "stat.filling;arith.ratio"),
    Column("pixel_scale", "number", "of the image at the source", "arcsec/pix", "instr.scale"),
    Column("binning", "integer", "pixels of the image along a side of one of the stamp", "",
           "instr.param"),
    Column("run", "integer", "number of the run in the table's provenance, from 0", "", "meta.id"),
)  # fmt: skip


CLASSICAL = (
    *_bounded(
        Column("sersic_fit_half_light_radius", "number", "R_e by a PSF-convolved Sersic fit alone",
               "arcsec", _RADIUS, optional=True),
        BOUNDS[1:3],
    ),
    Column("sersic_fit_axis_ratio", "number", "by that fit", "", "phys.size.axisRatio",
           optional=True),
    Column("sersic_fit_position_angle", "number", "by that fit, from north towards east", "deg",
           "pos.posAng", optional=True),
    Column("sersic_fit_sersic_n", "number", "by that fit", "", "src.morph.param", optional=True),
    Column("sersic_fit_magnitude", "number", "AB, by that fit", "mag", "phot.mag", optional=True),
    Column("sersic_fit_status", "text", "ok, or what is to be known of that fit", "", "meta.note",
           optional=True),
    Column("aperture_half_light_radius", "number", "R_e from the circle of half the automatic "
           "flux, corrected for seeing and axis ratio", "arcsec", _RADIUS, optional=True),
    Column("aperture_observed_radius", "number", "that circle's radius, seeing included", "arcsec",
           "phys.angSize", optional=True),
    Column("aperture_axis_ratio", "number", "of the second moments, corrected for seeing", "",
           "phys.size.axisRatio", optional=True),
    Column("aperture_magnitude", "number", "AB, of the automatic flux", "mag", "phot.mag",
           optional=True),
    Column("aperture_status", "text", "ok, or what is to be known of the aperture", "", "meta.note",
           optional=True),
)  # fmt: skip
"""What the classical methods found: on request, beside the rest."""

COLUMNS: tuple[Column, ...] = (
    *_PLACE,
    *(column for quantity in QUANTITIES for column in _bounded(quantity)),
    *PROBABILITIES,
    *_CIRCUMSTANCES,
    *CLASSICAL,
)
"""Every column, in the order of the table."""
BY_NAME = {column.name: column for column in COLUMNS}


def columns_asked_for(
    *, classical: bool, flag_names: bool, probability: str | None = None
) -> list[str]:
    """The names of a table's columns, in order; probability: of a model that tells classes."""
    asked = {column.name for column in CLASSICAL} if classical else set()
    asked |= {"flag_names"} if flag_names else set()
    asked |= {probability} if probability else set()
    return [column.name for column in COLUMNS if not column.optional or column.name in asked]


def markdown_table() -> str:
    """The documentation's table of columns; a quantity's bounds share its row."""
    bounds = {q.name + suffix for q in QUANTITIES for suffix, _, _ in BOUNDS}
    lines = ["| column | unit | UCD | meaning |", "|---|---|---|---|"]
    quantities = {quantity.name for quantity in QUANTITIES}
    for column in COLUMNS:
        if column.name in bounds:
            continue
        name = f"`{column.name}`" + (", with bounds" if column.name in quantities else "")
        asked = " (on request)" if column.optional and column not in PROBABILITIES else ""
        cells = (name, column.unit, column.ucd, column.description + asked)
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"
