"""The survey room against the project's own sandbox, replaying the recorded real field."""

import json

import numpy as np
import pytest

from halflight.surveys import Wanted, download_survey

FIVE = Wanted(
    bands=tuple("ugriz"),
    reference="r",
    photometry=("psf_magnitude", "cmodel_magnitude"),
    label="type",
    truths=("kind",),
)


def test_the_recorded_field_through_astroquery(recorded_sky, survey_options):
    sandbox = pytest.importorskip("halflight.sandbox", reason="the sandbox room is not there")
    with sandbox.Sandbox(sandbox.RecordedSky(recorded_sky)) as server:
        survey = download_survey(
            **survey_options
            | {
                "endpoint": "recorded",
                "skyserver_url": server.skyserver_url,
                "sas_url": server.sas_url,
                "where": "p.mode = 2 AND p.type = 3 AND p.cModelMag_r BETWEEN 14 AND 21",
                "stamp_size": 96,
                "psf_size": 51,
            }
        )
        (block,) = list(survey)
        assert server.requests
    record = survey.provenance
    assert len(block.table) + len(survey.dropped) == record["counts"]["rows_in_selection"] == 130
    assert record["centroid_offset_pixels"]["median"] < 0.5
    assert len(record["files"]) == 2
    assert "127.0.0.1" not in json.dumps(record)
    assert np.isfinite(block.image).all()


def test_five_bands_of_the_recorded_field_lie_on_one_grid(recorded_sky, survey_options):
    """Bright stars have the catalogue's magnitude at r's place in every band, sky its noise."""
    sandbox = pytest.importorskip("halflight.sandbox", reason="the sandbox room is not there")
    with sandbox.Sandbox(sandbox.RecordedSky(recorded_sky)) as server:
        survey = download_survey(
            **survey_options
            | {
                "endpoint": "recorded",
                "wanted": FIVE,
                "skyserver_url": server.skyserver_url,
                "sas_url": server.sas_url,
                "where": "p.mode = 2 AND p.type = 6 AND p.psfMag_r BETWEEN 15 AND 18.5",
                "stamp_size": 48,
                "psf_size": 25,
            }
        )
        (block,) = list(survey)
    table = block.table
    assert (table["is_star"] == 1).all()
    assert table["redshift"].isna().all()
    assert (table["true_kind"] == "").all()
    assert survey.provenance["band"] == "ugriz"
    assert len(survey.provenance["files"]) == 6
    yy, xx = np.mgrid[:48, :48] - 23.5
    for number, band in enumerate("ugriz"):
        off = []
        for row, image in zip(table.to_dict("records"), block.image[..., number], strict=True):
            near = np.hypot(xx - row["x"] / 0.396, yy - row["y"] / 0.396) < 12
            light = float(image[near].sum(dtype=np.float64))
            off.append(22.5 - 2.5 * np.log10(light) - row[f"psf_magnitude_{band}"])
        assert abs(np.median(off)) < 0.08, band
        corner = (block.image / block.sigma)[:, :8, :8, number]
        assert 1.4826 * np.median(np.abs(corner)) == pytest.approx(1.0, abs=0.12)
        np.testing.assert_allclose(block.psf[..., number].sum(axis=(1, 2)), 1, atol=1e-4)
