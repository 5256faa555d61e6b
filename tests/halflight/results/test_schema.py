"""The schema: every name once, every unit and UCD as the VO has them, and the README's table."""

import astropy.units as u
import pytest
from astropy.io.votable.ucd import check_ucd

from halflight.results import COLUMNS, markdown_table
from halflight.results.schema import KINDS, QUANTITIES


def test_every_column_is_named_once_and_described():
    assert len({column.name for column in COLUMNS}) == len(COLUMNS)
    assert all(column.description and column.kind in KINDS for column in COLUMNS)
    assert all(column.name.isidentifier() and len(column.name) < 60 for column in COLUMNS)


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: column.name)
def test_units_and_ucds_are_the_vos(column):
    if column.unit:
        u.Unit(column.unit, format="vounit", parse_strict="raise")
        u.Unit(column.unit, format="fits", parse_strict="raise")
    if column.ucd:
        assert check_ucd(column.ucd, check_controlled_vocabulary=True)


def test_the_readmes_table_is_the_schemas(root):
    assert markdown_table() in (root / "README.md").read_text()


def test_the_table_has_a_row_for_each_column_or_quantity():
    lines = markdown_table().splitlines()
    assert len(lines) == 2 + len(COLUMNS) - 4 * len(QUANTITIES)
    assert "| `half_light_radius`, with bounds | arcsec | phys.angSize.smajAxis | R_e" in str(lines)
