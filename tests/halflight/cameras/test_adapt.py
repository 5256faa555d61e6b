"""`halflight.adapt`, end to end: a model for an odd camera, which then measures its image."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import halflight
from halflight import command, models
from halflight.cameras import job
from halflight.cameras.card import conclusion
from halflight.cameras.learning import FIT, splits_of
from halflight.estimator import Estimator
from halflight.measurer import Measurer
from halflight.quality import FLAGS
from halflight.results.kept import file_hash
from tests.halflight.cameras.conftest import SCALE
from tests.tiny import estimator

FEW = {"galaxies": 200, "epochs": 2}


@pytest.fixture(scope="module")
def adapted(asked, base, tmp_path_factory):
    """The folder of the adapted model, one made again from the same fits, and what was said."""
    place = tmp_path_factory.mktemp("adapted")
    said = []

    def stopped(*_, **__):
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(job, "fine_tuned", stopped)
        with pytest.raises(KeyboardInterrupt):
            halflight.adapt(**asked, output=place / "odd", model=base, **FEW)
    [work] = place.iterdir()  # the folder itself is not there
    assert {path.name for path in work.iterdir()} >= {"stamps", "validation.parquet"}
    shutil.copytree(work, place / "again" / work.name)
    with pytest.MonkeyPatch.context() as patch:  # what was done is not done again
        patch.setattr(job, "simulate", stopped)
        patch.setattr(job, "scene_fits", stopped)
        for folder in (place / "odd", place / "again" / "odd"):
            halflight.adapt(**asked, output=folder, model=base, say=said.append, **FEW)
    return place / "odd", place / "again" / "odd", said


def test_it_is_a_model_with_a_card_that_says_synthetic(adapted, base):
    folder, _, said = adapted
    card = models.read_card(folder)
    assert card.name == "odd"
    assert not card.default
    assert "synthetic galaxies (120 for train, 40 for validation, 40 for test)" in card.population
    assert "pixels of 0.15 arcsec" in card.population
    assert any("synthetic galaxies alone" in limit for limit in card.limits)
    assert card.made_from == file_hash(base)
    names = {f"{s}{m}_nmad" for s in ("", "before_") for m in ("network", "combined")}
    assert names <= set(card.scores)
    assert sorted(path.name for path in folder.parent.iterdir()) == ["again", "odd"]
    assert said[-1].startswith("on synthetic galaxies kept apart: scatter of ln R_e 0.")
    assert any(line.startswith("3 of 4: fine-tune on 120") for line in said)


def test_it_knows_the_cameras_range_and_learnt(adapted, base):
    folder, _, _ = adapted
    before, after = Measurer.load(base), Measurer.load(folder)
    low, high = after.estimator.training_range["psf_half_light_radius"]
    assert low < 4.9 < high < 8
    assert after.estimator.instrument.pixel_scale == SCALE
    assert after.joint.combinations != before.joint.combinations
    assert after.joint.domain != before.joint.domain
    scores = models.read_card(folder).scores
    assert scores["network_nmad"] < scores["before_network_nmad"]
    assert 0.4 < scores["network_coverage_68"] < 0.95


def test_the_same_call_gives_the_same_bytes(adapted):
    first, second, _ = adapted
    assert file_hash(first) == file_hash(second)


def test_its_own_image_is_measured_with_it(adapted, asked, base):
    said = dict(asked)
    image, catalogue = said.pop("image"), said.pop("catalogue")
    own, stranger = (
        halflight.measure(image, catalogue, model=model, tier="fast", **said)
        for model in (adapted[0], base)
    )
    assert np.isfinite(own["half_light_radius"]).all()
    assert (stranger["flags"] & FLAGS["psf_out_of_range"] != 0).all()
    assert (own["flags"] & FLAGS["psf_out_of_range"] == 0).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"psf": None}, "image.fits needs a PSF: --psf"),
        ({"galaxies": 100}, "galaxies must be 200 or more, received 100"),
        ({"epochs": 0}, "epochs must be 1 or more, received 0"),
        ({"model": "nothing"}, "no estimator at nothing"),
        ({"pixel_scale": -1.0}, "--pixel-scale must be above 0"),
    ],
)
def test_what_cannot_be_is_told(asked, base, tmp_path, change, message):
    with pytest.raises((ValueError, OSError), match=message):
        halflight.adapt(**{**asked, "model": base, "output": tmp_path / "odd", **FEW, **change})
    assert not list(tmp_path.iterdir())


def test_an_image_without_noise_is_told(asked, base, tmp_path):
    flat = {**asked, "image": np.ones((64, 64), np.float32)}
    del flat["rms"]
    with pytest.raises(ValueError, match="its sky does not scatter"):
        halflight.adapt(**flat, model=base, output=tmp_path / "odd", **FEW)


def test_a_folder_that_is_there_is_not_replaced(asked, base, tmp_path):
    with pytest.raises(ValueError, match="is there already: give another name"):
        halflight.adapt(**asked, model=base, output=tmp_path, **FEW)


def test_an_unknown_option_is_named(asked, base, tmp_path):
    with pytest.raises(TypeError, match="no option is called zeropoint"):
        halflight.adapt(**asked, model=base, output=tmp_path / "odd", zeropoint=3.0, **FEW)


@pytest.mark.parametrize(
    ("nll", "next_step"),
    [(-0.2, "Next: halflight measure ... --model 'my model'"), (0.1, "That is no gain: go on")],
)
def test_the_last_line_says_whether_it_was_worth_it(nll, next_step):
    scores = {"nmad": 0.1, "outlier_fraction": 0.05, "coverage_68": 0.7}
    found = {f"{start}network_{name}": v for start in ("", "before_") for name, v in scores.items()}
    found |= {"network_nll": nll, "before_network_nll": 0.0}
    line = conclusion(Path("my model"), found)
    assert "outliers 5% (before: 5%)" in line
    assert next_step in line


def test_splits_share_no_galaxy():
    splits = splits_of(203)
    rows = np.concatenate(list(splits.values()))
    assert rows.tolist() == list(range(203))
    assert [len(split) for split in splits.values()] == [122, 41, 40]


def test_the_command_hands_all_on(asked, tmp_path, monkeypatch, capsys):
    seen = {}

    def stand_in(image, catalogue, **rest):
        seen.update(rest, image=image, catalogue=catalogue)
        return models.Card("odd", "A model", False, "p", (), {}, "c", "m", "l")

    monkeypatch.setattr("halflight.cameras.adapt", stand_in)
    words = ["adapt", "a.fits", "--psf", "p.fits", "-o", str(tmp_path / "odd"), "--rms", "r.fits"]
    monkeypatch.setattr("sys.argv", ["halflight", *words, "--processes", "1"])
    with pytest.raises(SystemExit) as ended:
        command.main()
    assert ended.value.code == 0
    assert seen["image"] == "a.fits"
    assert (seen["psf"], seen["rms"], seen["catalogue"]) == ("p.fits", "r.fits", None)
    assert (seen["galaxies"], seen["epochs"], seen["seed"]) == (3000, FIT.epochs, FIT.seed)
    assert seen["command"].startswith("halflight adapt a.fits")
    assert f"`halflight models {tmp_path / 'odd'}` tells of it" in capsys.readouterr().out


def test_a_measurement_beyond_the_model_names_the_command(
    asked, base, tmp_path, monkeypatch, capsys
):
    words = ["measure", asked["image"], "-c", asked["catalogue"], "--psf", asked["psf"]]
    words += ["--first-pixel", "0", "--model", base, "--fast", "-o", tmp_path / "radii.csv"]
    monkeypatch.setattr("sys.argv", ["halflight", *map(str, words)])
    with pytest.raises(SystemExit) as ended:
        command.main()
    assert ended.value.code == 0
    out = capsys.readouterr().out
    assert "16 psf_out_of_range (bit 2)\n    `halflight adapt` makes a model" in out


def test_the_command_models_tells_of_a_folder(adapted, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["halflight", "models", str(adapted[0])])
    with pytest.raises(SystemExit) as ended:
        command.main()
    assert ended.value.code == 0
    out = capsys.readouterr().out
    assert out.startswith("odd: Half-light radius of galaxies, for one camera")
    assert "before_combined_nmad" in out


def test_a_network_alone_is_adapted_alone(base):
    alone = job.Adaptation(
        base, Measurer(Estimator.load(base)), "0", None, 200, 1, 1, 1, "c", lambda _: None
    )
    assert alone._fits(None) == {}


def test_a_model_of_classes_is_refused(base, monkeypatch):
    monkeypatch.setattr(Measurer, "probability", "star_probability")
    with pytest.raises(ValueError, match="only a model of half-light radii in one band"):
        job.Adaptation(base, Measurer(estimator()), "0", None, 200, 1, 1, 1, "c", lambda _: None)


def test_a_damaged_card_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"card\.json is missing"):
        models.read_card(tmp_path)
    (tmp_path / models.CARD).write_text(json.dumps({"name": "odd"}))
    with pytest.raises(ValueError, match=r"card\.json: a model card has the keys"):
        models.read_card(tmp_path)
