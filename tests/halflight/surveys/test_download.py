"""The whole path on the loopback sky: blocks, accounts, failures, determinism."""

import json
import threading

import numpy as np
import pandas as pd
import pytest

from halflight.surveys import SurveyError, SurveyParameterError, TooManyFailedFieldsError
from halflight.surveys.download import download_survey


@pytest.fixture
def download(survey_options):
    def run(**changes):
        options = survey_options | changes
        survey = download_survey(options.pop("cache_folder"), **options)
        return survey, list(survey)

    return run


def test_blocks_hold_what_the_sky_holds(sky, download, tools):
    survey, blocks = download(truth_table="SyntheticTruth")
    assert [block.table["field"].iloc[0] for block in blocks] == [50, 60, 70]
    for block in blocks:
        count = len(block.table)
        assert block.image.shape == block.sigma.shape == (count, 64, 64, 1)
        assert block.psf.shape == (count, 31, 31, 1)
        assert {a.dtype for a in (block.image, block.sigma, block.psf)} == {np.dtype("float32")}
        light = block.image[..., 0].sum(axis=(1, 2))
        expected = 10 ** (0.4 * (22.5 - block.table["magnitude"].to_numpy()))
        np.testing.assert_allclose(light, expected, atol=5 * tools.sigma * 64)  # 64 x 64 pixels
        np.testing.assert_allclose(block.psf.sum(axis=(1, 2)), 1, atol=1e-5)
        assert (block.table["sky"] == tools.sky_counts).all()
        np.testing.assert_allclose(block.table["nmgy_per_count"], 0.005)
        assert (block.table["true_half_light_radius"] == 1.5).all()
        assert block.table["id"].is_monotonic_increasing
    assert sum(len(block.table) for block in blocks) == 24
    assert survey.dropped.empty
    assert survey.provenance["counts"]["stamps"] == 24
    assert survey.provenance["centroid_offset_pixels"]["count"] == 24
    assert survey.provenance["centroid_offset_pixels"]["p90"] < 0.01


def test_table_columns(download):
    _, blocks = download()
    table = blocks[0].table
    assert set(table) == {
        *("id", "run", "camcol", "field", "ra", "dec", "rowc", "colc", "x", "y"),
        *("magnitude", "magnitude_error", "petro_r50", "petro_r90", "dev_radius"),
        *("dev_axis_ratio", "exp_radius", "exp_axis_ratio", "frac_dev", "extinction", "psf_fwhm"),
        *("psf_half_light_radius", "nmgy_per_count", "sky", "gain", "dark_variance"),
        *("true_half_light_radius", "true_axis_ratio", "true_sersic_n", "true_magnitude"),
    }
    assert table["id"].dtype == np.int64
    assert table["true_sersic_n"].isna().all()


def test_same_output_for_any_number_of_workers_and_any_luck(sky, download, tmp_path, tools):
    first, blocks = download(workers=1, cache_folder=tmp_path / "one")
    sky.fail("psField", tools.reply(503, b"no"), tools.reply(200, b"no"))
    sky.fail("SELECT", tools.reply(500, b"no"))
    again, others = download(workers=4, cache_folder=tmp_path / "four")
    assert json.dumps(first.provenance) == json.dumps(again.provenance)
    for block, other in zip(blocks, others, strict=True):
        pd.testing.assert_frame_equal(block.table, other.table, check_exact=True)
        for a, b in zip(block[1:], other[1:], strict=True):
            assert a.tobytes() == b.tobytes()


def test_a_second_run_fetches_no_file(sky, download):
    download()
    before = sky.requests("/sas/")
    download()
    assert before == 6
    assert sky.requests("/sas/") == before


def test_provenance(sky, download, tools):
    survey, _ = download()
    record = survey.provenance
    assert record["addresses"] == {"skyserver": "loopback", "sas": "loopback"}
    assert sky.url.rpartition(":")[2] not in json.dumps(record)
    assert "WHERE (f.run*1009" in record["sql"]["rows"]
    assert [file["path"] for file in record["files"][:2]] == [
        tools.frame_path(100, 3, 50).removeprefix("/sas/"),
        tools.psfield_path(100, 3, 50).removeprefix("/sas/"),
    ]
    assert all(len(file["sha256"]) == 64 and file["bytes"] > 0 for file in record["files"])
    assert (record["endpoint"], record["release"], record["band"]) == ("loopback", 17, "r")
    assert record["astroquery"]


def test_objects_at_the_edge_are_counted(sky, download):
    sky.catalogue = sky.catalogue.copy()
    sky.catalogue.loc[:1, ["ra", "dec"]] -= 0.1  # some 900 pixels: out of the frame
    survey, blocks = download()
    stamps = sum(len(block.table) for block in blocks)
    assert stamps == 22
    assert survey.provenance["dropped"] == {"frame edge": 2}
    kept = set(pd.concat([block.table for block in blocks])["id"])
    assert kept.isdisjoint(survey.dropped["id"])
    assert kept | set(survey.dropped["id"]) == set(sky.catalogue["id"])


