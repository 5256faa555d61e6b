"""How long a fresh process takes to its first training step, compiling or loading its kernels.

`python -m tests.benchmarks.startup` prints the table. With the arguments NETWORK BATCH it is one
process: it imports, makes one step, and prints a line after each; the parent looks at the clock.
"""

import statistics
import sys
import time
from typing import NamedTuple

from tests.benchmarks.page import plural, section, table
from tests.benchmarks.processes import empty_cache, environment, start, threads_available

NETWORK, BATCH = "N2", 128
REPETITIONS = 3
LIMITS = {"cold": 30.0, "warm": 3.0}  # seconds asked for, of the whole


class Start(NamedTuple):
    """Seconds until the imports were done, and from there to the end of the first step."""

    imports: float
    step: float


def main() -> None:
    """Print the table, or import and then make one training step."""
    if len(sys.argv) == 1:
        print(startup_section(threads_available()))
        return
    network, batch = sys.argv[1], int(sys.argv[2])
    from tests.benchmarks.networks import halflight, trained

    print("imported", flush=True)
    trained(halflight(network), network, batch)()
    print("stepped", flush=True)


def once(threads: int, cache: str) -> Start:
    """Time one process that keeps its compiled code in the folder `cache`."""
    env = environment(threads) | {"NUMBA_CACHE_DIR": cache}
    begin = time.perf_counter()
    process = start("startup", NETWORK, BATCH, env=env)
    assert process.stdout is not None
    moments = []
    for _ in range(2):
        process.stdout.readline()
        moments.append(time.perf_counter())
    process.communicate()
    if process.returncode:
        raise SystemExit(f"benchmark: the first step of {NETWORK} ended with {process.returncode}")
    return Start(moments[0] - begin, moments[1] - moments[0])


def measure(threads: int) -> dict[str, list[Start]]:
    """Start with an empty cache, then with the one left behind, several times in turn."""
    found: dict[str, list[Start]] = {"cold": [], "warm": []}
    for number in range(REPETITIONS):
        with empty_cache() as folder:
            for kind in found:
                found[kind].append(once(threads, folder))
        seconds = ", ".join(f"{kind} {sum(times[-1]):.1f} s" for kind, times in found.items())
        print(f"[{number + 1}/{REPETITIONS}] first step of {NETWORK}: {seconds}", flush=True)
    return found


def startup_section(threads: int) -> str:
    """Measure, and write the table."""
    found = measure(threads)
    rows = []
    for kind, times in found.items():
        imports, step, whole = (
            statistics.median(values)
            for values in (
                [t.imports for t in times],
                [t.step for t in times],
                [sum(t) for t in times],
            )
        )
        rows.append(
            [
                {"cold": "empty: compiles", "warm": "full: loads"}[kind],
                f"{whole:.1f}",
                f"{imports:.1f}",
                f"{step:.1f}",
                f"{LIMITS[kind]:.0f}",
            ]
        )
    return section(
        "The first step of a process",
        f"Seconds from the start of the interpreter to the end of the first training step of "
        f"{NETWORK}, batch {BATCH}, {plural(threads, 'thread')}; medians of {REPETITIONS} "
        "processes each.",
        table(
            [
                "cache of compiled code",
                "whole",
                "interpreter and imports",
                "rest",
                "wanted: at most",
            ],
            rows,
        ),
    )


if __name__ == "__main__":
    main()
