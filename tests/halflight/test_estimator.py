"""A measurement is that of its stamp alone: turned, in any company, from disk, reloaded."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from halflight import files
from halflight.estimator import CHUNK, DESCRIPTION, Estimator
from halflight.instrument import SDSS, Instrument
from halflight.prepare import orient
from halflight.quality import FLAGS
from tests.tiny import (
    PREPARATION,
    RADIUS,
    SHAPE,
    R,
    discs,
    estimator,
    network,
    point_spread,
    write_raw,
)

COLUMNS = [*RADIUS.table(*np.empty((3, 0, 3))), "bad_fraction", "flags"]
NUMBERS = [name for name in COLUMNS if not name.endswith("_dof")]  # without: a Gaussian's infinity


@pytest.fixture(scope="module")
def measuring():
    """An estimator that no test changes."""
    return estimator()


@pytest.fixture
def stamps():
    """Image, sigma and PSF of eight discs."""
    return list(discs(8)[1:])


def same(one, other):
    pd.testing.assert_frame_equal(one, other, check_exact=True)


def contents(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_row_a_stamp_with_the_radius_its_error_and_no_flag(measuring, stamps):
    table = measuring.measure(*stamps)
    assert list(table) == COLUMNS
    assert len(table) == 8
    assert np.isfinite(table[NUMBERS]).all(axis=None)
    assert (table["ln_radius_sigma"] > 0).all()
    assert table["ln_radius"].nunique() == 8
    np.testing.assert_allclose(table["half_light_radius"], np.exp(table["ln_radius"]))
    assert (table["flags"] == 0).all()
    assert (table["bad_fraction"] == 0).all()


def test_what_was_saved_measures_the_same_to_the_byte(measuring, stamps, tmp_path):
    measuring.save(tmp_path / "estimator")
    loaded = Estimator.load(tmp_path / "estimator")
    same(loaded.measure(*stamps), measuring.measure(*stamps))
    for name in (
        *("task", "instrument", "preparation", "training_range", "dof", "orientations", "licence"),
    ):
        assert getattr(loaded, name) == getattr(measuring, name), name
    assert loaded.provenance.items() > measuring.provenance.items()
    loaded.save(tmp_path / "again")
    assert contents(tmp_path / "again") == contents(tmp_path / "estimator")


def test_a_stamp_is_measured_alike_alone_and_among_others(measuring):
    _, *arrays = discs(20)
    together = measuring.measure(*arrays)
    one_by_one = [measuring.measure(*(a[i : i + 1] for a in arrays)) for i in range(20)]
    same(pd.concat(one_by_one, ignore_index=True), together)
    order = np.random.default_rng(0).permutation(20)
    shuffled = measuring.measure(*(a[order] for a in arrays))
    same(shuffled, together.iloc[order].reset_index(drop=True))


def test_more_stamps_than_are_measured_at_a_time_are_measured_alike(measuring, stamps):
    repeats = CHUNK // 8 + 1
    many = measuring.measure(*(np.concatenate([a] * repeats) for a in stamps))
    same(many, pd.concat([measuring.measure(*stamps)] * repeats, ignore_index=True))


def test_a_measurement_does_not_depend_on_how_the_camera_was_turned(measuring, stamps):
    upright = measuring.measure(*stamps)
    for k in range(1, 8):
        turned = measuring.measure(*(orient(a, k) for a in stamps))
        np.testing.assert_allclose(turned, upright, rtol=1e-12, err_msg=str(k))
    once = replace(measuring, orientations=1)
    turned = once.measure(*(orient(a, 1) for a in stamps))
    assert np.abs(turned["ln_radius"] - once.measure(*stamps)["ln_radius"]).max() > 1e-4


def big_endian(a):
    return a.astype(">f4")


def double(a):
    return a.astype(np.float64)


def not_contiguous(a):
    return np.repeat(a, 2, axis=0)[::2]


def without_bands(a):
    return a[..., 0]


@pytest.mark.parametrize("change", [big_endian, double, not_contiguous, without_bands])
def test_the_same_pixels_in_another_form_are_measured_alike(measuring, stamps, change):
    same(measuring.measure(*map(change, stamps)), measuring.measure(*stamps))


def test_a_masked_pixel_is_a_bad_one_however_it_is_marked(measuring, stamps):
    image, sigma, psf = stamps
    where = np.zeros(image.shape, bool)
    where[2, 9:11, 9] = True
    expected = measuring.measure(np.where(where, np.nan, image).astype(np.float32), sigma, psf)
    assert expected["bad_fraction"][2] == np.float32(2 / 400)
    assert expected["ln_radius"][2] != measuring.measure(*stamps)["ln_radius"][2]
    for marked in (
        (np.ma.array(image, mask=where), sigma),
        (image, np.ma.array(sigma, mask=where)),
        (image, np.where(where, np.inf, sigma)),
        (image, np.where(where, 0, sigma)),
    ):
        same(measuring.measure(*marked, np.ma.array(psf)), expected)


def test_the_callers_arrays_are_not_changed(measuring, stamps):
    stamps[0][0, 3:9], stamps[2][1] = np.nan, np.nan
    before = [a.tobytes() for a in stamps]
    measuring.measure(*stamps)
    assert [a.tobytes() for a in stamps] == before


def no_radius_inside(psf):
    psf[0] = 0
    psf[0, [0, 0, -1, -1], [0, -1, 0, -1]] = 0.25


def too_broad(psf):
    psf[0] = point_spread(1, width=4.0)[0]


def too_narrow(psf):
    psf[0] = point_spread(1, width=0.5)[0]


@pytest.mark.parametrize("spoil", [no_radius_inside, too_broad, too_narrow])
def test_a_psf_unlike_those_of_the_training_is_flagged_and_measured(measuring, stamps, spoil):
    before = measuring.measure(*stamps)
    spoil(stamps[2])
    table = measuring.measure(*stamps)
    assert table["flags"].tolist() == [FLAGS["psf_out_of_range"], *[0] * 7]
    assert np.isfinite(table["ln_radius"][0])
    same(table.iloc[1:], before.iloc[1:])


def test_a_stamp_of_too_many_bad_pixels_is_flagged_and_measured(measuring, stamps):
    image = stamps[0]
    image[0, 0, :19] = np.nan  # 19 and 21 of 400 pixels; 5 % are allowed
    image[1, 0, :19], image[1, 1, :2] = np.nan, np.inf
    table = measuring.measure(*stamps)
    assert table["flags"].tolist() == [0, FLAGS["bad_pixels"], *[0] * 6]
    assert np.isfinite(table["ln_radius"][1])
    np.testing.assert_allclose(table["bad_fraction"][:2], [19 / 400, 21 / 400], rtol=1e-6)


def test_a_radius_beyond_those_of_the_training_is_flagged(measuring, stamps):
    radii = measuring.measure(*stamps)["ln_radius"] - np.log(R.pixel_scale)
    low, high = np.sort(radii)[[1, 5]] + [-1e-9, 1e-9]
    narrow = replace(measuring, training_range={"ln_radius": (low, high)})
    table = narrow.measure(*stamps)
    outside = ~radii.between(low, high)
    assert outside.sum() == 3
    np.testing.assert_array_equal(table["flags"], outside * FLAGS["value_out_of_range"])


def test_without_a_known_range_nothing_is_out_of_range(measuring, stamps):
    too_broad(stamps[2])
    assert (replace(measuring, training_range={}).measure(*stamps)["flags"] == 0).all()


def nan(psf):
    psf[3, 0, 0] = np.nan


def infinite(psf):
    psf[3, 5, 5] = np.inf


def dark(psf):
    psf[3] = 0


def negative(psf):
    psf[3] *= -1


@pytest.mark.parametrize("spoil", [nan, infinite, dark, negative])
def test_a_stamp_without_a_psf_is_a_row_of_nan_and_the_others_are_as_before(
    measuring, stamps, spoil
):
    before = measuring.measure(*stamps)
    spoil(stamps[2])
    table = measuring.measure(*stamps)
    others = np.arange(8) != 3
    same(table[others], before[others])
    assert table.loc[3, COLUMNS[:-2]].isna().all()
    assert table["flags"][3] == FLAGS["not_measured"]
    assert table["bad_fraction"][3] == 0


def test_several_threads_measure_what_one_does(measuring, stamps):
    expected = [measuring.measure(*(part[:n] for part in stamps)) for n in (3, 8)]
    with ThreadPoolExecutor(4) as pool:
        found = pool.map(lambda n: measuring.measure(*(part[:n] for part in stamps)), (3, 8) * 4)
        for number, table in enumerate(found):
            same(table, expected[number % 2])


def test_a_masked_psf_is_none(measuring, stamps):
    mask = np.zeros(stamps[2].shape, bool)
    mask[3, 5, 5] = True
    table = measuring.measure(*stamps[:2], np.ma.array(stamps[2], mask=mask))
    assert table.index[table["flags"] == FLAGS["not_measured"]].tolist() == [3]


@pytest.mark.parametrize("blank", ["image", "sigma"])
def test_a_stamp_without_a_good_pixel_is_a_row_of_nan(measuring, stamps, blank):
    before = measuring.measure(*stamps)
    stamps[["image", "sigma"].index(blank)][3] = np.nan
    table = measuring.measure(*stamps)
    others = np.arange(8) != 3
    same(table[others], before[others])
    assert table.loc[3, COLUMNS[:-2]].isna().all()
    assert table["flags"][3] == FLAGS["not_measured"] | FLAGS["bad_pixels"]
    assert table["bad_fraction"][3] == 1


def test_an_absurd_pixel_or_psf_spoils_no_other_stamp(measuring, stamps):
    before = measuring.measure(*stamps)
    stamps[0][3, 9, 9], stamps[2][4] = 3e38, 3e38
    table = measuring.measure(*stamps)
    others = [0, 1, 2, 5, 6, 7]
    same(table.iloc[others], before.iloc[others])
    assert np.isfinite(table[NUMBERS]).all(axis=None)
    beyond = stamps[2].astype(np.float64)
    beyond[4] = 1e39
    assert measuring.measure(*stamps[:2], beyond)["flags"][4] == FLAGS["not_measured"]


def test_a_pixel_that_float32_cannot_hold_is_a_bad_one(measuring, stamps):
    image = stamps[0].astype(np.float64)
    image[3, 9, 9] = 1e39
    expected = measuring.measure(np.where(image > 1e38, np.nan, image), *stamps[1:])
    same(measuring.measure(image, *stamps[1:]), expected)
    assert expected["bad_fraction"][3] == np.float32(1 / 400)


def test_only_hopeless_stamps_are_rows_of_nan_too(measuring, stamps):
    table = measuring.measure(np.full_like(stamps[0], np.nan), *stamps[1:])
    assert table[COLUMNS[:-2]].isna().all(axis=None)


def test_no_stamps_make_an_empty_table_of_the_same_columns(measuring, stamps, tmp_path):
    empty = measuring.measure(*(a[:0] for a in stamps))
    assert len(empty) == 0
    same(empty, measuring.measure(*stamps).iloc[:0])
    opened = write_raw(tmp_path / "raw", *discs(3))
    same(measuring.measure_stamps(opened, np.arange(0)), empty)


def test_stamps_on_disk_are_measured_as_those_in_memory(measuring, tmp_path):
    table, *arrays = discs(40)
    opened = write_raw(tmp_path / "raw", table, *arrays)
    expected = measuring.measure(*arrays)
    same(measuring.measure_stamps(opened), expected)
    rows = np.array([39, 0, 17, 17])
    same(measuring.measure_stamps(opened, rows), expected.iloc[rows].reset_index(drop=True))


def test_another_camera_changes_lengths_and_magnitudes_by_its_units_alone(
    measuring, stamps, tmp_path
):
    before = measuring.measure(*stamps)
    camera = Instrument("another", 0.2, ("x",), unit="electron", zero_point=31.0)
    image, sigma, psf = stamps
    table = measuring.measure(512 * image, 512 * sigma, psf, instrument=camera)
    np.testing.assert_allclose(
        table["ln_radius"], before["ln_radius"] + np.log(0.2 / R.pixel_scale), rtol=1e-12
    )
    shift = 31.0 - R.zero_point - 2.5 * np.log10(512)
    np.testing.assert_allclose(table["magnitude"], before["magnitude"] + shift, rtol=1e-7)
    unchanged = ["ln_radius_sigma", "axis_ratio", "magnitude_sigma", "bad_fraction", "flags"]
    same(table[unchanged], before[unchanged])
    brighter = (512 * image, 512 * sigma, psf)
    opened = write_raw(tmp_path / "raw", discs(8)[0], *brighter, instrument=camera)
    same(measuring.measure_stamps(opened), table)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"psf": "optical"}, "1 band.* and effective PSFs; those of HSC have 1 .* and optical"),
        ({"bands": ("g", "r")}, r"1 band.*; those of HSC have 2 \(g, r\)"),
    ],
)
def test_stamps_of_other_bands_or_psfs_are_refused_by_name(measuring, stamps, change, message):
    with pytest.raises(ValueError, match=message):
        measuring.measure(*stamps, instrument=replace(R, name="HSC", **change))


def test_a_camera_of_another_name_with_the_same_pixels_is_welcome(measuring, stamps):
    same(measuring.measure(*stamps, instrument=replace(R, name="twin")), measuring.measure(*stamps))


def resized(array, *shape):
    return np.resize(array, shape)


@pytest.mark.parametrize(
    ("name", "shape", "message"),
    [
        ("image", (8, 21, 21, 1), "image must be .* even side of at least 16"),
        ("image", (8, 14, 14, 1), "image must be .* even side of at least 16"),
        ("image", (8, 20, 22, 1), "image must be"),
        ("image", (8, 20, 20, 2), r"image must be \(8, side, side, 1\).*a band each of r"),
        ("image", (20, 20), "image must be"),
        ("sigma", (7, 20, 20, 1), r"sigma must be \(8, .*received \(7, 20, 20, 1\)"),
        ("psf", (8, 10, 10, 1), "psf must be .* odd side of at least 9"),
        ("psf", (8, 7, 7, 1), "psf must be .* odd side of at least 9"),
        ("psf", (1, 11, 11, 1), r"psf must be \(8,"),
        ("psf", (11, 11), "psf must be"),
    ],
)
def test_arrays_that_do_not_fit_are_refused_by_name(measuring, stamps, name, shape, message):
    place = ["image", "sigma", "psf"].index(name)
    stamps[place] = np.resize(stamps[place], shape)
    with pytest.raises(ValueError, match=message):
        measuring.measure(*stamps)


def test_an_image_and_a_sigma_of_unlike_sides_are_refused(measuring, stamps):
    with pytest.raises(ValueError, match="image and sigma must share one shape"):
        measuring.measure(stamps[0], np.resize(stamps[1], (8, 18, 18, 1)), stamps[2])


def test_two_bands_are_measured_together_and_need_an_axis(stamps):
    gr = SDSS.with_bands("gr")
    both = estimator(instrument=gr, network=network(bands=2))
    two = [np.concatenate([a, a], axis=-1) for a in stamps]
    two[0][:4, ..., 0] *= 2
    table = both.measure(*two, instrument=gr)
    assert np.isfinite(table[NUMBERS]).all(axis=None)
    same(both.measure(*(a[4:] for a in two)), table.iloc[4:].reset_index(drop=True))
    with pytest.raises(ValueError, match=r"image must be \(8, side, side, 2\).*g, r"):
        both.measure(*(a[..., 0] for a in two))


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"network": network(bands=2)}, "needs a network of the inputs"),
        ({"instrument": SDSS.with_bands("gr")}, "needs a network of the inputs"),
        ({"preparation": replace(PREPARATION, psf_size=11)}, "needs a network of the inputs"),
        ({"network": network(SHAPE)}, "task radius needs a network of 6 outputs"),
        ({"orientations": 0}, "orientations must be 1 to 8"),
        ({"orientations": 9}, "orientations must be 1 to 8"),
    ],
)
def test_parts_that_do_not_belong_together_are_refused(parts, message):
    with pytest.raises(ValueError, match=message):
        estimator(**parts)


def test_error_bars_are_made_to_hold_68_and_95_per_cent_and_nothing_else_changes(stamps):
    ours = estimator(SHAPE)
    before = ours.measure(*stamps)
    p = (np.arange(4000) + 0.5) / 4000
    heavy = stats.t.ppf(p, 3.0) / stats.t.ppf(0.841345, 3.0)
    values = np.column_stack([2.0 * heavy, 0.5 * stats.norm.ppf(p)])
    calibrated = ours.calibrated((values, np.ones_like(values)), np.zeros_like(values))
    after = calibrated.measure(*stamps)
    same(after[["ln_radius", "axis_ratio"]], before[["ln_radius", "axis_ratio"]])
    for name, scale in (("ln_radius", 2.0), ("axis_ratio", 0.5)):
        ratio = after[f"{name}_sigma"] / before[f"{name}_sigma"]
        np.testing.assert_allclose(ratio, scale, rtol=2e-3)
    assert after["ln_radius_dof"].to_numpy() == pytest.approx(3.0, rel=0.02)
    assert calibrated.dof["axis_ratio"] == np.inf


def test_provenance_is_added_to_and_kept(measuring):
    told = measuring.with_provenance(trained_on="simulated, sandbox", labels={"train": 9})
    assert told.provenance == {
        "trained_on": "simulated, sandbox",
        "device": "cpu",
        "labels": {"train": 9},
    }
    assert measuring.provenance["trained_on"] == "simulated"


def test_a_save_that_fails_keeps_the_old_folder(measuring, tmp_path):
    folder = tmp_path / "estimator"
    measuring.save(folder)
    before = contents(folder)
    with pytest.raises(ValueError, match=r"JSON|range"):
        measuring.with_provenance(loss=float("nan")).save(folder)
    assert contents(folder) == before
    assert [path.name for path in tmp_path.iterdir()] == ["estimator"]


def test_a_folder_without_an_estimator_is_not_found(tmp_path):
    for folder in (tmp_path / "nowhere", tmp_path):
        with pytest.raises(FileNotFoundError, match=r"no estimator at .*estimator\.json"):
            Estimator.load(folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": 1}, "has format 1, this version of halflight reads 2"),
        ({"licence": ...}, "needs exactly the keys"),
        ({"extra": 1}, "needs exactly the keys"),
        ({"task": None}, ""),
        ({"task": {"name": "colour"}}, "no task 'colour'"),
        ({"task": {**RADIUS.describe(), "quantities": []}}, "other quantities than task radius"),
        ({"instrument": {}}, "an instrument has the keys"),
        ({"instrument": R.to_dict() | {"pixel_scale": 0}}, "pixel_scale"),
        ({"instrument": R.to_dict() | {"pixel_scale": "0.396"}}, ""),
        ({"instrument": R.to_dict() | {"bands": ["g", "r"]}}, "needs a network of the inputs"),
        ({"preparation": {"mean": 0.4}}, "a preparation has the keys"),
        ({"preparation": None}, ""),
        ({"training_range": {"half_light_radius": [1.0]}}, ""),
        ({"training_range": [1.0]}, ""),
        ({"orientations": 0}, "orientations must be 1 to 8"),
        ({"orientations": "8"}, "orientations must be 1 to 8"),
        ({"orientations": 2.5}, "orientations must be 1 to 8"),
        ({"training_range": {"half_light_radius": ["low", "high"]}}, "'low'"),
        ({"preparation": PREPARATION.to_dict() | {"max_bad_fraction": "few"}}, "max_bad_fraction"),
        ({"provenance": None}, ""),
    ],
)
def test_a_description_that_is_wrong_is_an_error_that_names_the_file(
    measuring, tmp_path, change, message
):
    measuring.save(tmp_path)
    file = tmp_path / DESCRIPTION
    changed = {**files.read_json(file), **change}
    files.write_json(file, {k: v for k, v in changed.items() if v is not ...})
    with pytest.raises(ValueError, match=rf"estimator\.json.*{message}"):
        Estimator.load(tmp_path)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b'"estimator"', b"\xff\xfe"])
def test_a_description_that_is_none_is_an_error_that_names_the_file(measuring, tmp_path, content):
    measuring.save(tmp_path)
    (tmp_path / DESCRIPTION).write_bytes(content)
    with pytest.raises(ValueError, match=r"estimator\.json"):
        Estimator.load(tmp_path)


def test_a_network_that_is_damaged_or_missing_is_named(measuring, tmp_path):
    measuring.save(tmp_path)
    [weights] = (tmp_path / "network").glob("*.safetensors")
    weights.write_bytes(weights.read_bytes()[:-8])
    with pytest.raises(ValueError, match=weights.name):
        Estimator.load(tmp_path)
    weights.unlink()
    with pytest.raises(FileNotFoundError, match=weights.name):
        Estimator.load(tmp_path)


def test_a_saved_estimator_is_plain_text_and_weights_alone(measuring, tmp_path):
    measuring.save(tmp_path)
    names = {path.suffix for path in tmp_path.rglob("*") if path.is_file()}
    assert names == {".json", ".safetensors"}
    description = json.loads((tmp_path / DESCRIPTION).read_text())
    assert description["licence"] == "BSD-3-Clause"
    assert description["task"]["quantities"][0]["unit"] == "arcsec"
    assert "halflight" in description["provenance"]
