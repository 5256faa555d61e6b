"""The command line: what it writes, how it ends, and what it says when it cannot."""

import re
import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from halflight import __version__, command
from halflight.estimator import DESCRIPTION, Estimator
from tests.tiny import R, discs, estimator, write_raw


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with stamps, some of them unusable, and an estimator."""
    folder = tmp_path_factory.mktemp("made")
    table, image, sigma, psf = discs(6)
    psf[1], image[2] = np.nan, np.nan
    write_raw(folder / "stamps", table, image, sigma, psf)
    estimator().save(folder / "estimator")
    return folder


@pytest.fixture
def folder(made, tmp_path):
    """A copy of it that a test may spoil."""
    shutil.copytree(made, tmp_path / "here")
    return tmp_path / "here"


@pytest.fixture
def halflight(monkeypatch, capsys):
    """Run the command line in this process: (exit code, what it printed, its errors)."""

    def run(*words):
        monkeypatch.setattr("sys.argv", ["halflight", *map(str, words)])
        try:
            command.main()
            code = 0
        except SystemExit as stopped:
            code = stopped.code
        return code, *capsys.readouterr()

    return run


def measure(folder, output, *words):
    model = ("--model", folder / "estimator", "--device", "cpu")
    return ("measure", folder / "stamps", *model, "--output", output, *words)


@pytest.mark.parametrize("word", ["--help", "-h"])
def test_help_names_the_commands(halflight, word):
    code, out, err = halflight(word)
    assert (code, err) == (0, "")
    assert "measure" in out
    assert "--version" in out


def test_the_help_of_a_command_names_its_options(halflight):
    code, out, _ = halflight("measure", "--help")
    assert code == 0
    assert all(word in out for word in ("stamps", "--model", "--output", "-o", "--device"))


def test_help_comes_at_once_without_the_numerical_libraries():
    code = (
        "import sys; from halflight.command import app; app(['--help'], standalone_mode=False);"
        "sys.exit(str({'numba', 'halflight.nn', 'scipy'} & set(sys.modules) or 0))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == "0"
    assert "measure" in done.stdout


def test_the_version_is_the_packages(halflight):
    assert halflight("--version") == (0, f"halflight {__version__}\n", "")


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_every_stamp_is_a_row_of_the_table_in_order(halflight, folder, suffix):
    output = folder / "deep" / f"sizes{suffix}"
    code, out, _ = halflight(*measure(folder, output))
    assert code == 0
    assert out.splitlines()[0] == f"6 stamps measured, 2 of them flagged: {output}"
    assert out.splitlines()[1:] == ["  1 bad_pixels (bit 1)", "  2 not_measured (bit 8)"]
    read = {".parquet": pd.read_parquet, ".csv": pd.read_csv}[suffix]
    table = read(output)
    _, image, sigma, psf = discs(6)
    psf[1], image[2] = np.nan, np.nan
    expected = Estimator.load(folder / "estimator").measure(image, sigma, psf)
    expected.insert(0, "id", np.arange(100, 106))
    exact = suffix == ".parquet"
    pd.testing.assert_frame_equal(table, expected, check_exact=exact, check_dtype=exact, rtol=1e-8)
    assert table["ln_radius"].isna().tolist() == [False, True, True, False, False, False]


def test_a_later_run_replaces_the_table(halflight, folder):
    output = folder / "sizes.csv"
    output.write_text("old")
    assert halflight(*measure(folder, output))[0] == 0
    assert len(pd.read_csv(output)) == 6
    assert not list(folder.glob(".*"))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "Usage"),
        (("mesure",), "No such command"),
        (("measure",), "Missing"),
        (("measure", "stamps", "--output", "a.csv"), "--model"),
        (("measure", "stamps", "--model", "m"), "--output"),
        (("measure", "stamps", "--model", "m", "-o", "a.csv", "--colour", "r"), "--colour"),
        (("measure", "stamps", "--model", "m", "-o", "a.fits"), ".parquet or .csv"),
        (("measure", "stamps", "--model", "m", "-o", "a"), ".parquet or .csv"),
    ],
)
def test_wrong_usage_is_exit_code_2_and_writes_nothing(
    halflight, tmp_path, monkeypatch, words, message
):
    monkeypatch.chdir(tmp_path)
    code, out, err = halflight(*words)
    assert code == 2
    assert message in out + err
    assert "Traceback" not in err
    assert not list(tmp_path.iterdir())


def without_stamps(folder):
    shutil.rmtree(folder / "stamps")


def without_a_model(folder):
    shutil.rmtree(folder / "estimator")


def with_a_broken_model(folder):
    (folder / "estimator" / DESCRIPTION).write_text("{")


def with_a_broken_shard(folder):
    shard = folder / "stamps" / "sigma-00000.npy"
    shard.write_bytes(shard.read_bytes()[:-1])


def without_psfs(folder):
    table, image, sigma, _ = discs(3)
    shutil.rmtree(folder / "stamps")
    write_raw(folder / "stamps", table, image, sigma, image[:, :8, :8])


def of_other_psfs(folder):
    shutil.rmtree(folder / "stamps")
    write_raw(folder / "stamps", *discs(3), instrument=replace(R, psf="optical"))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (without_stamps, r"no stamps at .*stamps"),
        (without_a_model, r"no estimator at .*estimator"),
        (with_a_broken_model, r"estimator\.json is not JSON"),
        (with_a_broken_shard, r"sigma-00000\.npy is missing or damaged"),
        (without_psfs, "psf must be"),
        (of_other_psfs, "effective PSFs; those of SDSS have 1 .* and optical PSFs"),
    ],
)
def test_an_error_is_one_line_that_names_it_exit_code_1_and_the_old_table(
    halflight, folder, spoil, message
):
    spoil(folder)
    output = folder / "sizes.csv"
    output.write_text("old")
    code, out, err = halflight(*measure(folder, output))
    assert (code, out) == (1, "")
    [line] = err.splitlines()
    assert line.startswith("halflight: ")
    assert re.search(message, line), line
    assert output.read_text() == "old"
    assert not list(folder.glob(".*"))


NOWHERE = {
    "stamps that are a file": ("measure", "{file}", "--model", "{model}", "-o", "a.csv"),
    "stamps that are nowhere": ("measure", "nowhere", "--model", "{model}", "-o", "a.csv"),
    "stamps that are empty": ("measure", "{empty}", "--model", "{model}", "-o", "a.csv"),
    "stamps of no name": ("measure", "", "--model", "{model}", "-o", "a.csv"),
    "stamps of a long name": ("measure", "x" * 5000, "--model", "{model}", "-o", "a.csv"),
    "stamps of two lines": ("measure", "a\nhalflight: done", "--model", "{model}", "-o", "a.csv"),
    "stamps that move the cursor": ("measure", "\x1b[2J", "--model", "{model}", "-o", "a.csv"),
    "a model that is a file": ("measure", "{stamps}", "--model", "{file}", "-o", "a.csv"),
    "a model that is nowhere": ("measure", "{stamps}", "--model", "nowhere", "-o", "a.csv"),
    "a model that is stamps": ("measure", "{stamps}", "--model", "{stamps}", "-o", "a.csv"),
    "a model that turns the line": ("measure", "{stamps}", "--model", "a\u202e", "-o", "a.csv"),
    "an output in a file": ("measure", "{stamps}", "--model", "{model}", "-o", "{file}/a.csv"),
    "an output that is a folder": ("measure", "{stamps}", "--model", "{model}", "-o", "{folder}"),
    "a network that is nowhere": ("export", "nowhere", "a.onnx"),
    "a network that is a file": ("export", "{file}", "a.onnx"),
    "an operator set of the future": ("export", "{model}", "a.onnx", "--opset", "99"),
}


@pytest.mark.faults
@pytest.mark.parametrize("case", NOWHERE)
def test_words_that_lead_nowhere_are_one_line_and_leave_nothing(
    halflight, made, tmp_path, monkeypatch, case
):
    monkeypatch.chdir(tmp_path)
    for name in ("empty", "folder.csv"):
        (tmp_path / name).mkdir()
    (tmp_path / "file").write_text("text")
    places = {
        "file": tmp_path / "file",
        "empty": tmp_path / "empty",
        "folder": tmp_path / "folder.csv",
        "stamps": made / "stamps",
        "model": made / "estimator",
    }
    code, out, err = halflight(*(word.format(**places) for word in NOWHERE[case]))
    assert (code, out) == (1, "")
    line, *others = err.splitlines()
    assert others == []
    assert line.startswith("halflight: ")
    assert line.isprintable()
    assert len(line) < 6000
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "file", "folder.csv"]


@pytest.mark.parametrize(
    "words",
    [
        ("mesure\x1b[2J",),
        ("measure", "s", "--model", "m", "-o", "\u202e.fits"),
        ("export", "m", "radius.txt"),
        ("export", "m", "radius.onnx", "--opset", "many\x07"),
        ("export", "m", "radius.onnx", "--\u200bopset", "17"),
    ],
)
def test_a_usage_error_repeats_nothing_invisible(halflight, words):
    code, out, err = halflight(*words)
    assert (code, out) == (2, "")
    assert all(line.isprintable() for line in err.splitlines())
    assert "Error: " in err


@pytest.mark.parametrize("name", ["measure", "export"])
def test_every_command_has_its_help(halflight, name):
    code, out, err = halflight(name, "-h")
    assert (code, err) == (0, "")
    assert out.startswith(f"Usage: halflight {name} ")


@pytest.mark.parametrize(
    ("device", "message"),
    [("tpu", "ValueError: device is 'tpu'"), ("cuda", "RuntimeError: no GPU: none was found")],
)
def test_a_device_that_is_not_there_is_told(halflight, folder, monkeypatch, device, message):
    def shortcoming(precision, *, simulated):
        return "no GPU: none was found"

    monkeypatch.setattr("halflight.kernels.cuda.machine.device.shortcoming", shortcoming)
    code, _, err = halflight(*measure(folder, folder / "sizes.csv", "--device", device))
    assert code == 1
    assert f"halflight: {message}" in err
    assert not (folder / "sizes.csv").exists()


def test_ctrl_c_is_exit_code_130(halflight, folder, monkeypatch):
    def stop(self, stamps, rows):
        raise KeyboardInterrupt

    monkeypatch.setattr(Estimator, "measure_stamps", stop)
    code, _, err = halflight(*measure(folder, folder / "sizes.csv"))
    assert code == 130
    assert "halflight: stopped" in err
    assert not (folder / "sizes.csv").exists()


def test_a_defect_keeps_its_traceback(halflight, folder, monkeypatch):
    def fail(self, stamps, rows):
        raise AttributeError("a bug")

    monkeypatch.setattr(Estimator, "measure_stamps", fail)
    with pytest.raises(AttributeError, match="a bug"):
        halflight(*measure(folder, folder / "sizes.csv"))
