"""DVC's own pictures: each task has templates that ask for what its tables hold."""

import csv
import json

import pytest

from halflight import tasks
from halflight.methods import METHODS

TABLES = ("bins", "transfer")


def template(root, name):
    return json.loads((root / f".dvc/plots/{name}.json").read_text())


def chosen(found, name):
    """What a menu below the picture offers."""
    return {one["name"]: one["bind"]["options"] for one in found["params"]}.get(name, [])


@pytest.mark.parametrize("task", tasks.NAMES)
@pytest.mark.parametrize("table", TABLES)
def test_what_a_template_offers_stands_in_the_table(root, task, table):
    found = template(root, f"{table}_{task}")
    with (root / f"reports/metrics/{task}/{table}.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert set(chosen(found, "score")) <= rows[0].keys()
    for name in ("quantity", "by", "galaxies"):
        if offered := chosen(found, name):
            assert set(offered) == {row[name] for row in rows}
    # What is drawn first is there.
    first = {one["name"]: one["value"] for one in found["params"]}
    score = first.pop("score", "nmad")
    assert any(row[score] and all(row[k] == v for k, v in first.items()) for row in rows)


@pytest.mark.parametrize("task", tasks.NAMES)
def test_methods_have_the_colours_that_they_have_on_the_page(root, task):
    scale = template(root, f"bins_{task}")["spec"]["encoding"]["color"]["scale"]
    assert scale["range"] == [METHODS[name].colour for name in scale["domain"]]
    with (root / f"reports/metrics/{task}/bins.csv").open() as file:
        assert {row["method"] for row in csv.DictReader(file)} == set(scale["domain"])


def test_every_template_is_one_that_dvc_yaml_names(root):
    named = (root / "dvc.yaml").read_text()
    for path in (root / ".dvc/plots").glob("*.json"):
        assert json.loads(path.read_text())["$schema"].endswith("/v5.json")
        table, _, task = path.stem.partition("_")
        if table in TABLES:
            assert task in tasks.NAMES
            assert f'template: "{table}_${{item.task}}"' in named
        else:
            assert f"template: {path.stem}" in named
