"""The catalogue: what is refused, dropped and kept, and on whose account."""

import numpy as np
import pandas as pd
import pytest
from astropy.table import Table

from halflight.surveys.catalogue import clean_catalogue, fetch_catalogue, field_order
from halflight.surveys.errors import CatalogueError, UnavailableError
from halflight.surveys.values import to_numbers
from halflight.surveys.wanted import Wanted

WANTED = Wanted(bands=("r",), reference="r")
OPTIONS = {"where": "1=1", "field_modulus": 1, "field_remainder": 0}


@pytest.fixture
def fetch(make_client):
    def run(wanted=WANTED, **changes):
        options = OPTIONS | {"max_fields": None} | changes
        return fetch_catalogue(make_client(), wanted, **options)

    return run


def test_the_whole_catalogue(sky, fetch):
    catalogue = fetch()
    assert catalogue.table["id"].tolist() == sorted(sky.catalogue["id"])
    assert catalogue.table["true_sersic_n"].isna().all()
    assert catalogue.dropped.empty
    assert catalogue.counts == {
        "rows_in_selection": 24,
        "fields_in_selection": 3,
        "fields": 3,
        "rows_in_fields": 24,
        "objects": 24,
    }


def test_truth_is_joined_by_id(sky, fetch):
    sky.truth = sky.truth.iloc[::-1].iloc[:-1].assign(true_magnitude=lambda t: t["id"] % 100)
    table = fetch(truth_table="SyntheticTruth").table
    known = table["id"] != sky.catalogue["id"].iloc[0]
    assert (table["true_magnitude"] == table["id"] % 100)[known].all()
    assert table.loc[~known, "true_magnitude"].isna().tolist() == [True]


def test_fields_are_taken_in_hash_order(sky, fetch):
    two, three = fetch(max_fields=2), fetch(max_fields=3)
    order = field_order(sky.catalogue)
    assert set(two.table["field"]) == {field for _, _, field in order[:2]}
    assert len(set(three.table["field"])) == 3
    assert two.counts["fields_in_selection"] == 3
    assert field_order(sky.catalogue.sample(frac=1, random_state=1)) == order


def test_no_object_and_too_many(sky, fetch, tools):
    sky.fail("COUNT", tools.reply(body=b"#Table1\nn\n0\n"))
    with pytest.raises(CatalogueError, match=r"no object .* loosen it"):
        fetch()
    sky.fail("COUNT", tools.reply(body=b"#Table1\nn\n500001\n"))
    with pytest.raises(CatalogueError, match="raise field_modulus"):
        fetch()


def test_lost_rows_are_noticed(sky, fetch, tools):
    sky.fail("ORDER BY", *[tools.reply(body=tools.csv(sky.catalogue.iloc[:-3]))] * 3)
    with pytest.raises(UnavailableError, match="21 rows where 24"):
        fetch()


def test_an_empty_table_is_noticed(sky, fetch, tools):
    sky.fail("ORDER BY", *[tools.reply(body=tools.csv(sky.catalogue.iloc[:0]))] * 3)
    with pytest.raises(UnavailableError, match="0 rows where"):
        fetch()


def test_sentinels_and_null(sky, fetch):
    spoilt = sky.catalogue.copy().astype({"petro_r50": object, "gain": object})
    spoilt.loc[0, ["ra", "magnitude"]] = -9999.0
    spoilt.loc[1, "petro_r50"] = -9999
    spoilt.loc[2, "petro_r90"] = -1000.0
    spoilt.loc[3, "petro_r50"] = "null"
    spoilt.loc[4, "gain"] = "null"
    spoilt.loc[5, "dark_variance"] = -9999.0
    spoilt.loc[6, "gain"] = 0
    sky.catalogue = spoilt
    catalogue = fetch()
    table = catalogue.table.set_index("id")
    ids = spoilt["id"]
    assert np.isnan(table.loc[ids[1], "petro_r50"])
    assert np.isnan(table.loc[ids[2], "petro_r90"])
    assert np.isnan(table.loc[ids[3], "petro_r50"])
    assert catalogue.dropped.set_index("id")["reason"].to_dict() == {
        ids[0]: "missing ra",
        ids[4]: "missing gain",
        ids[5]: "missing dark_variance",
        ids[6]: "impossible gain",
    }
    assert not (table.select_dtypes("number") == -9999).any(axis=None)


def test_everything_unusable_is_an_error(sky, fetch):
    sky.catalogue = sky.catalogue.assign(gain=-9999.0)
    with pytest.raises(CatalogueError, match="none of 24 .*'missing gain': 24"):
        fetch()


def test_text_and_missing_integers_are_errors():
    table = pd.DataFrame({"id": [1, 2], "ra": ["1.5", "<b>"]})
    with pytest.raises(CatalogueError, match="column ra, row 2: '<b>'"):
        to_numbers(table, ["ra"], ["id"])
    with pytest.raises(CatalogueError, match="column id, row 2: 'null'"):
        to_numbers(pd.DataFrame({"id": ["1", "null"]}), ["id"], ["id"])


