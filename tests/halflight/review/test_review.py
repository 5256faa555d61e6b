"""What a branch changes: that parameter, the metrics that moved, and a lock that was forgotten."""

import os
import shutil
import signal
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from halflight import command, params
from halflight.review.changes import ABSENT, Change, changes
from halflight.review.lock import main as lock
from halflight.review.lock import stale_stages
from halflight.review.summary import MOST_ROWS, Review, markdown
from halflight.sweeps.copies import Repository
from halflight.sweeps.profile import ProfileError
from tests.halflight.sweeps import probe
from tests.halflight.sweeps.probe import alive, until, waiting

review = import_module("halflight.command.review")  # a function of its package has that name


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A repository that has run, and its lock is committed."""
    root = probe.lay(tmp_path_factory.mktemp("template") / "repository")
    probe.dvc(root, "repro", "--quiet")
    probe.git(root, "add", "--all")
    probe.git(root, "commit", "--quiet", "--message", "run")
    return root


@pytest.fixture
def root(template, tmp_path, monkeypatch):
    """A copy of it, where the user is."""
    root = tmp_path / "repository"
    shutil.copytree(template, root)
    monkeypatch.chdir(root)
    # The pipeline's own rules of parameters are not those of the probe's.
    monkeypatch.setattr(params, "judge", lambda _: None)
    monkeypatch.setattr(review, "TARGETS", ["probe"])
    monkeypatch.setattr(review, "sky_variable", lambda _: {})
    return root


@pytest.fixture
def stand_in(root, monkeypatch):
    """A stand-in for DVC in its place."""
    repository = probe.with_stand_in(root)
    monkeypatch.setattr(Repository, "here", lambda: repository)
    monkeypatch.setattr("halflight.review.lock.stale_stages", lambda *_: [])


def halflight(monkeypatch, *words):
    """The exit code of a command."""
    monkeypatch.setattr("sys.argv", ["halflight", *words])
    with pytest.raises(SystemExit) as ended:
        command.main()
    return ended.value.code


def test_a_branch_that_changes_one_parameter_shows_it_and_what_it_moved(root, monkeypatch, capfd):
    probe.git(root, "checkout", "--quiet", "-b", "branch")
    path = root / "params.yaml"
    path.write_text(path.read_text().replace("x: 1.0", "x: 1.5"))
    probe.git(root, "commit", "--quiet", "--all", "--message", "x")
    assert halflight(monkeypatch, "review") == review.STALE
    text = (root / "review/review.md").read_text()
    rows = [line for line in text.splitlines() if line.startswith("| ") and "name" not in line]
    assert rows == [
        "| probe.x | 1 | 1.5 | +50 % |",
        "| radius.moves.with | 1 | 1.5 | +50 % |",
    ]
    assert "does not belong to this code" in text
    assert "would run probe" in text
    assert text in capfd.readouterr().out
    # Of the small run, which says so; the default run's own report is what it was.
    assert (root / "review/index.html").read_text() == "<h1>quick: 1.5</h1>"
    assert (root / "reports/index.html").read_text() == "<h1>whole: 1.0</h1>"
    assert (root / "review/figures/a.png").is_file()
    assert probe.git(root, "status", "--porcelain") == ""


@pytest.mark.thorough
def test_the_lock_is_that_of_the_commit_whatever_lies_around(root, capsys):
    repository = Repository.here(root)
    assert stale_stages(repository, "HEAD") == []
    assert lock("HEAD") == 0
    (root / "stage.py").write_text((root / "stage.py").read_text() + "# other\n")
    assert stale_stages(repository, "HEAD") == []
    probe.git(root, "commit", "--quiet", "--all", "--message", "code")
    assert stale_stages(repository, "HEAD") == ["probe"]
    assert lock("HEAD") == 1
    said = capsys.readouterr().out
    assert "dvc.lock of HEAD does not belong to its code" in said
    assert "would run this stage\n  probe\nand then" in said
    assert lock("nowhere") == 2
    for broken, why in (
        ("stages: [", "not valid YAML"),
        ("stages: {a: {no: 1}}", "came to no stage"),
    ):
        (root / "dvc.yaml").write_text(broken)
        probe.git(root, "commit", "--quiet", "--all", "--message", "broken")
        assert lock("HEAD") == 2
        assert why in capsys.readouterr().err


def test_a_stale_lock_names_its_stages_and_says_what_to_do(monkeypatch, capsys):
    monkeypatch.setattr(Repository, "here", lambda: None)
    monkeypatch.setattr("halflight.review.lock.stale_stages", lambda *_: ["a@x", "b@x"])
    assert lock("v1") == 1
    said = capsys.readouterr().out
    assert "dvc.lock of v1" in said
    assert "these 2 stages\n  a@x\n  b@x\n" in said
    assert "make repro" in said
    assert "commit dvc.lock" in said
    monkeypatch.setattr("halflight.review.lock.stale_stages", lambda *_: [])
    assert lock("v1") == 0


def test_quick_runs_what_is_here_beside_the_default_run(root, stand_in, monkeypatch, capfd):
    (root / "params.yaml").write_text((root / "params.yaml").read_text().replace("1.0", "2.0"))
    before = {path: path.read_bytes() for path in root.glob("reports/**/*") if path.is_file()}
    assert halflight(monkeypatch, "quick") == 0
    assert (root / "quick/reports/index.html").read_text() == "<h1>quick: 2.0</h1>"
    assert "open quick/reports/index.html" in capfd.readouterr().out
    assert {path: path.read_bytes() for path in before} == before
    assert probe.git(root, "status", "--porcelain").split() == ["M", "params.yaml"]
    (root / "stage.py").write_text("import sys\nsys.exit('probe: no')\n")
    with pytest.raises(ProfileError, match="quick: the pipeline did not end"):
        review.quick()


PROGRAM = """
import sys
sys.path[:0] = {path!r}
from dataclasses import replace
from importlib import import_module
from halflight import params
from halflight.sweeps.copies import Repository
review = import_module("halflight.command.review")
params.judge = lambda _: None
review.TARGETS, review.sky_variable = ["probe"], lambda _: {{}}
here = replace(Repository.here(), dvc={dvc!r})
Repository.here = lambda: here
review.quick()
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_killed_quick_run_leaves_nothing_running(root, number):
    checkout = Path(__file__).parents[3]
    (root / "quick.yaml").write_text("probe.how: wait\n")
    program = PROGRAM.format(
        path=[str(checkout), str(checkout / "core")], dvc=probe.with_stand_in(root).dvc
    )
    own = os.environ | {"PROBE": str(root.parent)}
    with subprocess.Popen(
        [sys.executable, "-c", program], env=own, cwd=root, stderr=subprocess.DEVNULL
    ) as process:
        [stage] = until(lambda: waiting(root.parent))
        process.send_signal(number)
        process.wait(30)
    assert process.returncode != 0
    until(lambda: not alive([stage]))
    assert not list(root.glob("quick/reports/index.html"))


