"""What the pages of the benchmarks are made of: tables, statistics, and the machine's name."""

import datetime
import importlib.metadata
import platform
import statistics
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple


class Spread(NamedTuple):
    """A median with the 10th and the 90th percentile."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        """The percentiles."""
        return f"{self.low:.2f}-{self.high:.2f}"


def spread(values: Sequence[float]) -> Spread:
    """The median and the percentiles of one or more values, never beyond the extremes."""
    if len(values) == 1:
        return Spread(values[0], values[0], values[0])
    tenths = statistics.quantiles(values, n=10, method="inclusive")
    return Spread(statistics.median(values), tenths[0], tenths[-1])


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    if any(len(line) != len(head) for line in lines):
        raise ValueError(f"table: every row needs the {len(head)} cells of the head {head}")
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def section(title: str, *parts: str) -> str:
    """A headed section of paragraphs and tables."""
    return "\n\n".join((f"## {title}", *parts))


def plural(count: int, noun: str) -> str:
    """A count with its noun, as in "1 thread" and "2 threads"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def setting() -> str:
    """The day, the machine and the versions, in a sentence."""
    versions = ", ".join(
        f"{name} {importlib.metadata.version(name)}" for name in ("numba", "numpy", "torch")
    )
    return f"{datetime.date.today()}, {cpu_name()}, Python {platform.python_version()}, {versions}."


def cpu_name() -> str:
    """The processor's name and the widest vectors it has."""
    info = Path("/proc/cpuinfo")
    if not info.exists():
        return platform.processor() or platform.machine()
    lines = info.read_text().splitlines()
    model = next(
        (line.split(":")[1].strip() for line in lines if line.startswith("model name")),
        platform.machine(),
    )
    flags = next((line for line in lines if line.startswith("flags")), "")
    return model + (" with AVX-512" if "avx512f" in flags else "")
