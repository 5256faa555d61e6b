"""Preparation: splits from the catalogue alone, statistics from the training split alone."""

import numpy as np
import pandas as pd
import pytest

from halflight import params, store
from halflight.prepare import SPLITS
from stages import prepare


@pytest.fixture
def settings(root):
    prepared = params.load(root / "params.yaml").prepare
    return prepared.model_copy(update={"stamp_size": 8, "psf_size": 5})


@pytest.fixture
def stamps(tmp_path):
    rng = np.random.default_rng(0)
    image = rng.normal(0, 0.03, (40, 10, 10)).astype(np.float32)
    image[3, :6] = np.nan
    image[5, 0, 0] = np.nan
    with store.write_stamps(tmp_path / "raw", shard_size=16) as writer:
        writer.append(
            pd.DataFrame({"id": np.arange(100, 140)}),
            image=image,
            sigma=np.full((40, 10, 10), 0.03, np.float32),
            psf=rng.dirichlet(np.ones(49), 40).reshape(40, 7, 7).astype(np.float32),
        )
    return store.read_stamps(tmp_path / "raw")


def test_stamps_are_cropped_scaled_and_bad_ones_left_out_by_name(stamps, settings, tmp_path):
    split = np.array([*["train"] * 30, *["validation"] * 4, *["test"] * 5, "shared sky"], object)
    scaling = prepare.fit_scalings(stamps, split == "train", settings)
    left_out = prepare.prepare("survey", stamps, split, scaling, settings, tmp_path / "out")
    assert left_out["id"].tolist() == [103, 139]
    assert left_out["reason"].tolist() == [
        "too many bad pixels",
        "shares sky with an object of another split",
    ]
    out = store.read_stamps(tmp_path / "out")
    assert out["image"].shape == (38, 8, 8)
    assert out["psf"].shape == (38, 5, 5)
    assert np.isfinite(out["image"][:]).all()
    assert out.table["source_index"].tolist() == [i for i in range(39) if i != 3]
    row = 10
    source = stamps["image"][out.table["source_index"][row]][1:-1, 1:-1]
    np.testing.assert_allclose(scaling["image"].invert(out["image"][row]), source, atol=1e-6)


def test_statistics_come_from_the_training_split_alone(stamps, settings):
    training = np.arange(40) < 20
    before = prepare.fit_scalings(stamps, training, settings)
    image = stamps["image"][:]
    image[20:] *= 100
    changed = store.Stamps(stamps.table, dict(stamps.arrays) | {"image": image})
    assert prepare.fit_scalings(changed, training, settings) == before
    assert prepare.fit_scalings(changed, ~training, settings) != before


def survey_table(fields, rows):
    count = len(fields)
    return pd.DataFrame(
        {
            "run": 94,
            "camcol": 1,
            "field": fields,
            "rowc": rows,
            "ra": 336.0 + np.linspace(0, 2, count),
            "dec": np.zeros(count),
        }
    )


@pytest.mark.parametrize("endpoint", ["sandbox", "recorded", "sdss"])
def test_every_endpoint_has_its_kind_of_sky_patch(settings, endpoint):
    if settings.survey_patches[endpoint] == "rows":
        table = survey_table(np.full(200, 12), np.linspace(60, 1400, 200))
    else:
        table = survey_table(np.repeat(np.arange(0, 200, 10), 10), np.full(200, 700.0))
    split = prepare.split_survey(table, settings, endpoint)
    assert set(SPLITS) <= set(split) <= {*SPLITS, "shared sky"}
