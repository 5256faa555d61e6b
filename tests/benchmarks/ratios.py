"""Training and inference of whole networks beside PyTorch: ratios of times, taken turn by turn."""

import itertools
import json
import statistics
from collections.abc import Sequence
from typing import Any, NamedTuple

from tests.benchmarks.page import Spread, plural, section, spread, table
from tests.benchmarks.processes import environment, start

SIDES = ("halflight", "torch")
STEPS = 3  # of one side before it is the other's turn


class Case(NamedTuple):
    """One row of the table."""

    network: str
    mode: str
    batch: int
    threads: int

    def __str__(self) -> str:
        """The row in words."""
        return f"{self.network} {self.mode} batch {self.batch}, {plural(self.threads, 'thread')}"


class Result(NamedTuple):
    """Median times in seconds, the ratio theirs / ours, and memory (before, peak) in MiB."""

    ours: float
    theirs: float
    ratio: Spread
    memory: dict[str, tuple[float | None, float | None]]


class Side:
    """A worker process."""

    def __init__(self, side: str, case: Case, instructions: str) -> None:
        """Start it and wait until it has built its network."""
        env = environment(case.threads, instructions, side)
        self.process = start("worker", side, case.network, case.batch, case.mode, env=env)
        if self._answer() != "ready":
            raise SystemExit(f"benchmark: the worker of {side} for {case} ended")

    def ask(self, request: str) -> Any:
        """The answer to one request."""
        assert self.process.stdin is not None
        self.process.stdin.write(request + "\n")
        self.process.stdin.flush()
        return json.loads(self._answer())

    def close(self) -> None:
        """End the worker."""
        self.process.communicate()

    def _answer(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()


def compare(case: Case, turns: int, instructions: str) -> Result:
    """Let the two sides take turns on one case, each first in every second turn."""
    sides = {side: Side(side, case, instructions) for side in SIDES}
    times: dict[str, list[float]] = {side: [] for side in SIDES}
    ratios = []
    for turn in range(turns):
        found = {}
        for side in SIDES if turn % 2 else reversed(SIDES):
            found[side] = sides[side].ask(f"time {STEPS}")
            times[side] += found[side]
        ratios.append(statistics.median(found["torch"]) / statistics.median(found["halflight"]))
    memory = {side: worker.ask("memory") for side, worker in sides.items()}
    for worker in sides.values():
        worker.close()
    ours, theirs = (statistics.median(times[side]) for side in SIDES)
    return Result(ours, theirs, spread(ratios), memory)


def cases(networks: Sequence[str], batches: Sequence[int], threads: Sequence[int]) -> list[Case]:
    """All rows of the table in their order."""
    return [
        Case(network, mode, batch, count)
        for network, count, batch, mode in itertools.product(
            networks, threads, batches, ("train", "infer")
        )
    ]


def measure(rows: Sequence[Case], turns: int, instructions: str = "native") -> dict[Case, Result]:
    """Compare the sides on every row, and print each result with what is next."""
    results = {}
    for number, case in enumerate(rows, start=1):
        results[case] = result = compare(case, turns, instructions)
        following = f"next: {rows[number]}" if number < len(rows) else "the rows are done"
        print(
            f"[{number}/{len(rows)}] {instructions}: {case}: {1e3 * result.ours:.1f} ms beside "
            f"{1e3 * result.theirs:.1f} ms, ratio {result.ratio.median:.2f} ({result.ratio}); "
            f"{following}",
            flush=True,
        )
    return results


def networks_section(results: dict[Case, Result], turns: int) -> str:
    """The table of whole networks."""
    head = ["network", "mode", "batch", "threads", "halflight ms", "PyTorch ms", "ratio"]
    head += ["10-90 %", "halflight MiB: peak (before)", "PyTorch MiB: peak (before)"]
    return section(
        "Whole networks",
        "A ratio above 1 means that halflight is faster: the median of PyTorch's time over "
        f"halflight's in {turns} turns of {STEPS} steps each, with the 10th and the 90th "
        "percentile of the turns. Training is a whole step: forward, loss, backward, Adam. Peak "
        "memory is that of a process that does nothing but this row, and in brackets what it held "
        "before it built the network: the interpreter and the imports.",
        table(
            head,
            (
                [
                    *case,
                    f"{1e3 * result.ours:.1f}",
                    f"{1e3 * result.theirs:.1f}",
                    f"{result.ratio.median:.2f}",
                    result.ratio,
                    *(mebibytes(*result.memory[side]) for side in SIDES),
                ]
                for case, result in results.items()
            ),
        ),
    )


def mebibytes(before: float | None, peak: float | None) -> str:
    """Peak memory with what was held before, or a dash where the system does not tell."""
    return "-" if before is None or peak is None else f"{peak:.0f} ({before:.0f})"


def instructions_section(
    name: str, restricted: dict[Case, Result], native: dict[Case, Result]
) -> str:
    """The same rows with both sides restricted to some instructions, and the ratio that is kept."""
    head = ["network", "mode", "batch", "threads", "halflight ms", "PyTorch ms", "ratio"]
    head += ["10-90 %", "native ratio", "kept"]
    return section(
        f"Both sides restricted to {name}",
        "The last column is this ratio over that of the table of whole networks.",
        table(
            head,
            (
                [
                    *case,
                    f"{1e3 * result.ours:.1f}",
                    f"{1e3 * result.theirs:.1f}",
                    f"{result.ratio.median:.2f}",
                    result.ratio,
                    f"{native[case].ratio.median:.2f}",
                    f"{result.ratio.median / native[case].ratio.median:.0%}",
                ]
                for case, result in restricted.items()
            ),
        ),
    )
