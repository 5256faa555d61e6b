"""The survey room against the project's own sandbox, replaying the recorded real field."""

import json

import numpy as np
import pytest

from halflight.surveys import download_survey


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
