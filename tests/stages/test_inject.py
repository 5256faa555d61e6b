"""The study of galaxies in real frames: read from the recorded sky, measured, scored, one table."""

import pandas as pd
import pytest

from halflight.instrument import SDSS
from stages import combine, inject, injections

METHODS = {"network", "combined", "scene_fit", "sersic_fit", "aperture"}


@pytest.fixture
def ready(surveyed, estimators, configure, monkeypatch, recorded_sky):
    estimators()
    monkeypatch.setattr("halflight.combination.LEAST_COUNT", 5)
    combine.main("radius")
    configure(
        {
            "radius.injected.count": 6,
            "radius.simulate.stamp_size": 32,
            "radius.simulate.psf_size": 25,
            "radius.evaluate.magnitude_edges": [14.0, 17.0, 20.5],
            "survey.recorded_sky": str(recorded_sky),
        }
    )


def test_every_method_is_scored_in_a_recorded_frame_and_again_alike(ready, capsys):
    [(frame, psf, noise)] = inject.read_fields("radius", "z")
    assert frame.name == "94-1-12-z"
    assert psf.at(700, 1000, 25).shape == (25, 25)
    assert noise["gain"] > 0
    inject.main("radius", "z")
    assert "6 synthetic galaxies in 1 frames of band z" in capsys.readouterr().out
    file = inject.scores_of("radius", "z")
    table = pd.read_csv(file)
    of_all = table[(table["by"] == "all") & (table["galaxies"] == "all")]
    assert set(of_all.loc[of_all["quantity"] == "ln_radius", "method"]) == METHODS
    before = file.read_bytes()
    inject.main("radius", "z")
    assert file.read_bytes() == before
    for band in SDSS.bands:
        inject.scores_of("radius", band).write_bytes(before)
    injections.main("radius")
    text = (file.parent / "README.md").read_text()
    assert "Acknowledge SDSS" in text
    for band in SDSS.bands:
        assert text.count(f"\n| {band} |") == len(METHODS)
