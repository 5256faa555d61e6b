"""The study of own images: galaxies put into a recorded frame, found again, spoilt, compared."""

import numpy as np
import pandas as pd
import pytest
import yaml

from halflight.instrument import SDSS
from halflight.trials import peers
from halflight.trials.apart import HONEST
from halflight.trials.recovered import SCORES
from halflight.trials.spoilt import SPOILINGS, blank
from stages import beside, plant, planted, spoil, vary
from stages.beside_words import METHODS
from stages.vary_ways import PLAIN, variations

FEW = {"count": 4, "per_frame": 4}


@pytest.fixture
def few(here, root, configure, monkeypatch):
    """A repository whose study is of a few galaxies."""
    study = yaml.safe_load((root / "reports/own_images/study.yaml").read_text())
    for name in ("injected", "spoilt"):
        study[name] |= FEW
    study["beside"]["count"] = 3
    study["varied"] |= {"count": 2, "columns": 2, "magnitude": [16.0, 16.5], "radius": [1.0, 2.0]}
    study["varied"]["sersic_n"] = [0.5, 1.5]
    path = here / "reports/own_images/study.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(yaml.safe_dump(study))
    return lambda **more: configure({"radius.evaluate.magnitude_edges": [14.0, 17.0, 20.5], **more})


def test_galaxies_are_found_again_in_a_recorded_frame_by_the_path_of_a_user(few, recorded_sky):
    few(**{"survey.recorded_sky": str(recorded_sky)})
    plant.main("radius", "r")
    file = plant.galaxies_of("radius", "r")
    table = pd.read_csv(file)
    assert len(table) == FEW["count"]
    bright = table[table["magnitude"] < 18]
    assert (np.abs(bright["residual"]) < 0.3).all()
    for band in SDSS.bands:
        plant.galaxies_of("radius", band).write_bytes(file.read_bytes())
    planted.main("radius")
    scores = pd.read_csv(file.parent / "scores.csv")
    assert scores[scores["by"] == "all"]["band"].to_list() == list(SDSS.bands)
    assert set(SCORES) <= set(scores)
    text = (file.parent / "README.md").read_text()
    assert "Acknowledge SDSS" in text
    assert text.count("\n| r |") == len(scores) / 5


def test_a_spoilt_image_is_told_apart(few, recorded_sky, monkeypatch):
    few(**{"survey.recorded_sky": str(recorded_sky)})
    monkeypatch.setattr("stages.spoil.SPOILINGS", (blank,))
    spoil.main("radius")
    folder = plant.folder_of("radius") / "spoilt"
    scores = pd.read_csv(folder / "scores.csv")
    assert scores.groupby("kind").size().to_dict() == {HONEST: 4, "blank": 4}
    [area] = pd.read_csv(folder / "areas.csv").to_dict("records")
    assert area["kind"] == "blank"
    assert area["auroc"] == 1.0
    assert (folder / "roc.png").stat().st_size > 1000
    assert "| blank | Sky, and nothing else | 1.000" in (folder / "README.md").read_text()
    assert len({each.__name__ for each in SPOILINGS}) == len(SPOILINGS) >= 15


def test_the_same_galaxies_have_the_same_radius_in_every_file(few, monkeypatch):
    few()
    wanted = {PLAIN, "unit MJy/sr", "int16", "positions on the sky", "mirrored", "turned by 90"}

    def fewer(settings):
        return [way for way in variations(settings) if way.name in wanted]

    monkeypatch.setattr(vary, "variations", fewer)
    vary.main("radius")
    folder = plant.folder_of("radius") / "varied"
    answers = pd.read_csv(folder / "answers.csv")
    assert answers.groupby("variation").size().to_dict() == dict.fromkeys(wanted, 2)
    assert (answers["residual"].abs() < 0.5).all()
    others = pd.read_csv(folder / "scores.csv").set_index("variation").drop(PLAIN)
    assert (others["change_largest"] < 0.1).all()
    assert (others["magnitude_change"] < 0.03).all()
    assert (others.drop("int16")["change_largest"] < 0.01).all()
    text = (folder / "README.md").read_text()
    assert text.count("\n| mirrored |") == 2
    assert text.count("\n| plain |") == 1


def test_every_method_measures_the_same_stamps(few):
    if lacking := peers.missing():
        pytest.skip(f"{' and '.join(lacking)} not installed: pip install '.[compare]'")
    few()
    beside.main("radius")
    folder = plant.folder_of("radius") / "beside"
    answers = pd.read_csv(folder / "answers.csv")
    assert answers.groupby("method").size().to_dict() == dict.fromkeys(METHODS, 3)
    scores = pd.read_csv(folder / "scores.csv")
    assert (scores["seconds"] > 0).all()
    assert (folder / "README.md").read_text().count("statmorph, ") == 2


def test_without_the_other_programs_it_is_said_what_installs_them(few, monkeypatch):
    monkeypatch.setattr(peers, "PACKAGES", ("no_such_program",))
    with pytest.raises(ValueError, match=r"no_such_program.*'\.\[compare\]'"):
        beside.main("radius")
