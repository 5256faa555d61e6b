"""Formats: every table comes back exact from every format, and is harmless on the way."""

import csv
import io
import resource
import signal

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from astropy.io import fits
from astropy.io.votable import parse_single_table
from astropy.table import Table
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from halflight import results as tables
from halflight.results import COLUMNS, DEFINITION, FORMATS
from tests.halflight.results.conftest import RUN, made

ENDINGS = list(FORMATS)
HOSTILE = [
    "=HYPERLINK(\"http://x\")", "+1", "-2+3", "@SUM(A1)", "'=1", "''", "\x1b[2J", "a\nb", "a\r\nb",
    "\ttab", " leading", "trailing ", " ", "", "NGC 4342", "é漢字\U0001f30c", "\u202eabc", "a\\nb",
    "\\", "\\x41", "a,b;c\"d", "<td>&amp;", "]]>", "nan", "NULL", "--", "null", "007", "1e5", "#c",
    "\x00", "\x7f", "\u2028", "\ufeffx", "\u0085", "\u00a0", "\u3000", "#", "# %ECSV", "True",
]  # fmt: skip


def round_trip(folder, ending, results):
    path = folder / f"radii{ending}"
    tables.write(path, results)
    return tables.read(path)


def assert_same(got, expected, *, runs=True):
    pd.testing.assert_frame_equal(
        got.rows, expected.rows, check_exact=True, check_dtype=False, check_column_type=False
    )
    assert [type(v) for v in got.rows["id"].tolist()] == [
        type(v) for v in expected.rows["id"].tolist()
    ]
    if runs:
        assert got.runs == expected.runs


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("optional", [False, True])
def test_a_table_comes_back_exact(tmp_path, ending, optional):
    expected = made(
        np.array([2**63 - 1, -(2**63), 0, 2**53 + 1, -1, 12], np.int64), optional=optional
    )
    assert_same(round_trip(tmp_path, ending, expected), expected, runs=ending != ".csv")


@pytest.mark.parametrize("ending", ENDINGS)
def test_hostile_ids_come_back_exact(tmp_path, ending):
    expected = made(np.array(HOSTILE, object))
    assert_same(round_trip(tmp_path, ending, expected), expected, runs=ending != ".csv")


@pytest.mark.parametrize("ending", ENDINGS)
@given(
    ids=st.lists(
        st.text(st.characters(exclude_categories=["Cs"]), max_size=8), min_size=1, max_size=6
    )
)
@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_text_comes_back_exact(tmp_path, ending, ids):
    expected = made(np.array([*ids, "not a number"], object))
    assert_same(round_trip(tmp_path, ending, expected), expected, runs=ending != ".csv")


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_table_without_rows_has_its_columns(tmp_path, ending):
    expected = made(np.array([], np.int64), optional=True)
    got = round_trip(tmp_path, ending, expected)
    assert list(got.rows.columns) == [column.name for column in COLUMNS]
    assert len(got.rows) == 0


@pytest.mark.parametrize("ending", [".parquet", ".fits", ".ecsv", ".csv"])
def test_unsigned_ids_beyond_a_sign_come_back_exact(tmp_path, ending):
    ids = np.array([2**64 - 1, 2**63, 5], np.uint64)
    got = round_trip(tmp_path, ending, made(ids)).rows["id"]
    assert [int(value) for value in got] == ids.tolist()


def test_unsigned_ids_beyond_a_sign_are_exact_text_in_a_votable(tmp_path):
    got = round_trip(tmp_path, ".vot", made(np.array([2**64 - 1, 5], np.uint64))).rows["id"]
    assert got.tolist() == ["18446744073709551615", "5"]


def test_no_cell_of_a_csv_is_a_formula_or_moves_the_cursor(tmp_path):
    tables.write(tmp_path / "a.csv", made(np.array(HOSTILE, object), optional=True))
    text = (tmp_path / "a.csv").read_text()
    assert text.replace("\n", "").isprintable()
    for row in csv.DictReader(io.StringIO(text)):
        for name in ("id", "flag_names"):
            assert not row[name].startswith(("=", "+", "-", "@", "\t", "\r"))


