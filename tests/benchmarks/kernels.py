"""Where the time of a training step goes: every kernel's share, GFLOP/s and GB/s.

`python -m tests.benchmarks.kernels` runs training steps with a timer around every kernel of the cpu
back end, and prints a table for each network, on one thread and on all. With the arguments NETWORK
BATCH STEPS it is one process, which prints JSON.
"""

import collections
import functools
import inspect
import itertools
import json
import math
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from halflight import kernels
from tests.benchmarks import machine
from tests.benchmarks.networks import SHAPES, halflight, trained
from tests.benchmarks.page import plural, section, table
from tests.benchmarks.processes import environment, measured, threads_available

BATCH, STEPS, WARM_UP = 128, 7, 3
PRODUCTS = ("conv2d_", "dense_")  # what is counted in multiply-adds
LEAST_SHARE = 0.002  # of the step, for a row of its own


class Call(NamedTuple):
    """One kernel on arrays of one set of shapes."""

    kernel: str
    shapes: str
    operations: int
    """Floating-point operations of direct sums; 0 where they are not what takes time."""
    size: int
    """Bytes of all arguments that are arrays."""


def is_array(value: Any) -> bool:
    """Whether an argument is an array, of the host or of a device, and not a number or a type."""
    return not isinstance(value, type) and getattr(value, "ndim", 0) > 0


def describe(name: str, arguments: dict[str, Any]) -> Call:
    """What a call works on."""
    arrays = {key: value for key, value in arguments.items() if is_array(value)}
    telling = {key: array for key, array in arrays.items() if array.ndim > 1} or arrays
    shapes = ", ".join(f"{key} {'x'.join(map(str, a.shape))}" for key, a in telling.items())
    operations = 0
    if name.startswith(PRODUCTS):
        y = arrays.get("y", arrays.get("dy"))
        w = arrays.get("w", arrays.get("dw"))
        assert y is not None
        assert w is not None
        sums = y.size * (4 if arguments.get("pool") else 1)  # of which pooling keeps one in four
        operations = 2 * sums * math.prod(w.shape[:-1])
    size = sum(array.size * array.dtype.itemsize for array in arrays.values())
    return Call(name, shapes, operations, size)


class HostClock:
    """Moments as the host sees them: a call is done when it returns."""

    def mark(self) -> Any:
        """Now."""
        return time.perf_counter()

    def between(self, first: Any, second: Any) -> float:
        """Seconds between two moments."""
        return second - first


class Timer:
    """Takes the time of every call of a back end's kernels, and of its own work on the host."""

    def __init__(self, backend: kernels.Backend, clock: HostClock | None = None) -> None:
        """Wrap every kernel of `backend`, in this process; `clock` is the host's unless given."""
        self.clock = clock or HostClock()
        self.marks: list[tuple[Call, Any, Any]] = []
        self.own = 0.0
        for name, kernel in list(vars(backend).items()):
            if callable(kernel) and not isinstance(kernel, type):
                setattr(backend, name, self._timed(name, kernel))

    def clear(self) -> None:
        """Begin anew."""
        self.marks.clear()
        self.own = 0.0

    def seconds(self) -> dict[Call, float]:
        """The seconds of every group of calls since then, added up."""
        found: dict[Call, float] = collections.defaultdict(float)
        for call, start, end in self.marks:
            found[call] += self.clock.between(start, end)
        return found

    def calls(self) -> collections.Counter[Call]:
        """How many calls there were of each group."""
        return collections.Counter(call for call, _, _ in self.marks)

    def _timed(self, name: str, kernel: Callable[..., Any]) -> Callable[..., Any]:
        signature = inspect.signature(kernel)

        @functools.wraps(kernel)
        def call(*args: Any, **kwargs: Any) -> Any:
            start = self.clock.mark()
            result = kernel(*args, **kwargs)
            end, done = self.clock.mark(), time.perf_counter()
            group = describe(name, signature.bind(*args, **kwargs).arguments)
            self.marks.append((group, start, end))
            self.own += time.perf_counter() - done
            return result

        return call