def spoil_missing(sky, tools):
    del sky.files[tools.frame_path(100, 3, 60)]


def spoil_psf(sky, tools):
    del sky.files[tools.psfield_path(100, 3, 60)]


def spoil_corrupt(sky, tools):
    sky.files[tools.frame_path(100, 3, 60)] = sky.files[tools.frame_path(100, 3, 60)][:5000]


def spoil_other(sky, tools):
    sky.files[tools.frame_path(100, 3, 60)] = sky.files[tools.frame_path(100, 3, 50)]


def spoil_other_psf(sky, tools):
    sky.files[tools.psfield_path(100, 3, 60)] = sky.files[tools.psfield_path(100, 3, 50)]


def spoil_shift(sky, tools):
    shifted = tools.make_field(number=60, shift=4.0).frame_bytes()
    sky.files[tools.frame_path(100, 3, 60)] = shifted


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (spoil_missing, "file not found"),
        (spoil_psf, "file not found"),
        (spoil_corrupt, "malformed frame"),
        (spoil_other, "malformed frame"),
        (spoil_other_psf, "malformed psField"),
        (spoil_shift, "positions off the light"),
    ],
)
def test_a_lost_field_is_counted_and_the_rest_goes_on(sky, download, tools, spoil, reason):
    spoil(sky, tools)
    survey, blocks = download(max_failed_fields=0.34)
    assert [block.table["field"].iloc[0] for block in blocks] == [50, 70]
    assert survey.provenance["dropped"] == {f"field failed: {reason}": 8}
    assert survey.provenance["failed_fields"] == [{"field": "100-3-60", "reason": reason}]
    assert survey.provenance["counts"]["failed_fields"] == 1
    with pytest.raises(TooManyFailedFieldsError, match=r"1 of 3 .* max_failed_fields = 0\.3 .*60"):
        download(max_failed_fields=0.3)


def test_half_a_frame_of_zeros_costs_the_stamps_on_it_and_is_fetched_again(sky, download, tools):
    made = tools.make_field(number=60)
    made.hdus[0].data[:, :1024] = 0
    honest = sky.files[tools.frame_path(100, 3, 60)]
    sky.files[tools.frame_path(100, 3, 60)] = made.frame_bytes()
    survey, blocks = download()
    lost = (made.rows["colc"] < 1024 + 32).sum()
    assert survey.provenance["dropped"] == {"exact zeros": lost}
    assert sum(len(block.table) for block in blocks) == 24 - lost
    assert all((block.image != 0).all() for block in blocks)
    sky.files[tools.frame_path(100, 3, 60)] = honest
    survey, blocks = download()
    assert survey.provenance["dropped"] == {}
    assert sum(len(block.table) for block in blocks) == 24


def test_an_object_without_light_is_dropped_alone(sky, download):
    sky.catalogue = sky.catalogue.copy()
    sky.catalogue.loc[0, "dec"] += 10 / 3600  # 25 pixels, where there is noise alone
    survey, blocks = download()
    assert survey.provenance["dropped"] == {"no light where the catalogue says": 1}
    assert sky.catalogue["id"][0] not in set(blocks[0].table["id"])


def test_a_frame_that_does_not_fit_the_catalogue_is_fetched_again(sky, download, tools):
    honest = sky.files[tools.frame_path(100, 3, 60)]
    spoil_shift(sky, tools)
    download(max_failed_fields=0.34)
    sky.files[tools.frame_path(100, 3, 60)] = honest
    survey, _ = download()
    assert survey.provenance["failed_fields"] == []


def test_no_stamp_at_all_is_an_error(download):
    with pytest.raises(SurveyError, match=r"no stamp came out of 3 fields.*frame edge"):
        download(stamp_size=1480)


def test_accounts_are_open_only_at_the_end_and_iteration_is_once(survey_options):
    survey = download_survey(**survey_options)
    with pytest.raises(SurveyError, match="every block"):
        _ = survey.provenance
    blocks = iter(survey)
    next(blocks)
    with pytest.raises(SurveyError, match="every block"):
        _ = survey.dropped
    blocks.close()
    with pytest.raises(SurveyError, match="iterated once"):
        next(iter(survey))
    assert not [t for t in threading.enumerate() if t.name.startswith("ThreadPoolExecutor")]


@pytest.mark.parametrize("changes", [{"max_failed_fields": 1.1}, {"workers": 0}, {"max_fields": 0}])
def test_bad_parameters(survey_options, changes):
    with pytest.raises(SurveyParameterError, match="received"):
        download_survey(**(survey_options | changes))


def test_one_line_at_the_start_and_one_at_the_end(download, capsys):
    download()
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "download: 24 objects in 3 fields (loopback, DR17, r band)"
    assert said[1].startswith("download: 24 stamps from 3 of 3 fields; 0 catalogue rows dropped")
    assert len(said) == 2
