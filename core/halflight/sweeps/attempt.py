"""Attempt: run `dvc exp run` for an experiment in its copy, follow it, and say how it ended."""

import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from halflight.sweeps import endings, watched
from halflight.sweeps.copies import environment
from halflight.sweeps.endings import Ending
from halflight.sweeps.experiment import Cost

POLL = 0.2  # seconds between two looks
LOOK = 5.0  # seconds between two looks at a curve: an epoch takes as long
PATIENCE = watched.GRACE + 5.0  # seconds for a process that was told to end
MINUTE = 60.0
GIVEN_UP = "given up: worse than the median of the others by then"
MOST_LOG = 1 << 18  # bytes at the end of a log that are searched for the reason of a failure


class Stopped(Exception):  # noqa: N818 (not an error: somebody asked for it)
    """The sweep was told to stop while the attempt ran."""


class Limits(NamedTuple):
    """What an attempt may take: seconds, and bytes of memory for each process; None: any."""

    seconds: float | None = None
    memory: int | None = None


def attempt(
    command: Sequence[str],
    copy: Path,
    folder: Path,
    *,
    variables: Mapping[str, str],
    limits: Limits,
    stop: threading.Event,
    hopeless: Callable[[], bool],
) -> tuple[Ending, Cost]:
    """Run a command in a copy, its words into `folder`/log.txt, until it ends or is ended.

    Nothing that it started is left running. It is given up where `hopeless`, which is asked every
    few seconds, says so. Raises Stopped once `stop` is set.
    """
    folder = folder.absolute()  # the command runs elsewhere
    lock, cost, log = folder / "running", folder / "cost.json", folder / "log.txt"
    end_leftover(lock)
    cost.unlink(missing_ok=True)
    start, kills = log.stat().st_size if log.exists() else 0, endings.memory_kills()
    begun = looked = time.monotonic()
    words = [sys.executable, watched.__file__, str(lock), str(cost), str(limits.memory or 0)]
    with log.open("ab") as written:
        process = subprocess.Popen(
            [*words, *command],
            cwd=copy,
            env=environment(**variables),
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        ended = None
        try:
            while process.poll() is None and ended is None:
                if stop.wait(POLL):
                    raise Stopped
                now = time.monotonic()
                if limits.seconds is not None and now - begun > limits.seconds:
                    ended = Ending(f"took more than its {limits.seconds / MINUTE:g} minutes")
                elif now - looked > LOOK:
                    looked = now
                    if hopeless():
                        ended = Ending(GIVEN_UP, given_up=True)
        finally:
            _end(process)
    if ended is not None:
        return ended, _cost(cost, begun)
    with log.open("rb") as file:
        file.seek(max(start, log.stat().st_size - MOST_LOG))
        said = file.read().decode("utf-8", "replace")
    killed = endings.memory_kills() > kills
    return endings.ending(process.returncode, said, killed_for_memory=killed), _cost(cost, begun)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End a process group, politely and then not; where its head has gone, what it left."""
    if process.poll() is None:
        _signal_group(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(PATIENCE)
    _signal_group(process.pid, signal.SIGKILL)
    process.wait()


def _signal_group(group: int, number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):  # macOS: of a group that is ending
        os.killpg(group, number)


def end_leftover(lock: Path) -> None:
    """End what an earlier process, killed before it could, left running with this lock."""
    if not lock.exists():
        return
    with lock.open("r+", encoding="utf-8") as file:
        for number in (signal.SIGTERM, signal.SIGKILL):
            end = time.monotonic() + PATIENCE
            told = False
            while time.monotonic() < end:
                with suppress(BlockingIOError):
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    return
                file.seek(0)
                if not told and (group := file.read()):
                    _signal_group(int(group), number)
                    told = True
                time.sleep(POLL)
    raise RuntimeError(f"{lock}: what an earlier run started does not end: end it, and run again")


def _cost(path: Path, begun: float) -> Cost:
    """What the wrapper measured; where it was killed, the time alone."""
    try:
        return Cost(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return Cost(seconds=time.monotonic() - begun)
