"""The command line: what it writes, how it ends, and what it says when it cannot."""

import re
import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from halflight import __version__, command, results
from halflight.command.measure import ENDINGS
from halflight.command.options import IMAGE_OPTIONS
from halflight.estimator import DESCRIPTION
from halflight.images import Options
from halflight.measurer import Measurer
from halflight.models import Card
from tests.halflight.measuring.conftest import StandIn
from tests.halflight.test_models import CARD
from tests.tiny import R, discs, estimator, write_raw


@pytest.fixture(autouse=True)
def _fast(monkeypatch):
    """A measurement that is fast: what a network finds is its own tests' matter."""
    monkeypatch.setattr(Measurer, "measure", lambda _, *a, **k: StandIn().measure(*a, **k))


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
    for word in ("stamps", "--model", "--output", "-o", "--device", "--zero-point", "--psf"):
        assert word in out
    panels = ("Output:", "Sources and PSF:", "Image:", "Noise and bad pixels:", "Options:")
    assert [line for line in out.splitlines() if line in panels] == list(panels)


def test_what_describes_an_image_has_an_option_for_each_of_its_facts():
    assert [option.name for option in IMAGE_OPTIONS if option.name not in vars(Options())] == []
    assert {option.name for option in IMAGE_OPTIONS} == set(vars(Options()))


def test_endings_are_those_of_the_formats():
    assert ENDINGS == tuple(results.FORMATS)


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


@pytest.mark.parametrize("suffix", ENDINGS)
def test_every_stamp_is_a_row_of_the_table_in_order(halflight, folder, suffix):
    output = folder / "deep" / f"sizes{suffix}"
    code, out, err = halflight(*measure(folder, output))
    assert code == 0
    assert out.splitlines() == [
        f"6 sources, 1 flagged: {output}",
        "  1 not_measured (bit 8)",
    ]
    assert err.splitlines()[0].startswith("stamps: 6 sources (its table); PSF of each stamp; model")
    rows = results.read(output).rows
    _, image, sigma, psf = discs(6)
    image[2] = np.nan
    own = replace(R, pixel_scale=1.0)
    expected = StandIn().measure(image, sigma, psf, instrument=own)["half_light_radius"]
    assert rows["id"].tolist() == list(range(100, 106))
    np.testing.assert_allclose(rows["half_light_radius_pix"], expected, rtol=1e-12)
    np.testing.assert_allclose(rows["half_light_radius"], expected * 0.396, rtol=1e-12)


def test_all_that_can_be_asked_for_is_written(halflight, folder):
    page, regions = folder / "page.html", folder / "a.reg"
    words = ("--page", page, "--regions", regions, "--flag-names", "--fast", "--processes", "1")
    code, out, err = halflight(*measure(folder, folder / "a.fits", *words))
    assert code == 0, err
    assert out.splitlines()[-2:] == [f"regions: {regions}", f"page: {page}"]
    assert "not_measured" in results.read(folder / "a.fits").rows["flag_names"].tolist()
    assert results.read(folder / "a.fits").runs[0]["tier"] == "fast"
    assert results.read(folder / "a.fits").runs[0]["command"].startswith("halflight measure ")
    assert "<h1>" in page.read_text()
    assert regions.read_text().startswith("# Region file format: DS9")


def test_models_are_listed(halflight, monkeypatch):
    assert halflight("models")[0] == 0
    monkeypatch.setattr("halflight.models.installed", lambda: {"tiny": Card.from_dict(CARD)})
    code, out, _ = halflight("models")
    assert code == 0
    assert out.splitlines()[0] == "tiny (default): A tiny stand-in"
    assert "nmad 0.1" in out


def test_a_later_run_replaces_the_table(halflight, folder):
    output = folder / "sizes.csv"
    output.write_text("old")
    assert halflight(*measure(folder, output))[0] == 0
    assert len(results.read(output).rows) == 6
    assert not list(folder.glob(".*"))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "Usage"),
        (("mesure",), "No such command"),
        (("measure",), "Missing"),
        (("measure", "stamps", "--model", "m"), "--output"),
        (("measure", "stamps", "--model", "m", "-o", "a.csv", "--colour", "r"), "--colour"),
        (("measure", "stamps", "--model", "m", "-o", "a.txt"), ".ecsv or .csv"),
        (("measure", "stamps", "--model", "m", "-o", "a"), ".ecsv or .csv"),
        (("measure", "a.fits", "-o", "a.csv", "--page", "page.pdf"), "must end in .html"),
        (("measure", "a.fits", "-o", "a.csv", "--regions", "a.txt"), "must end in .reg"),
        (("measure", "a.fits", "-o", "a.csv", "--samp"), ".vot or .xml"),
        (("measure", "a.fits", "-o", "a.csv", "--processes", "0"), "1 or more"),
        (("measure", "a.fits", "-o", "a.csv", "--decisive", "0.5"), "above 0.5 and below 1: 0.5"),
        (("measure", "a.fits", "-o", "a.csv", "--columns", "ra"), "ROLE=COLUMN"),
        (("measure", "a.fits", "-o", "a.csv", "--zero-point", "AB"), "--zero-point"),
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


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (without_stamps, r"stamps: there is no such file"),
        (without_a_model, r"no estimator at .*estimator"),
        (with_a_broken_model, r"estimator\.json is not JSON"),
        (with_a_broken_shard, r"sigma-00000\.npy is missing or damaged"),
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
    *told, line = err.splitlines()
    assert line.startswith("halflight: ")
    assert all(": 6 sources" in each for each in told)
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
        ("measure", "s", "--model", "m", "-o", "\u202e.txt"),
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


@pytest.mark.parametrize("name", ["measure", "export", "models"])
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
    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(Measurer, "measure", stop)
    code, _, err = halflight(*measure(folder, folder / "sizes.csv"))
    assert code == 130
    assert "halflight: stopped" in err
    assert not (folder / "sizes.csv").exists()
    assert not list(folder.glob(".*"))


def test_a_defect_keeps_its_traceback(halflight, folder, monkeypatch):
    def fail(*_, **__):
        raise AttributeError("a bug")

    monkeypatch.setattr(Measurer, "measure", fail)
    with pytest.raises(AttributeError, match="a bug"):
        halflight(*measure(folder, folder / "sizes.csv"))