def test_a_base_from_before_the_small_run_has_no_metrics_to_compare(root, stand_in, monkeypatch):
    probe.git(root, "rm", "--quiet", "quick.yaml")
    probe.git(root, "commit", "--quiet", "--message", "none")
    probe.git(root, "checkout", "--quiet", "-b", "branch")
    (root / "quick.yaml").write_text("probe.title: quick\n")
    probe.git(root, "add", "--all")
    probe.git(root, "commit", "--quiet", "--message", "quick")
    assert halflight(monkeypatch, "review", "--base", "main") == 0
    text = (root / "review/review.md").read_text()
    assert "no small run to compare with" in text
    assert "| quick.yaml.probe.title | \\- | quick |" in text


def test_without_a_base_the_error_says_what_to_fetch(root, monkeypatch, capsys):
    assert halflight(monkeypatch, "review", "--base", "nowhere") == 1
    said = capsys.readouterr().err
    assert "name a branch by --base" in said
    assert "fetch-depth: 0" in said


def test_changes_are_those_of_leaves():
    before = {"a": {"b": 1, "c": [1, 2]}, "d": {}, "e": None}
    after = {"a": {"b": 1.0, "c": [1, 3]}, "d": {}, "f": "x"}
    found = changes(before, after)
    assert found == [
        Change("a.c", [1, 2], [1, 3]),
        Change("e", None, ABSENT),
        Change("f", ABSENT, "x"),
    ]
    assert [change.words for change in found] == [
        ("[1, 2]", "[1, 3]", ""),
        ("null", "-", ""),
        ("-", "x", ""),
    ]
    assert Change("n", 0.05, 0.06).words == ("0.05", "0.06", "+20 %")
    assert Change("n", 0, 1).words[2] == ""
    assert Change("n", False, True).words == ("false", "true", "")


TREES = st.recursive(
    st.sampled_from([None, True, 0, 1.5, "x"]),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)


@given(TREES, TREES)
def test_a_tree_differs_from_itself_nowhere_and_from_another_both_ways(one, other):
    assert changes(one, one) == []
    there, back = changes(one, other), changes(other, one)
    assert [change.name for change in there] == [change.name for change in back]
    assert [(c.before, c.after) for c in there] == [(c.after, c.before) for c in back]
    assert not there or one != other


def test_the_review_shows_hostile_names_as_they_are_and_long_tables_in_part():
    evil = Change("<img src=x>|`\u202e", "[a](http://x)", "**b**")
    many = [Change(f"m.{n}", n, n + 1) for n in range(MOST_ROWS + 5)]
    found = Review("main", "<b>", [evil], many, ["<i>"], overridden=[evil.name])
    text = markdown(found)
    assert "<img" not in text
    assert "<b>" not in text
    assert "<i>" not in text
    assert "](http://x)" not in text
    assert "and 5 more." in text
    assert len(text) < 65536
    assert "The small run sets" in text
    assert "\u202e" not in text
