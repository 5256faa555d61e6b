"""The study of what is neither star nor galaxy: an estimator with a judge, scores and a table."""

import numpy as np
import pandas as pd
import pytest

from halflight import tasks
from halflight.estimator import Estimator
from halflight.instrument import SDSS
from halflight.likeness import Likeness
from halflight.nn import presets
from halflight.paths import REPORTS, TaskPaths
from halflight.trials.others import OTHERS
from stages import other, others, prepare
from tests.bands import PREPARATION, sources
from tests.tiny import write_raw

PLACE = TaskPaths("star_galaxy")
FOLDER = REPORTS / "other" / "star_galaxy"
TINY = {
    "prepare.stamp_size": 16,
    "prepare.psf_size": 9,
    "prepare.split": {
        "broad": {"fractions": [0.4, 0.4, 0.2], "patches": "stamps"},
        "sky_like": {"fractions": [0.4, 0.4, 0.2], "patches": "stamps"},
        "sandbox": {"fractions": [0.4, 0.3, 0.3], "patches": "fields"},
        "recorded": {"fractions": [0.5, 0.25, 0.25], "patches": "rows"},
        "sdss": {"fractions": [0.6, 0.15, 0.25], "patches": "fields"},
    },
    "train.device": "cpu",
    "evaluate.bootstrap": 10,
}


@pytest.fixture
def studied(here, configure, monkeypatch):
    configure({f"star_galaxy.{name}": value for name, value in TINY.items()})
    table, *arrays = sources(60)
    table = table.assign(tier="broad", blend_separation=np.nan, neighbour_flux_fraction=0.0)
    table.loc[:5, "blend_separation"] = 3.0
    table.loc[6:9, "kind"] = "binary"
    write_raw(PLACE.stamps("simulated"), table, *arrays, instrument=SDSS)
    prepare.main("star_galaxy", "simulated")
    network = presets.build(
        "band_net",
        image_shape=(16, 16, 5),
        psf_shape=(9, 9, 5),
        outputs=1,
        filters=[8],
        core_pixels=8,
        core_filters=4,
    )
    stars = Estimator(network, tasks.get("star_galaxy"), SDSS, PREPARATION, {})
    stars.save(PLACE.finetuned("fine_tuned"))
    few = [each for each in OTHERS if each.__name__ in ("blank", "half_masked", "two_stars")]
    monkeypatch.setattr(other, "OTHERS", few)
    other.main("star_galaxy")
    others.main("star_galaxy")
    return here


def test_every_kind_is_scored_and_the_estimator_can_judge(studied):
    scores = pd.read_csv(FOLDER / "scores.csv")
    assert set(scores["kind"]) == {"honest", "blank", "half_masked", "two_stars"}
    assert scores["id"].nunique() <= 12
    assert not set(scores["id"]) & set(range(100, 110))  # beside another, or a binary
    folder = PLACE.data / "other" / "estimator"
    assert Likeness.load(folder) is not None
    assert Estimator.load(folder).task.name == "star_galaxy"
    text = (FOLDER / "README.md").read_text()
    assert text.count("\n| ") == 3 + 1
    assert "An object half of which lies beyond a chip's edge" in text


def test_areas_and_shares_by_hand():
    scores = pd.DataFrame(
        {
            "kind": ["honest"] * 2 + ["blank"] * 2,
            "id": [1, 2] * 2,
            "magnitude": [15.0, 21.0] * 2,
            "domain_score": [0.1, 0.5, 0.3, float("inf")],
            "flags": [0, 1 << 26, 1 << 27, 64],
        }
    )
    areas = others.told_apart(scores, seed=1, repeats=5).set_index("kind")
    assert areas.loc["honest", "auroc"] == 0.5
    assert areas.loc["blank", "auroc"] == pytest.approx(3 / 4)
    assert areas.loc["blank", "auroc_bright"] == 1.0
    assert areas.loc["honest", ["flagged", "named", "silent"]].tolist() == [0, 0, 0.5]
    assert areas.loc["blank", ["flagged", "named", "silent"]].tolist() == [0.5, 0.5, 0]
