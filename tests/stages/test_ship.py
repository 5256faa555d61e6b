"""Ship: the package's model is the pipeline's, without its optimizer, and says what it is."""

import numpy as np
import pandas as pd
import pytest

from halflight import files, models
from halflight.measurer import Measurer
from stages import combine, full, full_scores, full_stamps, ship, train
from tests.tiny import discs

PLACE = full_stamps.place_of("radius")
SCORES = ("nmad", "outlier_fraction", "coverage_68", "coverage_95")


@pytest.fixture
def shipped(full_asked, monkeypatch, tmp_path):
    monkeypatch.setattr("halflight.combination.LEAST_COUNT", 5)
    for stage in (full_stamps, train, combine, full, full_scores):
        stage.main("radius")
    lock_of({"full@radius": {"outs": [{"path": str(PLACE.estimator), "md5": "12.dir"}]}})
    monkeypatch.setattr(models, "HOME", tmp_path / "models")
    models.HOME.mkdir()


def lock_of(stages):
    files.write_json(ship.LOCK, {"stages": stages})


def test_it_measures_as_the_pipelines_does_and_has_no_optimizer(shipped):
    ship.main("radius")
    folder = models.find(None, models.HOME)
    assert {path.name for path in (folder / "network").iterdir()} == {
        "model.json",
        "weights.safetensors",
    }
    stamps = discs(4)[1:]
    pd.testing.assert_frame_equal(
        Measurer.load(folder).measure(*stamps), Measurer.load(PLACE.estimator).measure(*stamps)
    )
    [card] = models.installed(models.HOME).values()
    assert (card.name, card.default, card.made_from) == ("camera", True, "12.dir")
    table = pd.read_csv("reports/full/radius/scores.csv").query(
        "run == 'full' and dataset == 'simulated' and quantity == 'ln_radius'"
        " and galaxies == 'all' and by == 'all' and orientations != 1"
    )
    found = {
        f"{row['method']}_{score}": row[score]
        for row in table.to_dict("records")
        for score in SCORES
    }
    assert card.scores == pytest.approx(found)
    assert np.isfinite(list(card.scores.values())).all()


def test_what_the_lock_does_not_name_is_not_shipped(shipped):
    lock_of({})
    with pytest.raises(ValueError, match=r"knows no data/radius/full/estimator: run `dvc repro"):
        ship.main("radius")


def test_the_packages_model_is_that_of_the_committed_run(root):
    for card in models.installed().values():
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(root)
            assert card.made_from == ship.hash_of(PLACE.estimator), card.command
