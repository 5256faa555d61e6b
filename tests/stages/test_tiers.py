"""Tiers: one kind of galaxy is drawn, measured by every method and scored; one table of all."""

import pandas as pd
import pytest

from halflight import files, params
from halflight.paths import TaskPaths
from stages import combine, tier, tiers
from stages.tier import scores_of

PLACE = TaskPaths("radius")
KINDS = {
    "isolated": {
        "count": 6,
        "first": 3_000_000,
        "population": {"bulge_disc_fraction": 0.0, "neighbour_density": 0.0},
        "scene": {"size_scatter": 0.5},
    },
    "blended": {
        "count": 6,
        "first": 3_000_000,
        "population": {"companion_fraction": 1.0},
        "scene": {},
    },
}


@pytest.fixture
def measured(surveyed, estimators, configure, monkeypatch):
    estimators()
    monkeypatch.setattr("halflight.combination.LEAST_COUNT", 5)
    combine.main("radius")
    configure(
        {
            "radius.tiers.kinds": KINDS,
            "radius.simulate.stamp_size": 32,
            "radius.simulate.psf_size": 25,
            "radius.evaluate.magnitude_edges": [14.0, 17.0, 20.5],
        }
    )
    for kind in KINDS:
        tier.main("radius", kind)


def test_every_method_is_scored_on_every_kind(measured, capsys):
    for kind in KINDS:
        table = pd.read_csv(scores_of("radius", kind))
        of_all = table[(table["by"] == "all") & (table["galaxies"] == "all")]
        found = set(of_all.loc[of_all["quantity"] == "ln_radius", "method"])
        assert found == {"network", "combined", "scene_fit", "sersic_fit", "aperture"}
        assert (of_all["count"] <= 6).all()
    isolated = pd.read_csv(scores_of("radius", "isolated"))
    assert "isolated_single" in set(isolated["galaxies"])
    tiers.main("radius")
    table = files.Path("reports/tiers/radius/README.md").read_text()
    assert "Synthetic galaxies" in table
    assert table.count("| isolated |") == table.count("| blended |") == 5


def test_the_same_stamps_are_drawn_again(measured):
    before = scores_of("radius", "blended").read_bytes()
    tier.main("radius", "blended")
    assert scores_of("radius", "blended").read_bytes() == before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"population": {"companion_fraction": 2.0}}, "blended.population.companion_fraction"),
        ({"scene": {"size_scater": 2.0}}, "blended.scene.size_scater"),
        ({"first": 5}, "blended and .*|.* and blended have stamps in common"),
    ],
)
def test_a_kind_that_cannot_be_is_named(surveyed, configure, change, message):
    configure({"radius.tiers.kinds": {"blended": KINDS["blended"] | change}})
    with pytest.raises(params.ParamsError, match=message):
        params.read("radius.tiers")


def test_without_an_estimator_it_says_so(surveyed):
    with pytest.raises(FileNotFoundError, match="no estimator at"):
        tier.main("radius", "isolated")
