"""Memory of a process and of all that it started, as one, while it runs: Linux's /proc alone.

A page that several processes share counts for each by its share, so that a sum counts it once. A
share is also taken by other programs that have loaded the same library; what is anonymous, which no
file holds, nobody shares here, and is told beside it.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

PAUSE = 0.5  # seconds between two looks, which take some ten milliseconds
_KIB = 1 / 1024  # MiB


@dataclass
class Most:
    """The most that was seen at once, in MiB.

    whole: of all processes. anonymous: what of that no file holds. first: of the process itself,
    and `largest`: of the largest that it started, each by itself, whenever that was.
    """

    whole: float = 0.0
    anonymous: float = 0.0
    first: float = 0.0
    largest: float = 0.0

    def look(self, process: int) -> None:
        """Take account of what is held now."""
        held = [found for each in _family(process) if (found := _held(each)) is not None]
        if not held:
            return
        shares, anonymous = (sum(parts) for parts in zip(*held, strict=True))
        if shares > self.whole:
            self.whole, self.anonymous = shares, anonymous
        self.first = max(self.first, held[0][0])
        self.largest = max([self.largest, *(share for share, _ in held[1:])])


@contextmanager
def watched(process: int) -> Iterator[Most]:
    """Look at a process, and at all that it started, until the block ends."""
    most, ended = Most(), threading.Event()

    def look() -> None:
        while not ended.wait(PAUSE):
            most.look(process)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield most
    finally:
        ended.set()
        thread.join()


def _family(process: int) -> list[int]:
    """A process, and all that it and they started."""
    started: dict[int, list[int]] = {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        with suppress(FileNotFoundError, ProcessLookupError):
            parent = int(file.read_text().rpartition(")")[2].split()[1])
            started.setdefault(parent, []).append(int(file.parent.name))
    family = [process]
    for each in family:
        family += started.get(each, [])
    return family


def _held(process: int) -> tuple[float, float] | None:
    """MiB by shares, and what of it is anonymous; None of a process that has ended."""
    with suppress(FileNotFoundError, ProcessLookupError):
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()[1:]
        sizes = {name: int(size.split()[0]) for name, size in (line.split(":") for line in lines)}
        if sizes:
            return sizes["Pss"] * _KIB, sizes["Anonymous"] * _KIB
    return None
