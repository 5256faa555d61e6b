"""Two processes are never at one stage, and a stage that nobody waits for stops by itself."""

import errno
import fcntl
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stages import alone

SECONDS = 20.0  # within which a process of a busy machine must have begun or ended

HOLDER = """
import sys, time, stages
def main(task):
    print("begun", flush=True)
    time.sleep(float(sys.argv[1]) if task[0].isdigit() else 60)
sys.argv[0] = "train.py"
stages.run(main)
"""


@pytest.fixture
def begin(root, tmp_path, monkeypatch):
    """Begin a stage called train in another process; wait until it is at work."""
    monkeypatch.chdir(tmp_path)
    begun = []

    def start(word="radius", **environment):
        process = subprocess.Popen(
            [sys.executable, "-c", HOLDER, word],
            env=os.environ | {"PYTHONPATH": f"{root}:{root}/core"} | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        begun.append(process)
        assert process.stdout.readline() == "begun\n", process.stderr.read()
        return process

    yield start
    for process in begun:
        process.kill()
        process.communicate()


def test_the_second_says_who_is_at_work_and_gives_up(begin, monkeypatch, capsys):
    process = begin()
    monkeypatch.setattr(alone, "WAIT", 0.3)
    with (
        pytest.raises(
            alone.BusyError, match=rf"process {process.pid} .*`kill {process.pid}`, and run again"
        ),
        alone.alone("train", ["radius"]),
    ):
        pass
    assert capsys.readouterr().err.count(f"process {process.pid} is at this stage already") == 1
    with alone.alone("train", ["shape"]), alone.alone("prepare", ["radius"]):
        pass  # others are free


def test_the_second_waits_for_the_first(begin):
    begin("1")
    since = time.monotonic()
    with alone.alone("train", ["1"]):
        assert time.monotonic() - since > 0.2


def test_the_lock_of_a_killed_stage_is_free(begin):
    process = begin()
    process.kill()
    process.wait()
    since = time.monotonic()
    with alone.alone("train", ["radius"]):
        assert time.monotonic() - since < 1
        assert alone._holder(alone.RUNNING / "train-radius") == f"process {os.getpid()}"
    assert not list(alone.RUNNING.iterdir())


def test_sigterm_stops_as_ctrl_c_does(begin):
    process = begin()
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=SECONDS)
    assert process.returncode == 130
    assert errors == "\ntrain: stopped; `dvc repro` goes on from here\n"


PARENT = "import subprocess, sys; subprocess.run([sys.executable, 'holder.py', 'radius'])"


@pytest.fixture
def parent(root, tmp_path, monkeypatch):
    """Begin a program that runs a stage, and wait until that is at work."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_STAGE", raising=False)
    (tmp_path / "holder.py").write_text(HOLDER)
    begun = []

    def start(*command, **environment):
        process = subprocess.Popen(
            command,
            env=os.environ | {"PYTHONPATH": f"{root}:{root}/core"} | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        begun.append(process)
        while (line := process.stdout.readline()) != "begun\n":
            assert line, process.stderr.read()
        return process, int((tmp_path / alone.RUNNING / "train-radius").read_text())

    yield start
    for process in begun:
        process.kill()
        process.communicate()


def test_a_stage_ends_with_the_dvc_that_ran_it(parent):
    dvc, _ = parent(sys.executable, "-c", PARENT, DVC_STAGE="train@radius")
    dvc.kill()
    with alone.alone("train", ["radius"]):  # waits until the orphan has gone
        pass
    assert "the dvc that ran this stage has ended" in dvc.stderr.read()


def test_a_bare_stage_outlives_its_shell(parent):
    shell, stage = parent("sh", "-c", f"{sys.executable} holder.py radius & wait")
    shell.kill()
    time.sleep(4 * alone.POLL)
    os.kill(stage, signal.SIGKILL)  # fails if it had ended


@pytest.mark.parametrize(
    ("call", "error"),
    [
        ("flock", OSError(errno.ENOLCK, "No locks available")),
        ("flock", OSError(errno.ENOTSUP, "Operation not supported")),
        ("write", OSError(errno.ENOSPC, "No space left on device")),
        ("open", PermissionError(errno.EACCES, "Permission denied")),
        ("open", OSError(errno.EROFS, "Read-only file system")),
    ],
)
def test_a_folder_that_cannot_be_locked_is_named(tmp_path, monkeypatch, call, error):
    def fail(*arguments, **options):
        raise error

    monkeypatch.chdir(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(fcntl if call == "flock" else os, call, fail)
        with (
            pytest.raises(OSError, match="cannot be locked") as caught,
            alone.alone("train", ["radius"]),
        ):
            pass
    assert re.search(rf"running/train-radius.*{error.strerror}.*allow writing", str(caught.value))
    assert len(list(Path("/proc/self/fd").iterdir())) < 200


def test_a_word_names_no_other_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with alone.alone("train", ["../../x"]):
        assert [path.name for path in alone.RUNNING.iterdir()] == ["train-..%2F..%2Fx"]