BAD = ("1.237e18", "7.5", str(2**63 + 5), "NaN", "True", "0x1F", "1 237", "--", "-3", "")


@pytest.mark.parametrize("value", BAD)
@pytest.mark.parametrize("column", ["id", "camcol"])
def test_an_integer_is_exact_or_refused_by_column_row_and_value(column, value):
    table = pd.DataFrame({column: ["3", value]})
    with pytest.raises(CatalogueError, match=f"column {column}, row 2: ") as caught:
        to_numbers(table, [column], [column])
    assert value in str(caught.value)


def test_a_masked_value_is_missing_and_a_masked_id_refused():
    column = np.ma.array([1.5, -8888.0], mask=[False, True])
    table = Table({"ra": column, "id": np.ma.array([1, 2], mask=[False, True])})
    assert np.isnan(to_numbers(table, ["ra"], [])["ra"]).tolist() == [False, True]
    assert np.isnan(to_numbers(table.to_pandas(), ["ra"], [])["ra"]).tolist() == [False, True]
    for either in (table, table.to_pandas()):
        with pytest.raises(CatalogueError, match="column id, row 2: "):
            to_numbers(either, ["id"], ["id"])


def test_infinite_and_boolean_reals():
    assert to_numbers(pd.DataFrame({"ra": ["inf", "-inf"]}), ["ra"], [])["ra"].isna().all()
    for values in ([True, False], ["1", "1_0"], [1.0, True]):
        with pytest.raises(CatalogueError, match="column ra"):
            to_numbers(pd.DataFrame({"ra": pd.Series(values, dtype="object")}), ["ra"], [])


def test_a_torn_row_is_noticed(sky, fetch, tools):
    lines = tools.csv(sky.catalogue).decode().splitlines()
    torn = "\n".join([*lines[:-1], lines[-1][:-2]]).encode()
    sky.fail("ORDER BY", tools.reply(body=torn))
    assert len(fetch().table) == 24
    sky.fail("ORDER BY", *[tools.reply(body=torn)] * 3)
    with pytest.raises(CatalogueError, match="row 24 begins with id .* it was cut short"):
        fetch()


def test_object_ids_keep_all_their_digits(sky, fetch):
    sky.catalogue = sky.catalogue.assign(id=1237645876861337601 + np.arange(24))
    assert fetch().table["id"].tolist() == sky.catalogue["id"].tolist()


@pytest.fixture
def pair(fields):
    """Two rows, the second 1.9 arcsec north of the first, both well off the frame's centre."""
    rows = next(iter(fields.values()))[0].iloc[[0, 0]].reset_index(drop=True)
    rows["id"] = [1, 2]
    rows.loc[1, "dec"] += 1.9 / 3600
    return rows


def test_repeated_ids(pair):
    kept, dropped = clean_catalogue(pair.iloc[[0, 0, 0]])
    assert kept["id"].tolist() == [1]
    assert dropped["reason"].tolist() == ["same id", "same id"]


def test_of_two_close_objects_the_one_nearer_its_frame_centre_stays(pair):
    pair.loc[1, ["rowc", "colc"]] = [744.5, 1024.0]
    kept, dropped = clean_catalogue(pair)
    assert kept["id"].tolist() == [2]
    assert dropped.to_dict("records") == [{"id": 1, "reason": "within 2 arcsec"}]
    pair.loc[1, "dec"] += 0.2 / 3600
    assert len(clean_catalogue(pair)[0]) == 2


def test_close_objects_meet_across_zero_right_ascension_and_ties_go_to_the_smaller_id(pair):
    pair["ra"] = [359.9999, 0.0001]
    pair["dec"] = 0.0
    assert clean_catalogue(pair)[0]["id"].tolist() == [1]
    pair["dec"] = [89.9999, 89.9999]
    pair["ra"] = [0.0, 180.0]
    assert clean_catalogue(pair)[0]["id"].tolist() == [1]


def test_cleaning_does_not_depend_on_the_order_of_rows(sky):
    table = pd.concat([sky.catalogue, sky.catalogue.iloc[:5]], ignore_index=True)
    first, again = clean_catalogue(table), clean_catalogue(table.sample(frac=1, random_state=3))
    pd.testing.assert_frame_equal(first[0], again[0])
    pd.testing.assert_frame_equal(first[1], again[1])


def test_real_sentinels(recorded_sky):
    file = recorded_sky / "replies/photoobjall_real_rows_with_sentinels.csv"
    real = pd.read_csv(file, comment="#")
    table = to_numbers(real, ["ra", "size", "u"], [])
    missing = (real == -9999).any(axis=1)
    assert missing.any()
    assert table["size"].isna().sum() == (real["size"] == -9999).sum() > 0
