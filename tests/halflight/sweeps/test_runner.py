"""Sweeps run: every experiment ends, what was killed is tried again, what failed is named."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from halflight.params import Sweep
from halflight.sweeps import attempt
from halflight.sweeps.copies import Repository
from halflight.sweeps.ledger import Ledger, LedgerError
from halflight.sweeps.runner import Means, Runner, summary
from tests.halflight.sweeps import probe
from tests.halflight.sweeps.probe import alive, until, waiting

JUDGE = "scores/scores.json:a.b"


def sweep(search="grid", **parts):
    common = {
        "question": "Which?",
        "search": search,
        "minimise": JUDGE,
        "targets": ["probe"],
    }
    return Sweep.model_validate(common | parts)


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """With a stand-in for DVC, which takes no time; where the user is."""
    root = probe.lay(tmp_path / "repository")
    monkeypatch.chdir(root)
    return probe.with_stand_in(root)


class Told(list):
    """What a runner says."""

    def __call__(self, line):
        self.append(line)


def runner(repository, wanted, *, workers=2, memory=None, **variables):
    means = Means(workers=workers, memory=memory, variables=variables)
    ledger = Ledger(Path("sweeps/one"))
    return Runner("one", wanted, repository, ledger, means=means, say=Told())


def refs(root):
    return probe.git(root, "for-each-ref", "--format=%(refname:lstrip=4)", "refs/exps").split()


def test_dvc_reads_the_studies_only_where_one_is_wanted(repository, tmp_path):
    copy, snapshot, cache = tmp_path / "copy", repository.snapshot("one"), repository.cache()
    hiding = copy / "reports/.dvcignore"
    for target, hidden in (("probe", True), ("probe", True), ("reports/a/dvc.yaml:b", False)):
        repository.prepare(copy, snapshot, cache, [target])
        assert hiding.is_file() == hidden
        assert probe.git(copy, "status", "--porcelain") == ""
    repository.prepare(copy, snapshot, cache, ["probe"])
    assert hiding.read_text() == "/*/dvc.yaml\n"
    assert (copy / ".git/info/exclude").read_text().count("reports/.dvcignore") == 1


def test_a_grid_of_two_by_two_with_two_workers_under_dvc_itself(tmp_path, monkeypatch):
    root = probe.lay(tmp_path / "repository")
    monkeypatch.chdir(root)
    wanted = sweep(
        parameters={"probe.x": [2.0, 1e-5], "probe.units": [[1], [2, 3]]},
        settings={"+probe.note": "it's: [not] a list"},
        scores=["scores/history.csv:loss[arm=other]"],
    )
    found = runner(Repository.here(root), wanted).run()
    assert [one.status for one in found] == ["finished"] * 4
    assert [one.score.value for one in found] == pytest.approx([4.0, 4.0, 1e-10, 1e-10])
    assert [one.settings["probe.units"] for one in found] == [[1], [2, 3]] * 2
    assert [next(iter(one.scores.values())).value for one in found] == [-2, -2, -1e-5, -1e-5]
    assert all(one.cost.cpu_seconds > 0 and one.cost.peak_memory > 1 << 20 for one in found)
    shown = probe.dvc(root, "exp", "show", "--csv")
    assert all(f"one-00{number}" in shown for number in (1, 2, 3, 4))
    assert "it's: [not] a list" in shown
    # Nothing of it is seen in the working tree, and no copy is left.
    assert probe.git(root, "status", "--porcelain") == ""
    assert not list(root.glob("sweeps/one/*/copy"))
    assert (root / "sweeps/one/0000/scores/scores.json").is_file()


def test_more_experiments_than_workers_all_finish(repository):
    wanted = sweep("random", trials=10, parameters={"probe.x": {"low": 0.0, "high": 1.0}})
    found = runner(repository, wanted, workers=4).run()
    assert summary(found, 10) == "10 asked for: 10 finished"
    assert len({one.settings["probe.x"] for one in found}) == 10
    assert len(refs(repository.root)) == 10


@pytest.mark.thorough
@pytest.mark.timeout(1200)
def test_forty_experiments_all_finish_under_dvc_itself(tmp_path, monkeypatch):
    root = probe.lay(tmp_path / "repository")
    monkeypatch.chdir(root)
    wanted = sweep("random", trials=40, parameters={"probe.x": {"low": 0.0, "high": 1.0}})
    found = runner(Repository.here(root), wanted, workers=4).run()
    assert summary(found, 40) == "40 asked for: 40 finished"
    assert all(one.attempts == ("finished",) for one in found)
    assert len(refs(root)) == 40


def test_what_fails_is_named_and_nothing_else_is_lost(repository):
    ways = ["end", "fail", "die", "memory", "die once"]
    told = runner(
        repository, sweep(parameters={"probe.how": ways}), PROBE=str(repository.root.parent)
    )
    by_way = {one.settings["probe.how"]: one for one in told.run()}
    assert {way: one.status for way, one in by_way.items()} == {
        "end": "finished",
        "fail": "failed",
        "die": "failed",
        "memory": "failed",
        "die once": "finished",
    }
    assert by_way["fail"].attempts == ("probe: probe: ValueError: x must not be 3",)
    assert len(by_way["die"].attempts) == 3
    assert all("probe: killed by SIGKILL" in words for words in by_way["die"].attempts)
    assert all("out of memory" in words for words in by_way["memory"].attempts)
    assert by_way["die once"].attempts[-1] == "finished"
    assert "SIGKILL" in by_way["die once"].attempts[0]
    failures = [line for line in told.say if "FAILED" in line]
    assert len(failures) == 3
    assert all("sweeps/one/000" in line and "/log.txt" in line for line in failures)
    log = (repository.root / "sweeps/one/0002/log.txt").read_text()
    assert log.count("--- attempt") == log.count("probe: began die") == 3
    assert summary(list(by_way.values()), 5) == "5 asked for: 2 finished, 3 failed"


def test_what_failed_runs_again_when_that_is_asked_for(repository):
    wanted = sweep(parameters={"probe.how": ["fail", "end"]})
    first = runner(repository, wanted).run()
    assert [one.status for one in runner(repository, wanted).run()] == ["failed", "finished"]
    again = runner(repository, wanted).run(retry_failed=True)
    assert len(again[0].attempts) == len(first[0].attempts) + 1
    assert again[1] == first[1]


def test_a_limit_of_memory_is_held_and_named(repository):
    (repository.root / "stage.py").write_text("kept = bytearray(3 << 30)\n")
    [one] = runner(repository, sweep(parameters={"probe.x": [1.0]}), memory=1 << 30).run()
    assert one.status == "failed"
    assert "out of memory" in one.attempts[-1]


def test_an_experiment_that_takes_too_long_is_ended(repository, monkeypatch):
    monkeypatch.setattr(attempt, "MINUTE", 1.0)
    monkeypatch.setattr("halflight.sweeps.runner.MINUTE", 1.0)
    wanted = sweep(parameters={"probe.how": ["wait"]}, limit_minutes=2.0)
    begun = time.monotonic()
    [one] = runner(repository, wanted, PROBE=str(repository.root.parent)).run()
    assert one.status == "failed"
    assert one.attempts == ("took more than its 2 minutes",)
    assert time.monotonic() - begun < 30
    assert not alive(waiting(repository.root.parent))


def test_what_ended_without_its_score_has_failed(repository):
    wanted = sweep(parameters={"probe.x": [1.0]}, minimise="scores/scores.json:a.c")
    [one] = runner(repository, wanted).run()
    assert (one.status, one.attempts) == (
        "failed",
        ("scores/scores.json: there is no a.c in it",),
    )


def test_an_address_that_is_none_is_refused_before_anything_runs(repository):
    with pytest.raises(ValueError, match="is no address of a number"):
        runner(repository, sweep(parameters={"probe.x": [1.0]}, minimise="scores.txt:a"))


def test_the_code_is_that_of_the_working_tree_when_the_sweep_began(repository):
    root = repository.root
    stage = (root / "stage.py").read_text()
    (root / "stage.py").write_text(stage.replace("x * x", "10 * x"))
    (root / "more.py").write_text("untracked = 1\n")
    (root / "big.bin").write_bytes(bytes(2 << 20))
    wanted = sweep("random", trials=1, parameters={"probe.x": [1.0]})
    first = runner(repository, wanted)
    [one] = first.run()
    assert one.score.value == 10
    assert any("big.bin is not tracked and large" in line for line in first.say)
    (root / "stage.py").write_text(stage)
    more = sweep("random", trials=2, parameters={"probe.x": [1.0]})
    found = runner(repository, more).run()
    assert [one.score.value for one in found] == [10, 10]
    names = probe.git(root, "ls-tree", "--name-only", "refs/halflight/sweeps/one").split()
    assert "more.py" in names
    assert "big.bin" not in names
    assert probe.git(root, "diff", "--cached", "--name-only") == ""


def test_another_definition_needs_another_name(repository):
    runner(repository, sweep(parameters={"probe.x": [1.0]})).run()
    with pytest.raises(LedgerError, match=r"began with other parameters: .*--restart"):
        runner(repository, sweep(parameters={"probe.x": [2.0]})).run()


@pytest.mark.parametrize("who", ["stage", "dvc", "wrapper"])
def test_a_worker_killed_with_9_is_run_again(repository, who):
    """The first stage waits and is killed, by itself or with what runs it; the next ends."""
    one = runner(
        repository,
        sweep(parameters={"probe.how": ["wait"]}),
        workers=1,
        PROBE=str(repository.root.parent),
    )
    found = []
    thread = threading.Thread(target=lambda: found.extend(one.run()))
    thread.start()
    [stage] = until(lambda: waiting(repository.root.parent))
    dvc = int(Path(f"/proc/{stage}/stat").read_text().rpartition(")")[2].split()[1])
    wrapper = int(Path(f"/proc/{dvc}/stat").read_text().rpartition(")")[2].split()[1])
    copy = repository.root / "sweeps/one/0000/copy"
    os.kill({"stage": stage, "dvc": dvc, "wrapper": wrapper}[who], signal.SIGKILL)
    until(lambda: len(waiting(repository.root.parent)) == 2)
    assert not alive([stage])
    one._stop.set()
    thread.join(30)
    assert not alive(waiting(repository.root.parent))
    assert copy.is_dir()
    [left] = Ledger(repository.root / "sweeps/one").experiments()
    assert left.status == "asked"
    assert "killed by SIGKILL" in left.attempts[0]


PROGRAM = """
import sys
sys.path[:0] = {path!r}
from pathlib import Path
from dataclasses import replace
from halflight.sweeps.copies import Repository
from halflight.sweeps.ledger import Ledger
from halflight.sweeps.runner import Means, Runner
from tests.halflight.sweeps.test_runner import sweep
wanted = sweep(parameters={{"probe.how": ["end", "wait"]}})
root = Path({root!r})
repository = replace(Repository.here(root), dvc={dvc!r})
means = Means(workers=2, variables={{"PROBE": {parent!r}}})
Runner("one", wanted, repository, Ledger(root / "sweeps/one"), means=means).run()
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_sweep_goes_on_where_it_stood(repository, root, number):
    parent = repository.root.parent
    program = PROGRAM.format(
        path=[str(root), str(root / "core")],
        root=str(repository.root),
        dvc=repository.dvc,
        parent=str(parent),
    )
    ledger = Ledger(repository.root / "sweeps/one")
    with subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.DEVNULL) as process:
        until(lambda: waiting(repository.root.parent))
        until(lambda: [one.status for one in ledger.experiments()][:1] == ["finished"])
        process.send_signal(number)
    assert process.returncode != 0
    until(lambda: not alive(waiting(repository.root.parent)))
    finished = ledger.experiments()[0]
    assert [one.status for one in ledger.experiments()] == ["finished", "asked"]
    # Now it does not wait any more.
    (parent / "stand_in.py").write_text(
        (parent / "stand_in.py").read_text().replace('"stage.py"]', '"-c", "import time"]')
    )
    (repository.root / "sweeps/one/0001/copy/scores").mkdir(exist_ok=True)
    scores = repository.root / "sweeps/one/0001/copy/scores/scores.json"
    scores.write_text('{"a": {"b": 7}}')
    found = runner(repository, sweep(parameters={"probe.how": ["end", "wait"]})).run()
    assert found[0] == finished
    assert [one.score.value for one in found] == [1.0, 7.0]


def test_two_at_one_sweep_are_refused(repository):
    ledger = Ledger(repository.root / "sweeps/one")
    other = Ledger(ledger.folder)
    refused = pytest.raises(LedgerError, match="another process is at this sweep")
    with ledger.alone(), refused, other.alone():
        pass


def test_a_damaged_experiment_is_named(repository):
    ledger = Ledger(repository.root / "sweeps/one")
    runner(repository, sweep(parameters={"probe.x": [1.0]})).run()
    path = ledger.of(0) / "experiment.json"
    path.write_text("{}")
    with pytest.raises(LedgerError, match=r"experiment.json is no experiment .*delete it"):
        ledger.experiments()
    path.write_text("{")
    with pytest.raises(LedgerError, match=r"experiment.json.*delete it, and it is run again"):
        ledger.experiments()
