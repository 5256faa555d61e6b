"""Training and inference on the CPU beside PyTorch: ratios of medians, measured turn by turn.

`python -m tests.benchmarks.cpu` needs `pip install torch==2.13.0`. Each side runs in a process of
its own; the two take turns of a few steps, so that a noisy machine disturbs both alike. PyTorch is
given what makes it fast: channels last, fused Adam, and an allocator that keeps its memory. The
table goes to reports/benchmarks/cpu.md.
"""

import argparse
import datetime
import importlib.metadata
import json
import os
import platform
import statistics
import subprocess
import sys
from pathlib import Path

from core.files import write_bytes

PAGE = Path("reports/benchmarks/cpu.md")
# glibc gives freed memory back to the system by default, and faults it in again at every step.
ALLOCATOR = {
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": "20000000000",
    "MALLOC_TOP_PAD_": "200000000",
}


class Side:
    """A worker process."""

    def __init__(self, side: str, network: str, batch: int, threads: int) -> None:
        environment = os.environ | {
            "NUMBA_NUM_THREADS": str(threads),
            "OMP_NUM_THREADS": str(threads),
            "OPENBLAS_NUM_THREADS": "1",
        }
        if side == "torch":
            environment |= ALLOCATOR
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.worker", side, network, str(batch)],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        if self.process.stdout.readline().strip() != "ready":
            raise SystemExit(f"benchmark: the worker for {side} ended; is it installed?")

    def ask(self, request: str) -> object:
        """Return the answer to one request."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(request + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self) -> None:
        """End the worker."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


def compare(network: str, batch: int, threads: int, turns: int) -> list[str]:
    """One row of the table for training and one for inference."""
    sides = {side: Side(side, network, batch, threads) for side in ("halflight", "torch")}
    rows = []
    for mode in ("train", "infer"):
        times: dict[str, list[float]] = {side: [] for side in sides}
        ratios = []
        for _ in range(turns):
            medians = {}
            for side, worker in sides.items():
                found = worker.ask(f"{mode} 3")
                assert isinstance(found, list)
                times[side] += found
                medians[side] = statistics.median(found)
            ratios.append(medians["torch"] / medians["halflight"])
        memory = {side: worker.ask("memory") for side, worker in sides.items()}
        ours, theirs = (1e3 * statistics.median(times[side]) for side in ("halflight", "torch"))
        low, high = statistics.quantiles(ratios, n=10)[0], statistics.quantiles(ratios, n=10)[-1]
        rows.append(
            f"| {network} | {mode} | {batch} | {threads} | {ours:.1f} | {theirs:.1f} "
            f"| {statistics.median(ratios):.2f} | {low:.2f}-{high:.2f} "
            f"| {memory['halflight']:.0f} / {memory['torch']:.0f} |"
        )
        print(rows[-1], flush=True)
    for worker in sides.values():
        worker.close()
    return rows


def numbers(text: str) -> list[int]:
    """A list such as 32,128."""
    return [int(part) for part in text.split(",")]


def main() -> None:
    """Measure, print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--networks", default="N1,N2")
    parser.add_argument("--batches", type=numbers, default=[32, 128, 256])
    parser.add_argument("--threads", type=numbers, default=[1, 2])
    parser.add_argument("--turns", type=int, default=12)
    options = parser.parse_args()
    head = [
        "| network | mode | batch | threads | halflight ms | PyTorch ms | ratio | 10-90 % "
        "| peak MiB, halflight / PyTorch |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    print("\n".join(head), flush=True)
    rows = [
        row
        for network in options.networks.split(",")
        for threads in options.threads
        for batch in options.batches
        for row in compare(network, batch, threads, options.turns)
    ]
    versions = ", ".join(
        f"{name} {importlib.metadata.version(name)}" for name in ("numba", "numpy", "torch")
    )
    text = "\n".join(
        [
            "# halflight beside PyTorch on a CPU",
            "",
            f"{datetime.date.today()}, {cpu_name()}, Python {platform.python_version()}, "
            f"{versions}. Written by `python -m tests.benchmarks.cpu`. A ratio above 1 means that "
            "halflight is faster; it is the median over the turns, with its 10th and 90th "
            "percentiles. N1 is the star-galaxy network, N2 the radius network of "
            "`tests/benchmarks/networks.py`.",
            "",
            *head,
            *rows,
            "",
        ]
    )
    write_bytes(PAGE, text.encode())


def cpu_name() -> str:
    """The processor's name and the widest vectors it has."""
    info = Path("/proc/cpuinfo")
    if not info.exists():
        return platform.processor()
    lines = info.read_text().splitlines()
    model = next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    flags = next(line for line in lines if line.startswith("flags"))
    return model + (" with AVX-512" if "avx512f" in flags else "")


if __name__ == "__main__":
    main()
