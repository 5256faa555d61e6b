"""The synthetic sky's spectra: a survey's selection, and a class that is nearly always right."""

from collections.abc import Iterator

import pandas as pd
import pytest

from halflight.params.sandbox import Sandbox as Parameters
from halflight.sandbox.identifiers import spectrum_id
from halflight.sandbox.sql import Database
from halflight.sandbox.synthetic import SyntheticSky

KINDS = {"galaxy": "GALAXY", "compact_galaxy": "GALAXY", "quasar": "QSO"}


@pytest.fixture(scope="module")
def tables(parameters: Parameters) -> dict[str, pd.DataFrame]:
    wide = parameters.changed(
        bands=list("ugriz"), camcols=[1, 3, 4], spectra=parameters.spectra.changed(wrong=0.0)
    )
    return dict(SyntheticSky(wide).tables())


@pytest.fixture(scope="module")
def matched(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    both = tables["PhotoObjAll"].merge(tables["SyntheticTruth"], on=["objID", "thingId"])
    return tables["SpecObjAll"].merge(both, left_on="bestObjID", right_on="objID")


@pytest.fixture(scope="module")
def database(tables: dict[str, pd.DataFrame]) -> Iterator[Database]:
    opened = Database(tables, time_limit=60.0)
    yield opened
    opened.close()


def test_the_class_is_the_kind(matched: pd.DataFrame) -> None:
    assert (matched["class"] == matched["kind"].map(KINDS).fillna("STAR")).all()
    assert set(matched["class"]) == {"GALAXY", "STAR", "QSO"}
    assert (matched["mode"] == 1).all()
    assert matched["bestObjID"].is_unique
    assert matched["specObjID"].is_unique


def test_what_has_a_spectrum_is_brighter_than_the_sky(
    matched: pd.DataFrame, tables: dict[str, pd.DataFrame]
) -> None:
    sky = tables["PhotoObjAll"]
    assert matched["cModelMag_r"].median() < sky["cModelMag_r"].median() - 0.1
    bright = sky[(sky["type"] == 3) & (sky["cModelMag_r"] < 17.7) & (sky["mode"] == 1)]
    assert bright["objID"].isin(matched["bestObjID"]).mean() > 0.75
    assert (matched["cModelMag_r"] > 21).mean() > 0.1


def test_failures_have_a_warning_and_a_large_error(matched: pd.DataFrame) -> None:
    failed = matched["zWarning"] > 0
    assert 0.02 < failed.mean() < 0.3
    assert matched.loc[failed, "zErr"].median() > 0.1
    assert (matched.loc[~failed, "zErr"] < 0.1).all()
    assert ((matched["z"] - matched["redshift"]).abs() < 6 * matched["zErr"]).all()


def test_the_default_selection_finds_both_classes(database: Database) -> None:
    _, rows = database.query(
        "SELECT s.class, COUNT(*) AS n FROM SpecObj s JOIN PhotoPrimary p ON p.objID=s.bestObjID "
        "WHERE s.zWarning=0 AND s.zErr<0.1 AND s.z<2 AND p.clean=1 "
        "AND p.psfMag_r BETWEEN 14.5 AND 22.5 GROUP BY s.class"
    )
    counts = dict(rows)
    assert counts["STAR"] > 100
    assert counts["GALAXY"] > 100


def test_identifiers_are_packed_as_sdss_packs_them() -> None:
    """A spectrum as the archive answers it."""
    assert spectrum_id(plate=751, fiber=160, mjd=52251) == 845594848269461504
    with pytest.raises(ValueError, match="plate must be within"):
        spectrum_id(plate=1 << 14, fiber=1, mjd=51602)
