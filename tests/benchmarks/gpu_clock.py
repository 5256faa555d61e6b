"""Time, memory and launches on the GPU, as the parts of the GPU's benchmark measure them."""

import gc
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from halflight.kernels.cuda.arrays import to_device
from halflight.kernels.cuda.machine import gpu
from halflight.kernels.cuda.machine.compiler import Kernel
from halflight.kernels.cuda.machine.simulated import SIMULATED
from tests.benchmarks.kernels import HostClock

Call: TypeAlias = Callable[[], object]

TURN = 0.06  # seconds that one side is timed for before it is another's turn
FEWEST, MOST = (1, 1) if SIMULATED else (3, 60)  # steps of a turn
SPIN_ROUNDS = 4 if SIMULATED else 1_000_000


def few(count: int) -> int:
    """So many repetitions, or one in the simulator."""
    return 1 if SIMULATED else count


def synchronize() -> None:
    """Wait until the GPU has done all that it was given, on any stream."""
    gpu.synchronize()


class EventClock(HostClock):
    """Moments as the GPU sees them, between kernels; to be read after `synchronize`."""

    def mark(self) -> Any:
        """When the GPU gets here."""
        event = gpu.Event()
        event.record(gpu.stream())
        return event

    def between(self, first: Any, second: Any) -> float:
        """Seconds between two moments."""
        return float(second.since(first))


def device_clock() -> HostClock:
    """The GPU's clock; the simulator computes on the host and has no other."""
    return HostClock() if SIMULATED else EventClock()


class Times(NamedTuple):
    """Seconds of one call: until it was done, and until it returned to the host."""

    whole: float
    host: float


def timed(call: Call, steps: int, wait: Call = synchronize) -> Times:
    """The mean of some calls in a row."""
    wait()
    start = time.perf_counter()
    for _ in range(steps):
        call()
    returned = time.perf_counter()
    wait()
    return Times((time.perf_counter() - start) / steps, (returned - start) / steps)


def steps_for(call: Call, wait: Call = synchronize) -> int:
    """How many calls make a turn."""
    if FEWEST == MOST:
        return MOST
    return max(FEWEST, min(MOST, round(TURN / max(timed(call, 2, wait).whole, 1e-9))))


def seconds_of(call: Call, repetitions: int = 5, wait: Call = synchronize) -> float:
    """Median seconds of a call, in a few turns after one that compiles and warms up."""
    call()
    steps = steps_for(call, wait)
    return statistics.median(timed(call, steps, wait).whole for _ in range(few(repetitions)))


@contextmanager
def launches() -> Iterator[list[int]]:
    """Counts the kernels that are launched meanwhile, in a list of one number."""
    count, original = [0], Kernel.__call__

    def counted(self: Kernel, *arguments: Any) -> None:
        count[0] += 1
        original(self, *arguments)

    Kernel.__call__ = counted  # type: ignore[method-assign]
    try:
        yield count
    finally:
        Kernel.__call__ = original  # type: ignore[method-assign]


def memory_used() -> float:
    """MiB of the GPU's memory that all programs hold, after a cleaning of this one; 0 simulated."""
    gc.collect()
    synchronize()
    free, total = gpu.memory()
    return (total - free) / 2**20


@Kernel
def _spin(y, rounds):  # type: ignore
    """One thread that computes for a while; no round can begin before the last one ends."""
    value = y[0]
    for _ in range(rounds):
        value = value * np.float32(0.5) + np.float32(1)
    y[0] = value


class Spinner:
    """Keeps the GPU busy for a time that is known, so that the host can run ahead of it."""

    def __init__(self) -> None:
        """Find out how long a round takes."""
        self._y = to_device(np.ones(1))
        self._second = SPIN_ROUNDS / seconds_of(lambda: self._rounds(SPIN_ROUNDS))

    def __call__(self, seconds: float) -> None:
        """Let one thread compute for so long, on the kernels' stream."""
        self._rounds(max(1, int(min(seconds, 1.0) * self._second)) if not SIMULATED else 1)

    def _rounds(self, count: int) -> None:
        _spin(1, 1, self._y, count)


def medians(times: Sequence[Times]) -> Times:
    """The median of each."""
    return Times(*(statistics.median(values) for values in zip(*times, strict=True)))
