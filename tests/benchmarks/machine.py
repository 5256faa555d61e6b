"""What the machine can do at most: multiply-adds by the kernels' register tile, and copying memory.

`python -m tests.benchmarks.machine` prints a table of medians for one thread and for all of them;
with `--json` it is one process on NUMBA_NUM_THREADS threads.
"""

import json
import re
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import numba
import numpy as np

from halflight.kernels.cpu.machine.compiler import compiled
from halflight.kernels.cpu.machine.target import Compiled
from halflight.kernels.cpu.products.multiply import ROWS, WIDTH, multiply
from tests.benchmarks.page import section, table
from tests.benchmarks.processes import environment, measured, threads_available

DEPTH = 128  # a tile's operands then take 31 KB at most: they stay in the first-level cache
TILES = 20_000
LARGE, SMALL = 2**27, 2**21  # floats in each array of the triad: 512 MiB, and 8 MiB
REPETITIONS = 7


@compiled(parallel=True)
def products(a, b, c, tiles):  # type: ignore[no-untyped-def]
    """Multiply the same tile over and over, every thread one of its own."""
    for thread in numba.prange(c.shape[0]):
        for _ in range(tiles):
            multiply(
                a[thread], 0, DEPTH, b[thread], 0, WIDTH, c[thread], 0, WIDTH,
                ROWS, WIDTH, DEPTH, 1, 0, True,
            )  # fmt: skip


@numba.njit(parallel=True, fastmath={"contract"})
def triad(a, b, c, factor):  # type: ignore[no-untyped-def]
    """a = b + factor c, as in STREAM (McCalpin 1995)."""
    for i in numba.prange(a.size):
        a[i] = b[i] + factor * c[i]


def median_seconds(call: Callable[[], object], repetitions: int = REPETITIONS) -> float:
    """Median time of a call, after one that compiles and warms up."""
    call()
    times = []
    for _ in range(repetitions):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def multiply_adds(threads: int) -> float:
    """GFLOP/s of the register tile on so many threads."""
    a = np.ones((threads, ROWS * DEPTH), np.float32)
    b = np.ones((threads, DEPTH * WIDTH), np.float32)
    c = np.zeros((threads, ROWS * WIDTH), np.float32)
    products(a, b, c, 1)  # starts the threads, which it would not ask for such small arrays
    seconds = median_seconds(lambda: products.dispatcher(a, b, c, TILES))
    return 2e-9 * threads * TILES * ROWS * DEPTH * WIDTH / seconds


def bandwidth(size: int, passes: int) -> float:
    """GB/s of the triad on arrays of `size` floats: two read and one written."""
    a, b, c = (np.full(size, value, np.float32) for value in (0.0, 1.0, 2.0))

    def run() -> None:
        for _ in range(passes):
            triad(a, b, c, np.float32(0.5))

    return 1e-9 * passes * (a.nbytes + b.nbytes + c.nbytes) / median_seconds(run)


def widest_register() -> str:
    """The widest registers of x86 in the machine code of the tile, or "other"."""
    fresh = Compiled(products.dispatcher.py_func, targetoptions=products.dispatcher.targetoptions)
    fresh.compile(products.dispatcher.signatures[0])  # what comes from the cache shows no code
    code = "".join(fresh.inspect_asm().values())
    return next((name for name in ("zmm", "ymm", "xmm") if re.search(rf"%{name}\d", code)), "other")


def main() -> None:
    """Measure in this process, or in another."""
    if sys.argv[1:] != ["--json"]:
        print(machine_section({"native": limits(threads_available())}))
        return
    everything = numba.get_num_threads()
    rows = []
    for threads in sorted({1, everything}):
        numba.set_num_threads(threads)
        row = (multiply_adds(threads), bandwidth(LARGE, 1), bandwidth(SMALL, 50))
        rows.append([threads, *row])
    print(json.dumps({"rows": rows, "registers": widest_register()}))


def limits(threads: int, instructions: str = "native") -> Any:
    """The rows (threads, GFLOP/s, GB/s of memory, GB/s of a small triad) and the registers used."""
    return measured("machine", "--json", env=environment(threads, instructions))


def machine_section(found: dict[str, Any]) -> str:
    """The table of limits, by the names of instruction sets."""
    head = ["instructions", "registers", "threads", "multiply-adds GFLOP/s"]
    head += ["triad 3 x 512 MiB, GB/s", "triad 3 x 8 MiB, GB/s"]
    rows: list[Sequence[object]] = [
        [name, limit["registers"], threads, *(f"{value:.1f}" for value in values)]
        for name, limit in found.items()
        for threads, *values in limit["rows"]
    ]
    return section(
        "The machine's limits",
        "Multiply-adds are those of the register tile of "
        "`core/halflight/kernels/cpu/products/multiply.py`, on data in the first-level cache. The "
        "small triad may stay in a cache where the large one cannot; the traffic of writing is "
        "counted once. Medians.",
        table(head, rows),
    )


if __name__ == "__main__":
    main()
