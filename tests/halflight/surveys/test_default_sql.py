"""The SQL that params.yaml asks for, run by the sandbox's own engine on both of its skies."""

import pytest

from halflight import params
from halflight.sandbox import RecordedSky, Sandbox
from halflight.surveys.client import SdssClient
from halflight.surveys.query import catalogue_sql
from stages.download import wanted_of

TASKS = ("radius", "star_galaxy")
ENDPOINTS = ("sandbox", "recorded", "sdss")


class SkyWithTruth(RecordedSky):
    """The recorded field, as if its truth were known."""

    def tables(self):
        tables = dict(super().tables())
        truth = {"half_light_radius": 1.0, "axis_ratio": 1.0, "sersic_n": 1.0, "magnitude": 17.0}
        truth |= {"is_star": 0.0, "kind": "galaxy"}
        tables["SyntheticTruth"] = tables["PhotoObjAll"][["objID"]].assign(**truth)
        return tables


@pytest.fixture(scope="module")
def client(recorded_sky, tmp_path_factory):
    with (
        Sandbox(SkyWithTruth(recorded_sky)) as server,
        SdssClient(
            release=17,
            skyserver_url=server.skyserver_url,
            sas_url=server.sas_url,
            retries=0,
            backoff=0.0,
            timeout=60.0,
            queries_per_minute=60,
            cache_folder=tmp_path_factory.mktemp("cache"),
        ) as opened,
    ):
        yield opened


def numbers_of_rows(client, sql):
    """How many rows each query and its count give."""
    found = {}
    for name, count in (("rows", "count"), ("truth", "truth_count")):
        if name in sql:
            rows = client.query(sql[count], ["n"], rows=1, read=lambda table: int(table["n"][0]))
            found[name] = client.query(sql[name], ["id", "id_again"], rows=rows, read=len)
    return found


def default_sql(root, task, endpoint):
    section = params.read(f"{task}.survey", path=root / "params.yaml")
    assert set(section.selection) == set(ENDPOINTS)
    selection = section.selection[endpoint].model_dump(exclude={"max_fields", "label"})
    return catalogue_sql(wanted_of(section, endpoint), **selection)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_every_default_query_is_one_that_a_server_takes(root, client, task, endpoint):
    sql = default_sql(root, task, endpoint)
    assert set(numbers_of_rows(client, sql)) == sql.keys() - {"count", "truth_count"}
    assert not any(mark in text for text in sql.values() for mark in ("#", "--", "/*", ";"))


def test_the_recorded_selection_finds_the_recorded_field(root, client):
    assert numbers_of_rows(client, default_sql(root, "radius", "recorded")) == {"rows": 130}
    assert 200 < numbers_of_rows(client, default_sql(root, "star_galaxy", "recorded"))["rows"] < 280


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_a_comment_in_a_condition_is_refused_when_parameters_are_loaded(root, tmp_path, endpoint):
    text = (root / "params.yaml").read_text()
    place = text.index(f"      {endpoint}:", text.index("    selection:"))
    end = text.index("        truth_table:", place)
    where = text.index("        where:", place)
    path = tmp_path / "params.yaml"
    path.write_text(
        text[:where] + "        where: >-\n          p.type = 3\n          # SQL\n" + text[end:]
    )
    with pytest.raises(
        params.ParamsError, match=rf"radius.survey.selection.{endpoint}.where: .*'#'"
    ):
        params.load(path)
