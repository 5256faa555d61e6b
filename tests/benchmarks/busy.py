"""Training beside other work: how much slower a step is than alone, and what a fair share would be.

Other work is so many processes that never wait. Of two threads on two cores beside two of them
each gets half a core: the fair share is twice the time. Each side is measured in turns.
"""

import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tests.benchmarks.page import section, table
from tests.benchmarks.processes import threads_available
from tests.benchmarks.ratios import SIDES, Case, Side

OTHERS = (0, 2, 4, 8)
BATCHES = (32, 128)
STEPS = 12  # of one side before it is the other's turn
Times = dict[tuple[int, int, str], float]
"""Seconds a step: by batch, other processes and side."""


@contextmanager
def others(count: int) -> Iterator[None]:
    """So many processes that compute all the time."""
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.wait()


def measure(threads: int, turns: int, sides: Sequence[str] = SIDES) -> Times:
    """Median times of N2's training step, printed as they are found."""
    found = {}
    for batch in BATCHES:
        case = Case("N2", "train", batch, threads)
        workers = {side: Side(side, case, "native") for side in sides}
        for count in OTHERS:
            times: dict[str, list[float]] = {side: [] for side in sides}
            with others(count):
                for turn in range(turns):
                    for side in sides if turn % 2 else reversed(sides):
                        times[side] += workers[side].ask(f"time {STEPS}")
            for side in sides:
                # What was done in what time: under load single steps are of several kinds.
                found[batch, count, side] = statistics.fmean(times[side])
                slower = found[batch, count, side] / found[batch, 0, side]
                print(
                    f"{case} beside {count}: {side} {1e3 * found[batch, count, side]:.1f} ms, "
                    f"{slower:.2f} times as alone; fair {fair_share(count, threads):.1f}",
                    flush=True,
                )
        for worker in workers.values():
            worker.close()
    return found


def fair_share(count: int, threads: int) -> float:
    """How many times as long as alone it takes if all threads get the same of the cores."""
    return max(1.0, (count + threads) / max(threads, threads_available()))


def busy_section(found: Times, threads: int) -> str:
    """The table."""
    rows = [
        [
            str(batch),
            str(count),
            f"{fair_share(count, threads):.1f}",
            *(f"{found[batch, count, side] / found[batch, 0, side]:.2f}" for side in SIDES),
        ]
        for batch in BATCHES
        for count in OTHERS[1:]
    ]
    return section(
        "Beside other work",
        f"N2's training step with {threads} threads on {threads_available()} cores beside other "
        "processes that never wait: its mean time over that alone, of each side, and what it would "
        "be if all got the same share of the cores.",
        table(["batch", "other processes", "fair share", "halflight", "PyTorch"], rows),
    )


def main() -> None:
    """Measure and print."""
    threads, turns = 2, int(sys.argv[1]) if len(sys.argv) > 1 else 4
    sides = sys.argv[2:] or SIDES
    found = measure(threads, turns, sides)
    if set(sides) == set(SIDES):
        print(busy_section(found, threads))


if __name__ == "__main__":
    main()
