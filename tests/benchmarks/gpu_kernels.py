"""Where the GPU's time goes in a training step: every kernel's share, TFLOP/s and GB/s."""

import collections
import statistics
from collections.abc import Iterator, Mapping
from typing import Any

from halflight import kernels
from tests.benchmarks.gpu_clock import (
    Spinner,
    device_clock,
    few,
    medians,
    steps_for,
    synchronize,
    timed,
)
from tests.benchmarks.gpu_limits import gpu_backends
from tests.benchmarks.gpu_networks import networks_of
from tests.benchmarks.gpu_sections import Record, Section, Setting
from tests.benchmarks.kernels import LEAST_SHARE, Timer
from tests.benchmarks.networks import halflight, trained
from tests.benchmarks.page import table

STEPS, WARM_UP, TURNS = 15, 3, 5
HEAD = ("kernel", "arrays", "calls", "ms", "share", "TFLOP/s", "of peak", "GB/s", "of copy")
AHEAD = 3.0  # the GPU is kept busy for so many times what the host takes without events


def parts(setting: Setting) -> list[str]:
    """Each network on each back end."""
    return [f"{n} {backend}" for n in networks_of(setting) for backend in gpu_backends(setting)]


def measure(setting: Setting, part: str) -> Iterator[Record]:
    """The step as a whole, then a record for each group of calls."""
    network, name = part.split()
    batch, backend = networks_of(setting)[network], kernels.load(name)
    step, spin = trained(halflight(network, name), network, batch), Spinner()
    for _ in range(few(WARM_UP)):
        step()
    steps = steps_for(step)
    whole = medians([timed(step, steps) for _ in range(few(TURNS))])
    clock = device_clock()
    timer = Timer(backend, clock)
    taken: dict[Any, list[float]] = collections.defaultdict(list)
    sums = []
    for number in range(few(STEPS)):
        if number > 2 and setting.left() < 0.0:
            yield {"cut": f"{STEPS - number} of {STEPS} steps"}
            break
        timer.clear()
        spin(AHEAD * whole.host + 0.005)
        step()
        synchronize()
        seconds = timer.seconds()
        sums.append(sum(seconds.values()))
        for call, value in seconds.items():
            taken[call].append(value)
    calls = timer.calls()
    peak = setting.facts.get("tf32" if name.endswith("tf32") else "fp32", 0.0)
    yield {"batch": batch, "whole": whole.whole, "host": whole.host, "sum": statistics.median(sums)}
    yield {"peak": peak, "copy": setting.facts.get("copy", 0.0)}
    for call, values in taken.items():
        record: Record = dict(call._asdict())
        yield record | {"calls": calls[call], "seconds": statistics.median(values)}
    busiest = max(taken, key=lambda call: statistics.median(taken[call]))
    print(f"  {part}: {1e3 * whole.whole:.3f} ms, most in {busiest.kernel}", flush=True)


def render(results: Mapping[str, list[Record]]) -> list[str]:
    """A table for each network and back end, the longest time first."""
    written = [
        "Every kernel call of a training step, grouped by kernel and shapes, between two events on "
        "the GPU. The host runs ahead of it, so that its own speed does not count; where a step "
        "waits for the GPU, calls after that may include the host's time. TFLOP/s count two "
        "operations for each multiply-add of direct sums; GB/s count every array among the "
        "arguments once, so that a large cache may exceed the memory's bandwidth. Shares are of "
        "the step without events, whose own cost is in the sum of the calls. Calls below "
        f"{LEAST_SHARE:.1%} are added up."
    ]
    for part, records in results.items():
        if head := next((r for r in records if "whole" in r), None):
            limits = next(r for r in records if "peak" in r)
            written += [
                f"### {part}, batch {head['batch']}",
                f"A step takes {1e3 * head['whole']:.3f} ms ({1e3 * head['host']:.3f} ms of the "
                f"host), its calls {1e3 * head['sum']:.3f} ms. Measured limits: "
                f"{limits['peak']:.1f} TFLOP/s and {limits['copy']:.0f} GB/s.",
                table(HEAD, rows(records, head["whole"], limits)),
            ]
    return written


def rows(records: list[Record], step: float, limits: Record) -> list[list[str]]:
    """The rows of one table."""
    groups = sorted((r for r in records if "seconds" in r), key=lambda r: -r["seconds"])
    lines, small = [], 0.0
    for r in groups:
        if r["seconds"] < LEAST_SHARE * step:
            small += r["seconds"]
            continue
        lines.append([r["kernel"], r["shapes"], str(r["calls"]), *numbers([r], step, limits)])
    products = [r for r in groups if r["operations"]]
    rest = [r for r in groups if not r["operations"]]
    blank = ["", ""]
    lines.append(["other kernels", *blank, f"{1e3 * small:.3f}", f"{small / step:.1%}", *blank * 2])
    for name, some in (("**all products**", products), ("**all others**", rest)):
        if some:
            lines.append([name, *blank, *numbers(some, step, limits)])
    return lines


def numbers(groups: list[Record], step: float, limits: Record) -> list[str]:
    """Milliseconds, share, TFLOP/s and GB/s with their share of the limits."""
    seconds = max(sum(r["seconds"] for r in groups), 1e-9)
    operations = 1e-12 * sum(r["operations"] * r["calls"] for r in groups) / seconds
    size = 1e-9 * sum(r["size"] * r["calls"] for r in groups) / seconds
    return [
        f"{1e3 * seconds:.3f}",
        f"{seconds / step:.1%}",
        *of_limit(operations, limits["peak"], ".2f"),
        *of_limit(size, limits["copy"], ".0f"),
    ]


def of_limit(value: float, limit: float, form: str) -> list[str]:
    """A rate and its share of a limit, where there is one."""
    if not value:
        return ["", ""]
    return [format(value, form), f"{value / limit:.0%}" if limit else ""]


SECTION = Section("Where the time goes", parts, measure, render)
