"""How a stage ran: its time, memory and commit, kept where no output and so no hash depends on it.

A record belongs to the very files that the stage wrote: where others lie there now, because DVC
took them from its cache, it says nothing of them.
"""

import hashlib
import itertools
import json
import resource
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from halflight import files
from halflight.params.plain import plain_values
from halflight.paths import PIPELINE, RAN
from halflight.text import printable
from stages import ROOT
from stages.about import NoGitError, commit, processors
from stages.record import entry_of, outputs_of

_KILO = 1024
KEYS = {"seconds", "cpu_seconds", "peak_memory", "processors", "commit", "started", "outputs"}


@contextmanager
def timed(stage: str, items: Mapping[str, str]) -> Iterator[None]:
    """Keep how long the block took and how much memory, unless it fails.

    items: the values of the stage's matrix, by name. A record that cannot be written is said and
    costs nothing else.
    """
    began, started = time.monotonic(), datetime.now(UTC)
    yield
    own, others = (
        resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    entry = entry_of(stage, items)
    if not entry:
        return
    kept: dict[str, Any] = {
        "seconds": round(time.monotonic() - began, 3),
        "cpu_seconds": round(
            sum((own.ru_utime, own.ru_stime, others.ru_utime, others.ru_stime)), 3
        ),
        "peak_memory": max(_own_peak(own.ru_maxrss), _bytes(others.ru_maxrss)),
        "processors": processors(),
        "commit": _commit(),
        "started": started.isoformat(timespec="seconds").removesuffix("+00:00"),
        "outputs": _digest(outputs_of(entry)),
    }
    try:
        files.write_json(_place(name_of(stage, items)), kept)
    except OSError as error:
        reason = printable(str(error.strerror or error))
        print(f"{stage}: its time and memory were not kept: {reason}", file=sys.stderr)


def name_of(stage: str, items: Mapping[str, str]) -> str:
    """A stage's name as DVC has it."""
    return f"{stage}@{'-'.join(items.values())}" if items else stage


def before(last: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every stage of dvc.yaml above `last`, with its entry, in order and for each of its matrix."""
    for stage, entry in plain_values((ROOT / PIPELINE).read_bytes()).get("stages", {}).items():
        if stage == last:
            return
        matrix = entry.get("matrix", {})
        for values in itertools.product(*matrix.values()):
            items = dict(zip(matrix, values, strict=True))
            yield name_of(stage, items), entry_of(stage, items)


def how_it_ran(name: str, entry: Mapping[str, Any]) -> dict[str, Any] | str:
    """What was kept of a stage, without its outputs; or why there is nothing, in a few words."""
    place = _place(name)
    if not place.is_file():
        return "did not run here"
    try:
        kept = json.loads(place.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return "its record is damaged"
    if not isinstance(kept, dict) or set(kept) != KEYS:
        return "its record is of another version"
    if kept.pop("outputs") != _digest(outputs_of(entry)):
        return "from DVC's cache, or another run"
    return kept


def _place(name: str) -> Path:
    return RAN / f"{quote(name, safe='@')}.json"


def _commit() -> str:
    try:
        return commit()
    except NoGitError:
        return ""


def _bytes(most: int) -> int:
    """What the system counts as the most memory of a process: kilobytes, but on macOS bytes."""
    return most if sys.platform == "darwin" else most * _KILO


def _own_peak(most: int) -> int:
    """Bytes that this process had at most; Linux's own counter starts with its parent's."""
    status = Path("/proc/self/status")
    if status.is_file():
        for line in status.read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * _KILO
    return _bytes(most)


def _digest(outputs: list[Path]) -> str:
    """A hash of the names, sizes and times of a stage's output files, not of their contents."""
    digest = hashlib.blake2b(digest_size=16)
    for output in outputs:
        for path in sorted([output, *output.rglob("*")]):
            if path.is_file():
                about = path.stat()
                digest.update(f"{path} {about.st_size} {about.st_mtime_ns}\n".encode())
    return digest.hexdigest()
