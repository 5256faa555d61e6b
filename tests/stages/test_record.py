"""A stage refuses to finish when what dvc.lock would say of it is not what ran."""

import subprocess
import sys

import pytest

import stages
from stages import record

PIPELINE = """
stages:
  train:
    matrix: {task: [radius, shape]}
    cmd: python -m stages.train ${item.task}
    deps: [stages/train.py, core/halflight/nn, "data/${item.task}/prepared", data/one.csv]
    params: ["${item.task}.train", shared]
    outs: ["data/${item.task}/trained"]
    metrics:
      - "reports/${item.task}.json": {cache: false}
"""
PARAMS = "radius:\n  train: {epochs: 3, model: {filters: [4, 8]}}\n  other: 1\nshared: {seed: 1}\n"
CODE = {
    "stages/train.py": '"""What it is."""\n\nEPOCHS = 3\n',
    "core/halflight/nn/layer.py": "def double(x):\n    # why\n    return 2 * x\n",
    "core/halflight/nn/page.j2": "{{ title }}\n",
    "core/halflight/report.py": "X = 1\n",
}


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A small checkout whose stage train has a parameter, code, data and outputs."""
    monkeypatch.chdir(tmp_path)
    texts = {"dvc.yaml": PIPELINE, "params.yaml": PARAMS, **CODE}
    texts |= dict.fromkeys(["data/radius/prepared/a/b.npy", "data/one.csv"], "1")
    texts |= dict.fromkeys(["data/radius/trained/w", "data/shape/trained/w"], "old")
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    for module in (stages, record):
        monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(record, "SOURCES", stages.source_files())
    return tmp_path


def run(project, edits):
    with record.unchanged("train", {"task": "radius"}):
        (project / "data/radius/trained/w").write_text("new")
        (project / "reports").mkdir()
        (project / "reports/radius.json").write_text("{}")
        for name, text in edits.items():
            if text is None:
                (project / name).unlink()
            else:
                (project / name).parent.mkdir(parents=True, exist_ok=True)
                (project / name).write_text(text)


CHANGES = {
    "a value": ({"params.yaml": PARAMS.replace("epochs: 3", "epochs: 4")}, "radius.train.epochs"),
    "a value inside": ({"params.yaml": PARAMS.replace("8]", "9]")}, "radius.train.model.filters"),
    "a section gone": ({"params.yaml": PARAMS.replace("shared: {seed: 1}", "")}, "shared"),
    "a key gone": ({"params.yaml": PARAMS.replace("epochs: 3, ", "")}, "radius.train.epochs"),
    "no YAML": ({"params.yaml": "a: ["}, "params.yaml"),
    "no parameters": ({"params.yaml": None}, "radius.train, shared"),
    "code": ({"stages/train.py": "EPOCHS = 4\n"}, "stages/train.py"),
    "code in a folder": ({"core/halflight/nn/layer.py": "x = 1\n"}, "core/halflight/nn/layer.py"),
    "half a statement": ({"core/halflight/nn/layer.py": "def ("}, "core/halflight/nn/layer.py"),
    "a text that is used": (
        {"core/halflight/nn/layer.py": "def double(x):\n    return '# why'\n"},
        "core/halflight/nn/layer.py",
    ),
    "a template": ({"core/halflight/nn/page.j2": "{{ name }}\n"}, "core/halflight/nn/page.j2"),
    "a file more": ({"core/halflight/nn/new.py": "x = 1\n"}, "core/halflight/nn/new.py"),
    "a file less": ({"core/halflight/nn/layer.py": None}, "core/halflight/nn/layer.py"),
    "data": ({"data/radius/prepared/a/b.npy": "22"}, "data/radius/prepared/a/b.npy"),
    "data rewritten": ({"data/one.csv": "2"}, "data/one.csv"),
    "data more": ({"data/radius/prepared/c": "2"}, "data/radius/prepared/c"),
    "data less": ({"data/one.csv": None}, "data/one.csv"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_changed_is_named_and_the_outputs_go(project, change):
    edits, name = CHANGES[change]
    with pytest.raises(record.ChangedError, match="changed while this stage ran") as caught:
        run(project, edits)
    assert str(caught.value).startswith(f"{name} changed while")
    assert "run `dvc repro` again" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (project / "data/radius/trained").exists()
    assert not (project / "reports/radius.json").exists()
    assert (project / "data/shape/trained/w").read_text() == "old"


@pytest.mark.parametrize(
    "edits",
    [
        {},
        {"params.yaml": PARAMS.replace("other: 1", "other: 2")},
        {"params.yaml": "# a comment\n" + PARAMS.replace("{seed: 1}", "\n  seed: 1 # again")},
        {"stages/train.py": '"""Said otherwise."""\n# a comment\n\nEPOCHS = (\n    3\n)\n'},
        {"core/halflight/nn/layer.py": 'def double(x):\n    """Twice."""\n    return 2*x\n'},
        {"core/halflight/report.py": "X = 2\n"},
        {"core/halflight/nn/__pycache__/layer.pyc": "1"},
        {"data/shape/prepared/a": "of another task"},
        {"data/radius/prepared/.c.12-01234567.partial": "another writer's"},
    ],
    ids=str,
)
def test_what_changes_nothing_that_ran_is_let_pass(project, edits):
    run(project, edits)
    assert (project / "data/radius/trained/w").read_text() == "new"


def test_a_stage_of_a_study_is_guarded_like_the_pipelines(project):
    study = project / "reports/often/dvc.yaml"
    study.parent.mkdir(parents=True)
    study.write_text(
        "stages:\n  often:\n    wdir: ../..\n    cmd: python -m stages.often\n"
        "    deps: [stages/train.py]\n    outs: [often.csv]\n"
    )
    (project / "often.csv").write_text("1")
    with (
        pytest.raises(record.ChangedError, match="^stages/train.py changed while"),
        record.unchanged("often", {}),
    ):
        (project / "stages/train.py").write_text("EPOCHS = 4\n")
    assert not (project / "often.csv").exists()


def test_many_changes_are_counted(project):
    edits = {f"core/halflight/nn/new{number}.py": "x = 1" for number in range(9)}
    with pytest.raises(record.ChangedError, match=r"new3\.py and 5 more changed while"):
        run(project, edits)


def test_an_error_of_the_stage_comes_first(project):
    with (
        pytest.raises(ZeroDivisionError),
        record.unchanged("train", {"task": "radius"}),
    ):
        (project / "stages/train.py").write_text("EPOCHS = 4\n")
        1 / 0  # noqa: B018
    assert (project / "data/radius/trained/w").read_text() == "old"


def test_a_stage_that_dvc_does_not_know_has_no_record(project):
    with record.unchanged("elsewhere", {}):
        (project / "stages/train.py").write_text("EPOCHS = 4\n")


def test_the_fingerprint_is_of_the_stages_own_code(project, monkeypatch):
    def fingerprint():
        monkeypatch.setattr(record, "SOURCES", stages.source_files())
        return record.code_fingerprint("train", {"task": "radius"})

    before = fingerprint()
    (project / "core/halflight/report.py").write_text("X = 2\n")
    (project / "params.yaml").write_text("")
    assert fingerprint() == before
    (project / "core/halflight/nn/layer.py").write_text("x = 1\n")
    assert fingerprint() != before


LATE = """
import time, stages, halflight
stages.Path("begun").touch()
def main():
    while not stages.Path("go").exists():
        time.sleep(0.01)
