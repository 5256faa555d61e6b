"""The study of galaxies in real frames: read from the recorded sky, measured, scored, one table."""

import numpy as np
import pandas as pd
import pytest

from halflight import params
from halflight.instrument import SDSS
from halflight.surveys import read_frame, read_psfield
from stages import combine, inject, injections
from stages.whole_frames import read_fields

METHODS = {"network", "combined", "scene_fit", "sersic_fit", "aperture"}
ANSWERS = 8  # the network of both runs, the package's by one orientation, both joined, three fits


@pytest.fixture
def ready(surveyed, estimators, configure, monkeypatch, recorded_sky):
    estimators()
    monkeypatch.setattr("halflight.combination.LEAST_COUNT", 5)
    combine.main("radius")
    configure(
        {
            "radius.injected.count": 6,
            "radius.simulate.stamp_size": 96,  # what the package's network sees
            "radius.simulate.psf_size": 25,
            "radius.evaluate.magnitude_edges": [14.0, 17.0, 20.5],
            "survey.recorded_sky": str(recorded_sky),
        }
    )


def test_every_method_is_scored_in_a_recorded_frame_and_again_alike(ready, capsys):
    survey, wanted, sky = params.read("survey", "radius.survey", "sandbox")
    [field] = read_fields(survey, wanted, sky, "z", "recorded")
    assert field.frame.name == "94-1-12-z"
    assert field.psf.at(700, 1000, 25).shape == (25, 25)
    assert field.noise["gain"] > 0
    key = {"run": 94, "camcol": 1, "field": 12, "band": "z"}
    again = read_frame(field.frame_file, **key, **field.noise)
    np.testing.assert_array_equal(again.image, field.frame.image)
    psf = read_psfield(field.psf_file, **key)
    np.testing.assert_array_equal(psf.at(9, 9, 25), field.psf.at(9, 9, 25))
    inject.main("radius", "z")
    assert "6 synthetic galaxies in 1 frames of band z" in capsys.readouterr().out
    file = inject.scores_of("radius", "z")
    table = pd.read_csv(file)
    of_all = table[(table["by"] == "all") & (table["galaxies"] == "all")]
    assert set(of_all.loc[of_all["quantity"] == "ln_radius", "method"]) == METHODS
    assert set(of_all["run"].dropna()) == {"default", "package"}
    before = file.read_bytes()
    inject.main("radius", "z")
    assert file.read_bytes() == before
    for band in SDSS.bands:
        inject.scores_of("radius", band).write_bytes(before)
    injections.main("radius")
    text = (file.parent / "README.md").read_text()
    assert "Acknowledge SDSS" in text
    for band in SDSS.bands:
        assert text.count(f"\n| {band} |") == ANSWERS
        assert f"\n| {band} | package | network + scene fit | 8 | 6 |" in text
