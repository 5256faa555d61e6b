"""Whether training gives the same weights, bit by bit, for any number of threads and in every run.

`python -m tests.benchmarks.determinism` trains each network in many processes, prints the SHA-256
of all weights and ends with 1 if any differ. `... determinism NETWORK BATCH STEPS` is one process.
"""

import hashlib
import json
import sys
from typing import Any, NamedTuple

from tests.benchmarks.page import plural, section, table
from tests.benchmarks.processes import empty_cache, environment, measured

NETWORKS = ("N1", "N2")
THREADS = (1, 2, 4)
RUNS = 3
BATCH, STEPS = 16, 50


class Run(NamedTuple):
    """One process and the weights it ended with."""

    network: str
    threads: int
    number: int
    compiled: bool
    digest: str


def digest(network: str, batch: int, steps: int, backend: str = "cpu") -> str:
    """SHA-256 of the names and bytes of all weights after some training."""
    from tests.benchmarks.networks import halflight, trained

    model = halflight(network, backend)
    step = trained(model, network, batch)
    for _ in range(steps):
        step()
    total = hashlib.sha256()
    for name, value in sorted(model.get_weights().items()):
        total.update(name.encode())
        total.update(value.tobytes())
    return total.hexdigest()


def measure() -> list[Run]:
    """Train in a process each; the first of each network compiles, the others load."""
    runs = []
    for network in NETWORKS:
        with empty_cache() as folder:
            for threads in THREADS:
                for number in range(1, RUNS + 1):
                    env = environment(threads) | {"NUMBA_CACHE_DIR": folder}
                    found: Any = measured("determinism", network, BATCH, STEPS, env=env)
                    compiled = threads == THREADS[0] and number == 1
                    runs.append(Run(network, threads, number, compiled, found))
                    print(
                        f"{network} {plural(threads, 'thread')} run {number}: {found}", flush=True
                    )
    return runs


def differing(runs: list[Run]) -> list[str]:
    """The networks that did not always end with the same weights."""
    return [n for n in NETWORKS if len({run.digest for run in runs if run.network == n}) > 1]


def determinism_section(runs: list[Run]) -> str:
    """The table of digests, and whether they agree."""
    bad = differing(runs)
    verdict = f"**They differ for {', '.join(bad)}.**" if bad else "They agree."
    return section(
        "The same bits",
        f"SHA-256 of all weights after {STEPS} training steps of batch {BATCH}, every run in a "
        f"process of its own. {verdict}",
        table(
            ["network", "threads", "run", "machine code", "SHA-256"],
            (
                [run.network, run.threads, run.number, code, f"`{run.digest}`"]
                for run in runs
                for code in ["compiled" if run.compiled else "loaded"]
            ),
        ),
    )


def main() -> None:
    """Train in this process, or compare many."""
    if len(sys.argv) > 1:
        network, batch, steps = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
        print(json.dumps(digest(network, batch, steps)))
        return
    runs = measure()
    print(determinism_section(runs))
    sys.exit(1 if differing(runs) else 0)


if __name__ == "__main__":
    main()
