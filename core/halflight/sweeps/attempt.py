"""Attempt: run `dvc exp run` for an experiment in its copy, follow it, and say how it ended."""

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from halflight.sweeps import endings
from halflight.sweeps.endings import Ending
from halflight.sweeps.experiment import Cost
from halflight.sweeps.guarded import COST, POLL, guarded

LOOK = 5.0  # seconds between two looks at a curve: an epoch takes as long
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
    log = folder / "log.txt"
    start, kills = log.stat().st_size if log.exists() else 0, endings.memory_kills()
    begun = looked = time.monotonic()
    ended = None
    with (
        log.open("ab") as written,
        guarded(
            command, copy, folder, variables=variables, output=written, memory=limits.memory
        ) as process,
    ):
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
    cost = _cost(folder / COST, begun)
    if ended is not None:
        return ended, cost
    with log.open("rb") as file:
        file.seek(max(start, log.stat().st_size - MOST_LOG))
        said = file.read().decode("utf-8", "replace")
    killed = endings.memory_kills() > kills
    return endings.ending(process.returncode, said, killed_for_memory=killed), cost


def _cost(path: Path, begun: float) -> Cost:
    """What the wrapper measured; where it was killed, the time alone."""
    try:
        return Cost(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return Cost(seconds=time.monotonic() - begun)
