"""Endings: how an attempt at an experiment ended, named from its exit code and its log."""

import re
import signal
from pathlib import Path
from typing import NamedTuple

from halflight.text import printable, shortened

SIGNALLED = 128  # added to a signal's number in the exit code of a shell
# How DVC ends the log of a stage that failed.
_STAGE = re.compile(r"failed to reproduce '(?P<stage>[^']+)'.*?exited with (?P<code>-?\d+)", re.S)
_ERROR = re.compile(r"^ERROR: (.*)$", re.M)
_MEMORY = re.compile(r"^(?:[\w.]+: )?(?:\w+\.)*_?(?:Array)?MemoryError\b.*$", re.M)
_WORDS = 300  # characters of an error that are quoted; the log has them all
# Where Linux counts what it killed for want of memory: of a container, of the machine.
_COUNTS = (Path("/sys/fs/cgroup/memory.events"), Path("/proc/vmstat"))


class Ending(NamedTuple):
    """How an attempt ended.

    Attributes:
        words: one line; empty where it succeeded.
        passing: whether it may go better the next time.
        given_up: whether it was ended as its curve promised nothing.
    """

    words: str
    passing: bool = False
    given_up: bool = False

    @property
    def succeeded(self) -> bool:
        """Whether nothing went wrong."""
        return not self.words


def ending(code: int, log: str, *, killed_for_memory: bool = False) -> Ending:
    """Name an ending.

    code: of the process, negative where a signal ended it. log: what this attempt wrote.
    killed_for_memory: whether the system killed any process for want of memory meanwhile.
    """
    if code == 0:
        return Ending("")
    failed = _STAGE.search(log)
    stage = printable(failed["stage"]) if failed else "dvc"
    number = _signal(int(failed["code"]) if failed else code) or _signal(code)
    if number is not None:
        name = signal.Signals(number).name
        reason = ""
        if number == signal.SIGKILL:
            reason = (
                ": the system did, out of memory; use fewer workers"
                if killed_for_memory
                else ", which the system or somebody sent"
            )
        return Ending(f"{stage}: killed by {name}{reason}", passing=True)
    if memory := _MEMORY.findall(log):
        return Ending(f"{stage}: out of memory: {_quoted(memory[-1])}", passing=True)
    if failed:
        said = log[: failed.start()].rstrip().removesuffix("ERROR:").rstrip().splitlines()
        return Ending(f"{stage}: {_quoted(said[-1]) if said else 'failed without a word'}")
    errors = _ERROR.findall(log) or log.split("\n")
    last = next((line for line in reversed(errors) if line.strip()), "no word of why")
    return Ending(f"dvc: exit code {code}: {_quoted(last)}", passing=True)


def _signal(code: int) -> int | None:
    number = -code if code < 0 else code - SIGNALLED
    return number if number in {one.value for one in signal.Signals} else None


def _quoted(line: str) -> str:
    return shortened(printable(line.strip()), _WORDS)


def memory_kills() -> int:
    """How many processes the system has killed for want of memory so far; 0 where it does not say.

    Only the growth of the number means anything.
    """
    total = 0
    for path in _COUNTS:
        try:
            text = path.read_text(encoding="utf-8")
        except OSError:
            continue
        total += sum(map(int, re.findall(r"^oom_kill (\d+)$", text, re.M)))
    return total
