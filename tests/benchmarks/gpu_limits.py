"""What the GPU can do at most: copying memory, products of matrices, and launches of kernels."""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from halflight import kernels
from halflight.kernels.cuda.machine import gpu
from halflight.kernels.cuda.machine.compiler import Kernel
from tests.benchmarks import gpu_torch
from tests.benchmarks.gpu_clock import few, seconds_of, synchronize, timed
from tests.benchmarks.gpu_sections import Record, Section, Setting
from tests.benchmarks.page import table

SIZES = (4096, 8192)  # of square matrices
FLOATS = 2**29  # in each array that is copied: 2 GiB, beyond any cache
LAUNCHES = 500


@Kernel
def _nothing():  # type: ignore
    """An empty kernel."""


@Kernel
def _nothing_of_five(a, b, c, d, e):  # type: ignore
    """Another, which is told of five arrays."""


def parts(setting: Setting) -> list[str]:
    """Each may fail on its own."""
    torch = ["PyTorch"] if gpu_torch.device() else []
    return ["copies", "products", *torch, "launches"]


def measure(setting: Setting, part: str) -> Iterator[Record]:
    """One record for each number, with its unit."""
    sizes, floats = ((4,), 8) if setting.tiny else (SIZES, FLOATS)
    measures: dict[str, Callable[..., Iterator[Record]]] = {
        "copies": copies,
        "products": products,
        "PyTorch": torch_limits,
        "launches": launch_costs,
    }
    for record in measures[part](setting, sizes, floats):
        print(f"  {record['what']}: {record['value']:.4g} {record['unit']}", flush=True)
        yield record


def copies(setting: Setting, _sizes: Any, floats: int) -> Iterator[Record]:
    """By our kernel."""
    backend = kernels.load(setting.backend)
    a, b = backend.zeros((floats,)), backend.zeros((floats,))
    size = f"{floats * 4 / 2**30:.2g} GiB"
    seconds = seconds_of(lambda: backend.copy(b, a))
    yield found(f"copy of {size} by our kernel", 8e-9 * floats / seconds, "GB/s", "copy")


def products(setting: Setting, sizes: tuple[int, ...], _floats: int) -> Iterator[Record]:
    """By our dense kernels, of every back end that there is for GPUs."""
    rng = np.random.Generator(np.random.Philox(key=[5, 0]))
    for name in gpu_backends(setting):
        backend = kernels.load(name)
        fact = "tf32" if name.endswith("tf32") else "fp32"
        for size in sizes:
            x, w = (
                backend.to_device(rng.standard_normal((size, size), np.float32)) for _ in range(2)
            )
            y = backend.empty((size, size))
            for kernel, arguments in (
                ("dense_forward", (y, x, w, None)),
                ("dense_backward_input", (y, x, w)),
                ("dense_backward_weights", (y, None, x, w)),
            ):
                run = getattr(backend, kernel)
                seconds = seconds_of(lambda run=run, arguments=arguments: run(*arguments), 3)
                rate = 2e-12 * size**3 / seconds
                yield found(f"{kernel} of {name}, {size} x {size}", rate, "TFLOP/s", fact)


def torch_limits(setting: Setting, sizes: tuple[int, ...], floats: int) -> Iterator[Record]:
    """By PyTorch: matrices in both precisions, and a copy."""
    for precision in gpu_torch.PRECISIONS:
        for size in sizes:
            rate = gpu_torch.matrix_rate(size, precision)
            what = f"product by PyTorch, {precision}, {size} x {size}"
            yield found(what, rate, "TFLOP/s", precision)
    yield found("copy by PyTorch", gpu_torch.copy_rate(floats), "GB/s", "copy")


def launch_costs(setting: Setting, _sizes: Any, _floats: int) -> Iterator[Record]:
    """The host's microseconds for a launch, and those until all were done."""
    backend, count = kernels.load(setting.backend), few(LAUNCHES)
    arrays = [backend.zeros((16,)) for _ in range(5)]
    for what, call in (
        ("launch of an empty kernel", lambda: _nothing(1, 1)),
        ("launch of an empty kernel of five arrays", lambda: _nothing_of_five(1, 1, *arrays)),
        ("`copy` of 16 floats, arguments checked", lambda: backend.copy(arrays[0], arrays[1])),
    ):
        call()
        times = timed(call, count)
        yield found(what, 1e6 * times.host, "us")
        yield found("the same until it was done, many in a row", 1e6 * times.whole, "us")
    start = time.perf_counter()
    for _ in range(count):
        gpu.Event().record(gpu.stream())
    yield found("an event", 1e6 * (time.perf_counter() - start) / count, "us")
    synchronize()


def found(what: str, value: float, unit: str, fact: str = "") -> Record:
    """A record; the largest value of a fact is what later sections compare with."""
    return {"what": what, "value": value, "unit": unit, "fact": fact}


def gpu_backends(setting: Setting) -> list[str]:
    """The back end that is asked for, and the one in TF32 if there is one."""
    return [setting.backend, *(n for n in kernels.BACKENDS if n == f"{setting.backend}_tf32")]


def facts_of(results: Mapping[str, list[Record]]) -> dict[str, float]:
    """The limits by name: copy in GB/s, fp32 and tf32 in TFLOP/s."""
    facts: dict[str, float] = {}
    for record in (record for records in results.values() for record in records):
        if record.get("fact"):
            facts[record["fact"]] = max(record["value"], facts.get(record["fact"], 0.0))
    return facts


def render(results: Mapping[str, list[Record]]) -> list[str]:
    """A table of all numbers."""
    records = [r for records in results.values() for r in records if "what" in r]
    return [
        "Copies count the bytes read and those written. Products are of matrices in float32; fp32 "
        "means that TF32 is off. Microseconds of a launch are the host's, until the call returns. "
        "Medians.",
        table(["what", "", ""], [[r["what"], f"{r['value']:.4g}", r["unit"]] for r in records]),
    ]


SECTION = Section("The machine's limits", parts, measure, render)
