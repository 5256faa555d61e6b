"""A full disk, a quota, a folder without permission, in every stage: one line, and nothing lost."""

import contextlib
import errno
import os
import resource
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

import stages
from halflight import command, store, training
from halflight.surveys import SurveyBlock, SurveyError
from stages import (
    capacity,
    classical,
    combine,
    download,
    evaluate,
    finetune,
    prepare,
    report,
    simulate,
    sky,
    train,
)

from .conftest import PLACE

EXPECTED = (ValueError, RuntimeError)
STAGES = {
    "sky": (sky, []),
    "download": (download, ["radius"]),
    "simulate": (simulate, ["radius"]),
    "prepare": (prepare, ["radius", "survey"]),
    "classical": (classical, ["radius", "survey"]),
    "train": (train, ["radius"]),
    "finetune": (finetune, ["radius"]),
    "combine": (combine, ["radius"]),
    "evaluate": (evaluate, ["radius"]),
    "report": (report, []),
    "capacity": (capacity, []),
}


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """What a stage computes is not what is tested: nothing is rendered, fitted or trained."""

    def stamps(*shape):
        return np.full((*shape, 1), 0.1, np.float32)

    def blocks(count, **options):
        yield pd.DataFrame({"id": np.arange(8)}), *(stamps(8, s, s) for s in (20, 20, 11))

    class Download:
        dropped = pd.DataFrame({"id": [1], "reason": "x"})
        provenance = {"endpoint": "sandbox"}  # noqa: RUF012

        def __iter__(self):
            table, image, sigma, psf = next(blocks(8))
            yield SurveyBlock(table, image, sigma, psf)

    def fit(estimator, data, *args, **options):
        history = {"epoch": [0], "loss": 1.0, "val_loss": 1.0, "learning_rate": 0.1, "arm": "train"}
        return estimator.with_provenance(labels={"train": 3}), pd.DataFrame(history)

    def measure_stamps(image, *arguments, **options):
        return pd.DataFrame({"x": image[:, 0, 0]})

    monkeypatch.setattr("halflight.classical.measure_stamps", measure_stamps)
    monkeypatch.setattr(training, "fit", fit)
    monkeypatch.setattr(simulate, "simulate_stamps", blocks)

    def download_survey(cache, **options):
        cache.mkdir(parents=True, exist_ok=True)
        return Download()

    monkeypatch.setattr(download, "download_survey", download_survey)
    monkeypatch.setattr(download, "addresses", lambda *_: contextlib.nullcontext((None, None)))
    monkeypatch.setattr("halflight.report.page.png_bytes", lambda *_: b"x" * 9000)
    monkeypatch.setattr("halflight.report.measurement.pictures", lambda *_: [])
    monkeypatch.setattr("stages.sections.NAMES", ("radius",))
    monkeypatch.setattr("stages.sections.measurement.examples", lambda *_: [])
    for name in ("html", "markdown"):
        monkeypatch.setattr(f"halflight.report.page.render_{name}", lambda *_, **__: "x" * 9000)


@pytest.fixture
def run(copied, monkeypatch, capsys):
    """Run a stage as from the command line; its exit code and what it said on stderr."""

    def start(name):
        module, words = STAGES[name]
        monkeypatch.setattr(sys, "argv", [f"{name}.py", *words])
        capsys.readouterr()
        code = 0
        try:
            stages.run(module.main, SurveyError, *EXPECTED)
        except SystemExit as ended:
            code = ended.code
        return code, capsys.readouterr().err

    return start


def refusal(code, said, reason):
    """The one line that a stage ended with; it names a file of data or reports, and what to do."""
    assert code == 1, said
    line = said.strip().splitlines()[-1]
    assert "Traceback" not in said
    assert "was not written" in line
    assert reason in line
    assert "make room" in line
    assert "data/" in line or "reports" in line
    return line


