"""How a stage ran is kept beside its outputs, and forgotten where others lie there."""

import json
import os
import time

import pytest

from halflight import files
from halflight.paths import RAN
from stages import about, ran

OUTPUT = "reports/metrics/radius/metrics.json"
ITEMS = {"task": "radius"}


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(ran, "commit", lambda: "0123456789")
    return tmp_path


def evaluate(seconds=0.0):
    with ran.timed("evaluate", ITEMS):
        files.write_text(OUTPUT, "{}")
        time.sleep(seconds)


def look():
    return ran.how_it_ran("evaluate@radius", ran.entry_of("evaluate", ITEMS))


def test_time_memory_and_commit_are_kept():
    evaluate(0.05)
    kept = look()
    assert 0.05 <= kept["seconds"] < 5
    assert kept["cpu_seconds"] > 0
    assert 1 << 24 < kept["peak_memory"] < 1 << 36
    assert kept["commit"] == "0123456789"
    assert "outputs" not in kept


def test_a_stage_that_fails_keeps_what_was_known():
    evaluate()
    before = look()
    with pytest.raises(RuntimeError), ran.timed("evaluate", ITEMS):
        raise RuntimeError
    assert look() == before


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda: os.utime(OUTPUT, (1, 1)), "from DVC's cache, or another run"),
        (lambda: files.write_text(OUTPUT, "{ }"), "from DVC's cache, or another run"),
        ((RAN / "evaluate@radius.json").unlink, "did not run here"),
        (lambda: (RAN / "evaluate@radius.json").write_text("{"), "its record is damaged"),
        (lambda: (RAN / "evaluate@radius.json").write_text("[]"), "its record is of another"),
    ],
)
def test_a_record_of_other_files_says_nothing(harm, words):
    evaluate()
    harm()
    assert look().startswith(words)


def test_a_record_that_cannot_be_written_costs_nothing_else(capsys, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "write_json", full)
    evaluate()
    said = capsys.readouterr().err
    assert said == "evaluate: its time and memory were not kept: No space left on device\n"


def test_what_is_no_stage_of_dvc_is_not_kept(here):
    with ran.timed("stranger", {}):
        pass
    assert not list(here.iterdir())


def test_stages_are_named_as_dvc_names_them():
    names = [name for name, _ in ran.before("report")]
    assert names[:2] == ["sky", "download@radius"]
    assert {"prepare@radius-simulated", "prepare@radius-survey", "train@radius"} <= set(names)
    assert "report" not in names
    assert "data/radius/trained" in dict(ran.before("report"))["train@radius"]["outs"]


def test_no_record_depends_on_where_the_process_was_started_from():
    evaluate()
    kept = json.loads((RAN / "evaluate@radius.json").read_text())
    assert set(kept) == ran.KEYS


def test_changed_parameters_are_named_with_both_values(here, monkeypatch):
    files.write_text("params.yaml", "a: {b: 1, c: [1, 2]}\nnew: {}\n")
    monkeypatch.setattr(about, "git", lambda *_: "a: {b: 2, c: [1, 2], gone: x}\n")
    assert about.changed_parameters(None) == [
        ("a.b", 2, 1),
        ("a.gone", "x", None),
        ("new", None, {}),
    ]


def test_a_folder_without_git_is_said(here, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(here.parent))
    with pytest.raises(about.NoGitError, match=r"^git gave no answer: fatal: not a git repo"):
        about.commit()
    monkeypatch.setenv("PATH", "")
    with pytest.raises(about.NoGitError, match=r"^git is not installed$"):
        about.commit()
