"""How a stage ends: exit codes, one clear line for what was expected, a traceback for a defect."""

import logging
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import stages
from halflight.params import ParamsError


@pytest.fixture(autouse=True)
def words(monkeypatch, tmp_path):
    """Set the words after the stage's name on the command line; at first there are none."""
    monkeypatch.chdir(tmp_path)

    def say(*words):
        monkeypatch.setattr("sys.argv", ["/somewhere/stages/train.py", *words])

    say()
    return say


def test_a_stage_that_succeeds_returns():
    stages.run(lambda: None)


def test_a_stage_is_handed_the_words_of_the_command_line(words):
    heard = []
    words("radius", "survey")
    stages.run(lambda task, dataset: heard.append((task, dataset)))
    assert heard == [("radius", "survey")]


@pytest.mark.parametrize("given", [(), ("radius",), ("radius", "survey", "now")])
def test_a_word_too_few_or_too_many_is_exit_code_2_and_says_the_usage(words, given, capsys):
    def stage(task, dataset):
        raise AssertionError("must not run")

    words(*given)
    with pytest.raises(SystemExit) as stopped:
        stages.run(stage)
    assert stopped.value.code == 2
    error = capsys.readouterr().err
    assert f"received {list(given)}" in error
    assert "python -m stages.train TASK DATASET" in error


@pytest.mark.parametrize("error", [ParamsError("train.epochs: is missing"), OSError("disk full")])
def test_an_expected_error_is_one_line_and_exit_code_1(error, capsys):
    def stage():
        raise error

    with pytest.raises(SystemExit) as stopped:
        stages.run(stage, OSError)
    assert stopped.value.code == 1
    assert str(error) in capsys.readouterr().err


def test_nothing_invisible_reaches_the_terminal(capsys):
    hostile = "\x1b]0;owned\x07\u202e\u200b"

    def stage():
        print("train:", hostile)
        logging.getLogger("halflight").warning("503 %s", hostile)
        raise OSError(f"{hostile}\ntrain: done")

    with pytest.raises(SystemExit):
        stages.run(stage)
    out, err = capsys.readouterr()
    shown = r"\x1b]0;owned\x07\u202e\u200b"
    assert out == f"train: {shown}\n"
    assert err.endswith(f"OSError: {shown}\\ntrain: done\n")
    assert all(line.isprintable() for line in err.splitlines())


def test_an_error_of_megabytes_is_a_screen_full(capsys):
    def stage():
        raise ParamsError("x" * 10**7)

    with pytest.raises(SystemExit):
        stages.run(stage)
    assert len(capsys.readouterr().err) < 5000


def test_a_traceback_is_shown_on_request(monkeypatch):
    def stage():
        raise OSError("disk full")

    monkeypatch.setenv("HALFLIGHT_TRACEBACK", "1")
    with pytest.raises(OSError, match="disk full"):
        stages.run(stage, OSError)


def test_ctrl_c_is_exit_code_130(capsys):
    def stage():
        raise KeyboardInterrupt

    with pytest.raises(SystemExit) as stopped:
        stages.run(stage)
    assert stopped.value.code == 130
    assert "dvc repro" in capsys.readouterr().err


def test_short_memory_is_one_line_with_what_to_do(capsys):
    def stage():
        np.empty(1 << 62, np.uint8)

    with pytest.raises(SystemExit) as stopped:
        stages.run(stage)
    assert stopped.value.code == 1
    assert re.search(
        r"MemoryError: memory is short \(.*4\.00 EiB.*run again", capsys.readouterr().err
    )


def test_a_defect_keeps_its_traceback():
    def stage():
        raise AttributeError("a bug")

    with pytest.raises(AttributeError):
        stages.run(stage, ValueError)


def test_the_number_of_processes_comes_from_the_environment(monkeypatch):
    monkeypatch.setenv("HALFLIGHT_PROCESSES", "3")
    assert stages.processes() == 3
    monkeypatch.delenv("HALFLIGHT_PROCESSES")
    assert stages.processes() >= 1


@pytest.mark.parametrize("value", ["0", "-1", "two", "1.5", "", "²"])
def test_a_number_of_processes_that_is_none_is_refused(monkeypatch, value):
    monkeypatch.setenv("HALFLIGHT_PROCESSES", value)
    with pytest.raises(ValueError, match="HALFLIGHT_PROCESSES must be a number above 0, received"):
        stages.processes()


def test_checkpoints_belong_to_the_main_checkout(monkeypatch, tmp_path):
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    assert stages.project_path(stages.Path(".checkpoints")) == tmp_path / ".checkpoints"


def test_a_stage_imports_the_halflight_beside_it_whatever_the_environment_says(root, tmp_path):
    copies = {name: tmp_path / name / "core" / "halflight" for name in ("mine", "other")}
    for name, package in copies.items():
        package.mkdir(parents=True)
        (package / "__init__.py").write_text(f"NAME = {name!r}\n")
    (tmp_path / "mine/stages").mkdir()
    shutil.copy(root / "stages/__init__.py", tmp_path / "mine/stages")
    (tmp_path / "mine/stages/probe.py").write_text(
        "import stages, halflight\nprint(halflight.NAME)\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "stages.probe"],
        cwd=tmp_path / "mine",
        env=os.environ | {"PYTHONPATH": str(tmp_path / "other/core")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "mine\n"


CHOSEN = """
import os
import stages
import numpy
import scipy.linalg
from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__
from threadpoolctl import threadpool_info

print([feature for feature in __cpu_dispatch__ if __cpu_features__[feature]])
print({pool["architecture"] for pool in threadpool_info() if pool["user_api"] == "blas"})
"""
HAS_AVX2 = Path("/proc/cpuinfo").is_file() and " avx2 " in Path("/proc/cpuinfo").read_text()


@pytest.mark.skipif(not HAS_AVX2, reason="there is no processor to be held to")
@pytest.mark.parametrize(
    "processor",
    [{}, {"NPY_DISABLE_CPU_FEATURES": "AVX512_SPR", "OPENBLAS_CORETYPE": "Zen"}],
)
def test_stages_hold_numpy_and_blas_to_one_processor(root, processor):
    unset = {
        k: v for k, v in os.environ.items() if k not in ("HALFLIGHT_CPU", *stages._ONE_PROCESSOR)
    }
    done = subprocess.run(
        [sys.executable, "-c", CHOSEN],
        cwd=root,
        env=unset | processor,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == ["['X86_V3']", "{'Haswell'}"]
