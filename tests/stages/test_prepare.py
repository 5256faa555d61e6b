"""Preparation of a data set: splits from the catalogue alone, bad stamps left out by name."""

from dataclasses import fields

import numpy as np
import pandas as pd
import pytest

from halflight import params, store
from halflight.instrument import SDSS
from halflight.paths import TaskPaths
from halflight.prepare import SPLITS, Preparation, unstretch
from stages import prepare

PLACE = TaskPaths("radius")
R = SDSS.with_bands("r")


@pytest.fixture
def settings(root):
    prepared = params.read("radius.prepare", path=root / "params.yaml")
    return prepared.model_copy(update={"stamp_size": 8, "psf_size": 5})


@pytest.fixture
def preparation(settings):
    names = (field.name for field in fields(Preparation))
    return Preparation(**{name: getattr(settings, name) for name in names})


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty repository root to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(table, origin, dataset="survey"):
    rng = np.random.default_rng(0)
    count = len(table)
    image = rng.normal(0, 0.03, (count, 10, 10, 1)).astype(np.float32)
    image[3, :6] = np.nan
    image[5, 0, 0] = np.nan
    with store.write_stamps(
        PLACE.stamps(dataset), instrument=R, origin=origin, shard_size=16
    ) as writer:
        writer.append(
            table,
            image=image,
            sigma=np.full_like(image, 0.03),
            psf=rng.dirichlet(np.ones(49), count).reshape(count, 7, 7, 1).astype(np.float32),
        )
    return store.read_stamps(PLACE.stamps(dataset))


def test_stamps_are_cropped_stretched_and_bad_ones_left_out_by_name(folder, preparation):
    stamps = written(pd.DataFrame({"id": np.arange(100, 140)}), "sandbox")
    split = np.array([*["train"] * 30, *["validation"] * 4, *["test"] * 5, "shared sky"], object)
    left_out = prepare.write_prepared(stamps, split, preparation, PLACE, "survey")
    assert left_out["id"].tolist() == [103, 139]
    assert left_out["reason"].tolist() == [
        "too many bad pixels",
        "shares sky with an object of another split",
    ]
    out = store.read_stamps(PLACE.prepared("survey"))
    assert (out.instrument, out.origin) == (R, "sandbox")
    assert out["image"].shape == (38, 8, 8, 1)
    assert out["psf"].shape == (38, 5, 5, 1)
    assert np.isfinite(out["image"][:]).all()
    assert out.table["source_index"].tolist() == [i for i in range(39) if i != 3]
    assert out.table["split"].tolist() == [split[i] for i in range(39) if i != 3]
    assert out.table.set_index("id")["bad_fraction"][105] == np.float32(0.01)
    row = 10
    source = stamps["image"][out.table["source_index"][row]][1:-1, 1:-1]
    back = unstretch(out["image"][row], preparation.image_softening) * out.table["noise"][row]
    np.testing.assert_allclose(back, source, rtol=1e-5, atol=1e-6)


def test_the_stage_writes_the_stamps_what_was_done_and_what_was_left_out(
    folder, root, monkeypatch, settings, capsys
):
    monkeypatch.setattr("halflight.params.read", {"radius.prepare": settings}.__getitem__)
    tiers = np.repeat(["camera", "sdss_like"], 100)
    written(pd.DataFrame({"id": np.arange(100, 300), "tier": tiers}), "simulated", "simulated")
    prepare.main("radius", "simulated")
    out = store.read_stamps(PLACE.prepared("simulated"))
    assert len(out) == 199
    for tier, of_tier in out.table.groupby("tier"):
        shares = of_tier["split"].value_counts(normalize=True).reindex(SPLITS, fill_value=0.0)
        wanted = settings.split[tier].fractions
        assert shares.to_list() == pytest.approx(wanted, abs=0.02), tier
    assert pd.read_csv(PLACE.left_out("simulated"))["id"].tolist() == [103]
    assert (
        Preparation.from_dict(prepare.files.read_json(PLACE.preparation("simulated"))).stamp_size
        == 8
    )
    assert "1 left out" in capsys.readouterr().out


def survey_table(fields, rows):
    count = len(fields)
    return pd.DataFrame(
        {
            "id": np.arange(count),
            "run": 94,
            "camcol": 1,
            "field": fields,
            "rowc": rows,
            "ra": 336.0 + np.linspace(0, 2, count),
            "dec": np.zeros(count),
        }
    )


@pytest.mark.parametrize("origin", ["sandbox", "recorded", "sdss"])
def test_every_sky_has_its_kind_of_patch(folder, settings, origin):
    if settings.split[origin].patches == "rows":
        table = survey_table(np.full(200, 12), np.linspace(60, 1400, 200))
        patch = table["rowc"] // settings.rows_per_patch
    else:
        table = survey_table(np.repeat(np.arange(0, 200, 10), 10), np.full(200, 700.0))
        patch = table["field"] // 10
    split = pd.Series(prepare.split_stamps(written(table, origin), settings))
    assert set(SPLITS) <= set(split) <= {*SPLITS, "shared sky"}
    inside = split != "shared sky"
    by_patch = split[inside].groupby(patch[inside])
    assert (by_patch.min() == by_patch.max()).all()


def test_a_stamps_split_does_not_depend_on_its_pixels(folder, settings):
    stamps = written(pd.DataFrame({"id": np.arange(40), "tier": "camera"}), "simulated")
    split = prepare.split_stamps(stamps, settings)
    blind = store.Stamps(stamps.table, {}, stamps.instrument, stamps.origin)
    assert prepare.split_stamps(blind, settings).tolist() == split.tolist()


def test_neighbours_in_two_splits_are_told_apart_by_the_size_of_a_stamp(folder, settings):
    # Two fields of different patches, each object of one 5 arcsec from an object of the other.
    table = survey_table(np.repeat(np.arange(0, 400, 10), 2), np.full(80, 700.0))
    table["ra"] = 336.0 + np.repeat(np.arange(40), 2) * 0.1
    table.loc[1::2, "field"] += 1000
    table.loc[1::2, "ra"] += 5 / 3600
    stamps = written(table, "sandbox")
    wide = settings.model_copy(update={"stamp_size": 10})  # diagonal: 5.6 arcsec
    narrow = settings.model_copy(update={"stamp_size": 8})  # 4.5 arcsec
    assert "shared sky" in prepare.split_stamps(stamps, wide)
    assert "shared sky" not in prepare.split_stamps(stamps, narrow)


def test_a_sky_without_a_rule_is_named(folder, settings):
    stamps = written(pd.DataFrame({"id": np.arange(10)}), "hst")
    with pytest.raises(ValueError, match=r"^radius\.prepare\.split says nothing of .*'hst'"):
        prepare.split_columns(stamps, settings, "radius")