def profile(network: str, batch: int, steps: int) -> dict[str, Any]:
    """Median seconds of a whole step, outside the kernels, and of each group of calls."""
    timer = Timer(kernels.load("cpu"))
    step = trained(halflight(network), network, batch)
    for _ in range(WARM_UP):
        step()
    wholes, outside = [], []
    found = collections.defaultdict(list)
    for _ in range(steps):
        timer.clear()
        start = time.perf_counter()
        step()
        wholes.append(time.perf_counter() - start - timer.own)
        outside.append(wholes[-1] - sum(timer.seconds().values()))
        for call, seconds in timer.seconds().items():
            found[call].append(seconds)
    calls = timer.calls()
    groups = [[*call, calls[call], statistics.median(s)] for call, s in found.items()]
    step_and_rest = {"step": statistics.median(wholes), "outside": statistics.median(outside)}
    return {**step_and_rest, "groups": groups}


def main() -> None:
    """Profile in this process, or both networks in others."""
    if len(sys.argv) > 1:
        network, batch, steps = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
        print(json.dumps(profile(network, batch, steps)))
        return
    most = threads_available()
    print(kernels_section(list(SHAPES), most, machine.limits(most)))


def kernels_section(networks: Sequence[str], most: int, limits: Any) -> str:
    """Profile each network on one thread and on `most`, beside the machine's limits for those."""
    peaks = {threads: (rate, memory) for threads, rate, memory, _ in limits["rows"]}
    parts = [
        "Every kernel call of a training step, grouped by kernel and shapes. GFLOP/s count two "
        "operations for each multiply-add of direct sums: Winograd's algorithm, which serves most "
        "3 x 3 convolutions, makes fewer of them, so its rate may exceed the peak. GB/s count "
        "every array among the arguments once; arrays that fit a cache may exceed the memory's "
        f"bandwidth. Calls below {LEAST_SHARE:.1%} of the step are added up."
    ]
    for network, threads in itertools.product(networks, sorted({1, most})):
        print(f"measuring the kernels of {network}, {plural(threads, 'thread')}", flush=True)
        result = measured("kernels", network, BATCH, STEPS, env=environment(threads))
        parts += [
            f"### {network}, batch {BATCH}, {plural(threads, 'thread')}",
            "Measured peaks: {:.0f} GFLOP/s and {:.1f} GB/s. A whole step takes {:.1f} ms.".format(
                *peaks[threads], 1e3 * result["step"]
            ),
            table(
                ["kernel", "arrays", "calls", "ms", "share", "GFLOP/s", "of peak", "GB/s"],
                rows(result, peaks[threads][0]),
            ),
        ]
    return section("Where the time goes", *parts)


def rows(result: Any, peak: float) -> list[list[str]]:
    """The rows of one table, the longest time first."""
    step = result["step"]
    lines, small = [], 0.0
    products = operations = 0.0
    for *call, calls, seconds in sorted(result["groups"], key=lambda group: -group[-1]):
        kernel, shapes, single, size = call
        work = single * calls
        if work:
            products, operations = products + seconds, operations + work
        if seconds < LEAST_SHARE * step:
            small += seconds
            continue
        line = [
            kernel,
            shapes,
            str(calls),
            *time_and_share(seconds, step),
            *rate(work, seconds, peak),
        ]
        lines.append([*line, f"{1e-9 * size * calls / seconds:.1f}"])
    blank = ["", ""]
    lines += [
        ["other kernels", *blank, *time_and_share(small, step), *blank, ""],
        ["outside the kernels", *blank, *time_and_share(result["outside"], step), *blank, ""],
        [
            "**all convolution and dense**", *blank, *time_and_share(products, step),
            *rate(operations, products, peak), "",
        ],
    ]  # fmt: skip
    return lines


def time_and_share(seconds: float, step: float) -> list[str]:
    """Milliseconds, and the share of the step."""
    return [f"{1e3 * seconds:.2f}", f"{seconds / step:.1%}"]


def rate(operations: float, seconds: float, peak: float) -> list[str]:
    """GFLOP/s and their share of the peak; empty where there are no operations."""
    if not operations:
        return ["", ""]
    found = 1e-9 * operations / seconds
    return [f"{found:.1f}", f"{found / peak:.0%}"]


if __name__ == "__main__":
    main()
