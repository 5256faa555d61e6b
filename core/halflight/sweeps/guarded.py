"""Guarded: a command that never outlives the process that started it, however that one ends."""

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from halflight.sweeps import watched
from halflight.sweeps.copies import environment

POLL = 0.2  # seconds between two looks
PATIENCE = watched.GRACE + 5.0  # seconds for a process that was told to end
RUNNING, COST = "running", "cost.json"


@contextmanager
def guarded(
    command: Sequence[str],
    copy: Path,
    folder: Path,
    *,
    variables: Mapping[str, str],
    output: IO[bytes] | None = None,
    memory: int | None = None,
) -> Iterator["subprocess.Popen[bytes]"]:
    """Start a command in a copy; it and all that it started has ended where the block ends.

    folder: where its lock lies, and COST once it has ended by itself. output: takes its words; None
    leaves them to the terminal. memory: most bytes of a process. Raises RuntimeError as
    `end_leftover` does, which comes first.
    """
    folder = folder.absolute()  # the command runs elsewhere
    lock, cost = folder / RUNNING, folder / COST
    end_leftover(folder)
    cost.unlink(missing_ok=True)
    words = [sys.executable, watched.__file__, str(lock), str(cost), str(memory or 0)]
    process = subprocess.Popen(
        [*words, *command],
        cwd=copy,
        env=environment(**variables),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=None if output is None else subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        _end(process)


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


def end_leftover(folder: Path) -> None:
    """End what an earlier process, killed before it could, left running with this folder's lock.

    Raises RuntimeError where it does not end.
    """
    lock = folder / RUNNING
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
