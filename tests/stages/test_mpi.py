"""Training by a real `mpirun`: the number of processes changes no byte, and none outlives one.

Each starts in the same small repository of discs as a stage of the pipeline does.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from .conftest import PLACE, TINY
from .test_train import contents

pytest.importorskip("mpi4py", reason="the extra mpi is not installed")
if shutil.which("mpirun") is None:
    pytest.skip("there is no mpirun on PATH", allow_module_level=True)

SHARDED = TINY | {"radius.train.shards": 8, "radius.train.batch_size": 8}
LONG = SHARDED | {"radius.train.epochs": 12, "radius.train.patience": 12}


def command(processes):
    anywhere = ["--allow-run-as-root", "--oversubscribe", "--bind-to", "none"]
    prefix = ["mpirun", *anywhere, "-n", str(processes)] if processes else []
    return [*prefix, sys.executable, "-m", "stages.train", "radius"]


def environment(root):
    paths = os.pathsep.join([str(root / "core"), str(root)])
    # A few seconds of spinning processes on fewer cores are minutes.
    return os.environ | {"PYTHONPATH": paths, "NUMBA_NUM_THREADS": "1"}


def train(root, processes):
    ran = subprocess.run(
        command(processes),
        env=environment(root),
        capture_output=True,
        check=False,
        text=True,
        timeout=300,
    )
    return ran.returncode, plain(ran.stderr)


def plain(text):
    """What is told, without the colours that mpirun resets and what Open MPI 5 says itself."""
    framed = re.compile(r"^-{70,}\n.*?^-{70,}\n", re.MULTILINE | re.DOTALL)
    return framed.sub("", re.sub(r"\x1b\[\d*m", "", text))


def trained(root, processes):
    shutil.rmtree(PLACE.trained.parent, ignore_errors=True)
    code, said = train(root, processes)
    assert code == 0, said
    return contents(PLACE.trained.parent)


@pytest.fixture
def sharded(surveyed, configure):
    configure(SHARDED)
    return surveyed


GATHER = """
import numpy as np
from halflight import mpi
team = mpi.team()
own = np.full((team.rank, 2), team.rank, np.float32)
every = team.gather(own)
assert every.dtype == np.float32 and every.shape == (3, 2), every
assert every[:, 0].tolist() == [1, 2, 2], every
print("whole")
"""


def test_processes_gather_the_arrays_of_all_in_their_order(root):
    launch = [*command(3)[:-4], sys.executable, "-c", GATHER]
    ran = subprocess.run(
        launch, env=environment(root), capture_output=True, check=False, text=True, timeout=120
    )
    assert ran.stdout.count("whole") == 3, ran.stderr


@pytest.mark.thorough
def test_two_processes_train_to_the_bytes_of_one(sharded, root):
    assert trained(root, 2) == trained(root, 0)
    assert not list((sharded / ".checkpoints").glob("train-*"))


@pytest.mark.thorough
@pytest.mark.parametrize("processes", [1, 3, 4, 8])
def test_any_number_of_processes_trains_to_the_bytes_of_one(sharded, root, processes):
    assert trained(root, processes) == trained(root, 0)


@pytest.mark.thorough
def test_more_processes_than_shards_are_refused_in_one_line(surveyed, root):
    code, said = train(root, 2)
    assert code != 0
    # Twice where the first takes longer than its lead to end the other: much else runs there.
    assert set(filter(None, said.splitlines())) == {
        "train: ValueError: 2 processes need as many shards of each batch or more, received 1"
    }


@pytest.mark.thorough
def test_a_killed_process_ends_all_in_one_line_and_the_run_resumes(surveyed, root, configure):
    configure(LONG)
    with subprocess.Popen(
        command(2), env=environment(root), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        text=True,
    ) as launcher:  # fmt: skip
        end = time.monotonic() + 300
        while not list(Path(".checkpoints").glob("train-*/backup.safetensors")):
            assert time.monotonic() < end
            time.sleep(0.1)
        ranks = helpers(launcher.pid)
        assert len(ranks) == 2
        os.kill(ranks[1], signal.SIGKILL)
        said = plain(launcher.communicate(timeout=60)[1])
        assert launcher.returncode != 0
        told = [line for line in said.splitlines() if line.startswith("train: ")]
        assert told == ["train: stopped; the same command goes on from here"]
        assert "Traceback" not in said
    while any(alive(rank) for rank in ranks):
        assert time.monotonic() < end
        time.sleep(0.1)
    [backup] = Path(".checkpoints").glob("train-*/backup.safetensors")
    code, said = train(root, 2)
    assert code == 0, said
    assert "epoch 1/" not in said
    assert not backup.exists()
    resumed = contents(PLACE.trained.parent)
    assert resumed == trained(root, 0)


def alive(process):
    """Whether a process works or waits; one that has ended but was not waited for does not."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state not in "ZX"


def helpers(launcher):
    """The processes that an `mpirun` has started, by rank."""
    found = {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            parent = int(path.joinpath("stat").read_text().rpartition(")")[2].split()[1])
            if parent == launcher:
                variables = path.joinpath("environ").read_bytes().split(b"\0")
                mine = dict(each.split(b"=", 1) for each in variables if b"=" in each)
                found[int(mine[b"OMPI_COMM_WORLD_RANK"])] = int(path.name)
        except (OSError, KeyError, ValueError):
            continue
    return [found[rank] for rank in sorted(found)]
