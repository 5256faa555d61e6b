"""Kill a stage, a worker of it or the DVC that runs it, at any moment; then `make repro` again.

A round forgets that one stage has run, runs it, and kills. What `make repro` does afterwards
must end with the bytes of a pipeline that nobody disturbed, and leave nothing behind.
"""

import hashlib
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import yaml

from halflight.paths import RAN, RUN_PAGE

SECONDS = 60.0  # within which every process of a disturbed run must have ended
FIRST_GUESS = 6.0  # seconds that a stage and its DVC take, until they were measured


class Disturbed:
    """A finished pipeline in `folder`, disturbed round by round at moments drawn from `seed`."""

    def __init__(self, folder: Path, environment: dict[str, str], seed: int) -> None:
        self.folder, self.environment = folder, environment
        self.rng = np.random.default_rng(seed)
        self.reference = self.state()
        self.stages = sorted(self.reference["lock"])
        self.durations = dict.fromkeys(self.stages, FIRST_GUESS)
        self.hit: list[str] = []

    def rounds(self, count: int) -> None:
        """Disturb every stage in turn by every victim in turn, so often."""
        victims = list(VICTIMS)
        for number in range(count):
            stage = self.stages[number % len(self.stages)]
            # One victim further at each turn of the stages, so that all meet each other.
            victim = victims[(number + number // len(self.stages)) % len(victims)]
            self.round(stage, victim, at_once=bool(self.rng.integers(2)))

    def round(self, stage: str, victim: str, *, at_once: bool) -> None:
        """Kill in the middle; run again at once, or when all that DVC ran has ended; compare."""
        self.forget(stage)
        process = self.begin("dvc", "repro", "--single-item", stage)
        moment = self.durations[stage] * self.rng.uniform(0.1, 1.0)
        with suppress(subprocess.TimeoutExpired):
            process.wait(moment)
        said = f"{stage}, {victim} after {moment:.1f} s"
        self.hit.append(f"{said}: {VICTIMS[victim](process.pid, self.rng)}")
        # DVC itself, which would refuse a second one beside it, and may wait for its stage's end.
        process.wait(SECONDS + 4 * self.durations[stage])
        if not at_once:
            self.wait_for(process.pid, said)
        self.mend()
        begun = time.monotonic()
        again = self.begin("dvc", "repro")
        output, _ = again.communicate(timeout=600)
        assert again.returncode == 0, f"{self.hit[-1]}: dvc repro failed:\n{output}"
        if "Running stage" in output:
            self.durations[stage] = time.monotonic() - begun
        self.wait_for(process.pid, said)
        process.communicate()
        assert self.state() == self.reference, self.hit[-1]

    def mend(self) -> None:
        """Do what `make repro` does first; what it had to do is on record."""
        done = subprocess.run(
            [sys.executable, "-m", "stages.mend"],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=True,
        )
        self.hit[-1] += "".join(f" ({line})" for line in done.stdout.splitlines())

    def begin(self, *command: str) -> subprocess.Popen:
        """Start a command as the leader of a session, by which all that it starts is found."""
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def forget(self, stage: str) -> None:
        """Make DVC think that a stage has never run."""
        lock = self.folder / "dvc.lock"
        tree = yaml.safe_load(lock.read_text())
        tree["stages"].pop(stage, None)
        lock.write_text(yaml.safe_dump(tree, sort_keys=False))
        subprocess.run(["rm", "-rf", self.folder / ".dvc/cache/runs"], check=True)
        # What git has of it is the same: no stage is taken back from there.
        subprocess.run(["git", "add", "--force", "dvc.lock"], cwd=self.folder, check=True)

    def wait_for(self, session: int, said: str) -> None:
        """Wait until no process of a session is left."""
        end = time.monotonic() + SECONDS
        while left := processes_of(session):
            assert time.monotonic() < end, f"{said}: {left} did not end"
            time.sleep(0.05)

    def state(self) -> dict:
        """What dvc.lock says, every file of data and reports, and what should not be there.

        Of what tells how a run went, time and memory of each stage, only that it is there.
        """
        names = ("data", "reports", ".checkpoints")
        paths = [p for name in names for p in (self.folder / name).rglob("*") if p.is_file()]
        return {
            "lock": yaml.safe_load((self.folder / "dvc.lock").read_text())["stages"],
            "files": {
                str(path.relative_to(self.folder)): ""
                if tells_how(path.relative_to(self.folder))
                else hashlib.md5(path.read_bytes()).hexdigest()
                for path in paths
            },
        }


def tells_how(path: Path) -> bool:
    """Whether a file says how a run went, which no two do alike."""
    return path == RUN_PAGE or path.is_relative_to(RAN)


def processes_of(session: int) -> dict[int, str]:
    """The command lines of the living processes of a session."""
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            with suppress(FileNotFoundError, ProcessLookupError):
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                if int(fields[3]) == session and fields[0] not in "ZX":
                    words = (folder / "cmdline").read_bytes().replace(b"\0", b" ")
                    found[int(folder.name)] = words.decode()
    return found


def stage_of(session: int) -> list[int]:
    return [pid for pid, words in processes_of(session).items() if " -m stages." in words]


def workers_of(session: int) -> list[int]:
    return [p for p, words in processes_of(session).items() if "multiprocessing.spawn" in words]


def send(number: signal.Signals, processes: list[int]) -> str:
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process, number)
    return f"{number.name} to {len(processes)}"


def kill_worker(session: int, rng: np.random.Generator) -> str:
    """Kill one worker; where there is none, the stage; where there is none yet, DVC."""
    workers = sorted(workers_of(session))
    chosen = [workers[rng.integers(len(workers))]] if workers else stage_of(session)
    return send(signal.SIGKILL, chosen or [session])


VICTIMS = {
    "the stage killed": lambda session, _: send(signal.SIGKILL, stage_of(session) or [session]),
    "DVC killed": lambda session, _: send(signal.SIGKILL, [session]),
    "Ctrl-C": lambda session, _: send(signal.SIGINT, list(processes_of(session))),
    "a worker killed": kill_worker,
    "all killed": lambda session, _: send(signal.SIGKILL, list(processes_of(session))),
    "the stage terminated": lambda session, _: send(signal.SIGTERM, stage_of(session) or [session]),
    "Ctrl-C in DVC alone": lambda session, _: send(signal.SIGINT, [session]),
}


def environment(base: dict[str, str]) -> dict[str, str]:
    """Two workers a stage, and no network but loopback."""
    kept = {k: v for k, v in base.items() if not k.startswith(("DVC_", "GIT_"))}
    path = f"{Path(sys.executable).parent}{os.pathsep}{base['PATH']}"
    closed = {"http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"}
    own = {"no_proxy": "127.0.0.1", "PATH": path, "HALFLIGHT_PROCESSES": "2"}
    return kept | closed | own
