"""The SQL: which objects of which fields are asked for, and under which names the answer comes."""

import re

from halflight.conditions import check_condition
from halflight.surveys.errors import SurveyParameterError
from halflight.surveys.wanted import Wanted

# SQL travels in the address of a GET request; longer ones are refused by web servers.
LONGEST_SQL = 7000
ID_AGAIN = "id_again"


def catalogue_sql(
    wanted: Wanted,
    *,
    where: str,
    field_modulus: int,
    field_remainder: int,
    truth_table: str | None,
) -> dict[str, str]:
    """The queries by name: "count", "rows" and, with a `truth_table`, "truth" and "truth_count".

    The last column of a row repeats its id, so that a row that was cut short is seen. Whole fields
    are chosen by a fixed hash of (run, camcol, field) modulo `field_modulus`, because one frame
    serves all objects of a field. Raises `SurveyParameterError` for values that SQL or SkyServer
    would not take.
    """
    if field_modulus < 1 or not 0 <= field_remainder < field_modulus:
        raise SurveyParameterError(
            "field_modulus must be >= 1 and field_remainder in [0, field_modulus), received "
            f"{field_modulus} and {field_remainder}"
        )
    condition = (
        f"WHERE (f.run*1009+f.camcol*9176+f.field*6173)%{field_modulus}={field_remainder}"
        f" AND ({_checked(where)})"
    )
    columns = ", ".join(
        f"{column} AS {name}"
        for name, column in (wanted.integers | wanted.reals | wanted.texts).items()
    )
    ending = f"p.objID AS {ID_AGAIN} {wanted.source} {condition} ORDER BY p.objID"
    sql = {
        "count": f"SELECT COUNT(*) AS n {wanted.source} {condition}",
        "rows": f"SELECT {columns}, {ending}",
    }
    if truth_table is not None:
        for text in (truth_table, *wanted.truths):
            if not re.fullmatch(r"[A-Za-z_]\w*", text):
                raise SurveyParameterError(
                    f"truth_table and truths must be names of a table and its columns, received "
                    f"{text!r}"
                )
        truths = ", ".join(f"t.{name} AS true_{name}" for name in wanted.truths)
        both = f"{wanted.source} JOIN {truth_table} t ON t.objID = p.objID {condition}"
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