def test_fits_is_ascii_and_names_unit_ucd_and_definition(tmp_path):
    path = tmp_path / "a.fits"
    tables.write(path, made(np.array(HOSTILE, object)))
    assert path.read_bytes()[:2880].isascii()
    with fits.open(path, checksum=True) as hdus:
        table = hdus["HALFLIGHT"]
        names = table.columns.names
        at = names.index("half_light_radius") + 1
        assert table.header[f"TUNIT{at}"] == "arcsec"
        assert table.header[f"TUCD{at}"] == "phys.angSize.smajAxis"
        assert "semi-major" in table.header[f"TCOMM{at}"]
        assert DEFINITION[:60] in str(table.header["COMMENT"]).replace("\n", "")
        hdus.verify("exception")
        assert all(byte < 128 for byte in table.data["id"].tobytes())


def test_astropy_reads_units_and_meaning_of_each_format(tmp_path, results):
    for ending, form in ((".fits", "fits"), (".vot", "votable"), (".ecsv", "ascii.ecsv")):
        tables.write(tmp_path / f"a{ending}", results)
        read = Table.read(tmp_path / f"a{ending}", format=form)
        assert str(read["half_light_radius_pix"].unit) == "pix"
        assert read["id"].tolist() == results.rows["id"].tolist()
        np.testing.assert_array_equal(
            np.ma.filled(read["axis_ratio"], np.nan), results.rows["axis_ratio"]
        )


def test_a_votable_has_ucds_and_provenance(tmp_path, results):
    tables.write(tmp_path / "a.vot", results)
    element = parse_single_table(str(tmp_path / "a.vot"), verify="exception")
    assert element.get_field_by_id_or_name("magnitude").ucd == "phot.mag"
    infos = {info.name: info.value for info in element.infos}
    assert infos["run 0: model"] == "tiny"
    assert DEFINITION in " ".join(str(element.description).split())


def test_parquet_is_read_by_pandas_and_carries_a_votable_header(tmp_path, results):
    path = tmp_path / "a.parquet"
    tables.write(path, results)
    pd.testing.assert_frame_equal(pd.read_parquet(path), results.rows, check_exact=True)
    schema = pq.read_schema(path)
    assert schema.field("ra").metadata == {
        b"unit": b"deg",
        b"ucd": b"pos.eq.ra;meta.main",
        b"description": b"right ascension (ICRS)",
    }
    read = Table.read(path, format="parquet.votable")
    assert str(read["pixel_scale"].unit) == "arcsec / pix"


@pytest.mark.parametrize("ending", ENDINGS)
def test_equal_results_are_equal_bytes(tmp_path, ending, results):
    for name in "ab":
        tables.write(tmp_path / f"{name}{ending}", results)
    assert (tmp_path / f"a{ending}").read_bytes() == (tmp_path / f"b{ending}").read_bytes()


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("content", [b"", b"old", b"\x00" * 3000, b"a,b\n1,2\n"])
def test_a_file_that_is_not_ours_is_one_line(tmp_path, ending, content):
    path = tmp_path / f"a{ending}"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="is no table that halflight wrote"):
        tables.read(path)


def test_another_ending_is_refused_by_name(tmp_path, results):
    for name in ("a.txt", "a", "a.FITS.tar"):
        with pytest.raises(ValueError, match=r"must end in \.parquet, \.fits, \.vot"):
            tables.write(tmp_path / name, results)
    assert not list(tmp_path.iterdir())


def test_appended_rows_follow_and_name_their_run(results):
    other = made(np.array([3, 4], np.int64), run=RUN | {"image": "b.fits"}, seed=1)
    both = results.followed_by(other)
    assert both.rows["id"].tolist() == [*results.rows["id"], 3, 4]
    assert both.rows["run"].tolist() == [0] * 7 + [1, 1]
    assert [run["image"] for run in both.runs] == ["frame-r.fits", "b.fits"]


def test_tables_that_do_not_fit_are_not_appended(results):
    with pytest.raises(ValueError, match="alone has the column"):
        results.followed_by(made(np.array([1]), optional=True))
    with pytest.raises(ValueError, match="numbers, those of the other text"):
        results.followed_by(made(np.array(["a"], object)))


@pytest.fixture
def limited():
    """No file may grow beyond 200 bytes, as on a disk that is full; a longer write fails."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, ignored)


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_full_disk_is_one_line_and_leaves_the_old_table(tmp_path, results, ending, request):
    path = tmp_path / f"a{ending}"
    path.write_bytes(b"old")
    request.getfixturevalue("limited")
    with pytest.raises(OSError, match=rf"a\{ending} was not written .*run again") as caught:
        tables.write(path, results)
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_folder_that_cannot_be_written_is_one_line(tmp_path, results, ending):
    (tmp_path / "file").write_text("text")
    with pytest.raises(OSError, match="was not written"):
        tables.write(tmp_path / "file" / f"a{ending}", results)