if __name__ == "__main__":
    stages.run(main)
"""


@pytest.mark.parametrize("edit", ["x = 2\n", "x = 1  # said\n"])
def test_code_that_was_edited_between_its_import_and_the_start_is_seen(root, tmp_path, edit):
    """The code is read before any of it is imported."""
    (tmp_path / "core").symlink_to(root / "core")
    (tmp_path / "stages").mkdir()
    for name in ("__init__", "about", "alone", "ran", "record"):
        text = (root / f"stages/{name}.py").read_text()
        (tmp_path / f"stages/{name}.py").write_text(text)
    (tmp_path / "stages/late.py").write_text(LATE)
    (tmp_path / "stages/used.py").write_text("x = 1\n")
    (tmp_path / "dvc.yaml").write_text("stages: {late: {cmd: x, deps: [stages/used.py]}}")
    with subprocess.Popen(
        [sys.executable, "-m", "stages.late"], cwd=tmp_path, stderr=subprocess.PIPE, text=True
    ) as process:
        while not (tmp_path / "begun").exists():
            assert process.poll() is None
        (tmp_path / "stages/used.py").write_text(edit)
        (tmp_path / "go").touch()
        _, errors = process.communicate(timeout=60)
    assert process.returncode == (1 if "2" in edit else 0), errors
    assert ("late: ChangedError: stages/used.py changed" in errors) == ("2" in edit)
    assert "Traceback" not in errors