@contextlib.contextmanager
def files_of_at_most(size):
    """What is written beyond `size` bytes fails, as on a full disk."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def outputs():
    found = [p for name in ("data", "reports") for p in Path(name).rglob("*") if p.is_file()]
    return {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in found}


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
@pytest.mark.parametrize("name", STAGES)
def test_a_full_disk_is_one_line_and_the_old_outputs_stay(run, monkeypatch, name, code):
    def fsync(descriptor):
        raise OSError(code, os.strerror(code))

    before = outputs()
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fsync)
        refusal(*run(name), os.strerror(code))
    assert outputs() == before
    assert run(name)[0] == 0  # when there is room again


@pytest.mark.parametrize("name", sorted(set(STAGES) - {"capacity", "sky"}))
def test_a_file_that_is_too_large_is_one_line_and_the_old_outputs_stay(run, name):
    before = outputs()
    with files_of_at_most(700):
        code, said = run(name)
    refusal(code, said, "")
    assert outputs() == before


@pytest.mark.parametrize("name", sorted(set(STAGES) - {"capacity"}))
def test_folders_without_permission_are_one_line(run, copied, name, monkeypatch):
    """Root acts as nobody, in a copy that nobody may read and not write.

    All but capacity, whose kernels lie compiled in a folder that nobody may not read.
    """
    with tempfile.TemporaryDirectory() as parent:
        Path(parent).chmod(0o755)
        folder = Path(parent) / "copy"
        shutil.copytree(copied, folder)
        (folder / "reports/capacity").mkdir(exist_ok=True)
        for path in [folder, *folder.rglob("*")]:
            path.chmod(0o555 if path.is_dir() else 0o444)
        monkeypatch.chdir(folder)
        before, user = outputs(), os.geteuid()
        if user == 0:
            os.seteuid(65534)
        try:
            code, said = run(name)
            assert code == 1
            assert "running" in said
            assert "cannot be locked (Permission denied)" in said
            os.seteuid(user)
            (folder / ".checkpoints/running").mkdir(parents=True)
            for path in (folder / ".checkpoints", folder / ".checkpoints/running"):
                path.chmod(0o777)
            if user == 0:
                os.seteuid(65534)
            refusal(*run(name), "Permission denied")
        finally:
            os.seteuid(user)
        assert outputs() == before
        for path in [folder, *folder.rglob("*")]:
            path.chmod(0o755)


def test_measurements_of_a_full_disk_keep_the_old_table(copied, monkeypatch, capsys):
    output = Path("radii.csv")
    output.write_text("old")
    words = ["measure", str(PLACE.stamps("survey")), "--model", str(PLACE.trained), "-o"]
    monkeypatch.setattr(sys, "argv", ["halflight", *words, str(output), "--device", "cpu"])
    with files_of_at_most(500), pytest.raises(SystemExit) as ended:
        command.main()
    assert ended.value.code == 1
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert said.startswith("halflight: OSError:")
    assert "radii.csv was not written" in said
    assert output.read_text() == "old"


def test_an_export_on_a_full_disk_keeps_the_old_file(copied, monkeypatch, capsys):
    pytest.importorskip("onnx")
    output = Path("radius.onnx")
    output.write_text("old")
    monkeypatch.setattr(sys, "argv", ["halflight", "export", str(PLACE.trained), str(output)])
    with files_of_at_most(500), pytest.raises(SystemExit) as ended:
        command.main()
    assert ended.value.code == 1
    assert "radius.onnx was not written" in capsys.readouterr().err
    assert output.read_text() == "old"


@pytest.mark.parametrize("name", sorted(set(STAGES) - {"sky"}))
def test_short_memory_is_one_line_in_every_stage(run, monkeypatch, name):
    def short(*_, **__):
        return np.empty(1 << 62, np.uint8)

    before = outputs()
    with monkeypatch.context() as patch:
        for target in (store, capacity.nn):
            for function in ("read_stamps", "write_stamps", "Sequential"):
                patch.setattr(target, function, short, raising=False)
        code, said = run(name)
    assert code == 1
    assert f"{name}: " in said
    assert "MemoryError: memory is short (Unable to allocate 4.00 EiB" in said
    assert "Traceback" not in said
    assert outputs() == before


def test_every_stage_is_tried(root):
    assert set(yaml.safe_load((root / "dvc.yaml").read_text())["stages"]) == set(STAGES)
