"""The SQL: which objects of which fields are asked for, and under which names the answer comes."""

import re

from halflight.conditions import check_condition
from halflight.instrument import BANDS
from halflight.surveys.errors import SurveyParameterError

# SQL travels in the address of a GET request; longer ones are refused by web servers.
LONGEST_SQL = 7000
# Our names -> columns of PhotoObjAll (p) and Field (f); {b} is the band. Meanings and units:
# https://skyserver.sdss.org/dr17/MoreTools/browser, tables PhotoObjAll and Field.
INTEGER_COLUMNS = {
    "id": "p.objID",
    "run": "p.run",
    "rerun": "p.rerun",
    "camcol": "p.camcol",
    "field": "p.field",
}
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
ID_AGAIN = "id_again"
TRUTH_COLUMNS = ("half_light_radius", "axis_ratio", "sersic_n", "magnitude")


def catalogue_sql(
    *, band: str, where: str, field_modulus: int, field_remainder: int, truth_table: str | None
) -> dict[str, str]:
    """The queries by name: "count", "rows" and, with a `truth_table`, "truth" and "truth_count".

    The last column of a row repeats its id, so that a row that was cut short is seen. Whole fields
    are chosen by a fixed hash of (run, camcol, field) modulo `field_modulus`, because one frame
    serves all objects of a field. Raises `SurveyParameterError` for values that SQL or SkyServer
    would not take.
    """
    if band not in BANDS or len(band) != 1:
        raise SurveyParameterError(f"band must be one of {', '.join(BANDS)}, received {band!r}")
    if field_modulus < 1 or not 0 <= field_remainder < field_modulus:
        raise SurveyParameterError(
            "field_modulus must be >= 1 and field_remainder in [0, field_modulus), received "
            f"{field_modulus} and {field_remainder}"
        )
    source = "FROM PhotoObjAll p JOIN Field f ON f.fieldID = p.fieldID"
    condition = (
        f"WHERE (f.run*1009+f.camcol*9176+f.field*6173)%{field_modulus}={field_remainder}"
        f" AND ({_checked(where)})"
    )
    columns = ", ".join(
        f"{column.format(b=band)} AS {name}"
        for name, column in (INTEGER_COLUMNS | REAL_COLUMNS).items()
    )
    sql = {
        "count": f"SELECT COUNT(*) AS n {source} {condition}",
        "rows": f"SELECT {columns}, p.objID AS {ID_AGAIN} {source} {condition} ORDER BY p.objID",
    }
    if truth_table is not None:
        if not re.fullmatch(r"[A-Za-z_]\w*", truth_table):
            raise SurveyParameterError(
                f"truth_table must be a table's name, received {truth_table!r}"
            )
        truths = ", ".join(f"t.{name} AS true_{name}" for name in TRUTH_COLUMNS)
        both = f"{source} JOIN {truth_table} t ON t.objID = p.objID {condition}"
        sql["truth_count"] = f"SELECT COUNT(*) AS n {both}"
        sql["truth"] = (
            f"SELECT t.objID AS id, {truths}, t.objID AS {ID_AGAIN} {both} ORDER BY p.objID"
        )
    longest = max(len(text) for text in sql.values())
    if longest > LONGEST_SQL:
        raise SurveyParameterError(
            f"the query has {longest} characters, at most {LONGEST_SQL} pass: shorten `where`"
        )
    return sql


def _checked(where: str) -> str:
    try:
        return check_condition(where)
    except ValueError as error:
        raise SurveyParameterError(f"`where` {error}; received {where!r}") from error
