"""Training from arrays on the host, batches and all, beside the bare steps of the same network."""

import time
from collections.abc import Iterator, Mapping

import numpy as np

from halflight.nn.callbacks import Callback
from tests.benchmarks.gpu_clock import few, medians, steps_for, synchronize, timed
from tests.benchmarks.gpu_limits import gpu_backends
from tests.benchmarks.gpu_networks import networks_of
from tests.benchmarks.gpu_sections import Record, Section, Setting
from tests.benchmarks.networks import CLASSES, INPUTS, halflight, trained
from tests.benchmarks.page import table

STAMPS, EPOCHS, TURNS = 20_000, 2, 3


class Clock(Callback):
    """Notes how long every epoch took."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self._start = 0.0

    def on_epoch_begin(self, epoch: int) -> None:
        synchronize()
        self._start = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float]) -> None:
        synchronize()
        self.seconds.append(time.perf_counter() - self._start)


def parts(setting: Setting) -> list[str]:
    """The radius network on each back end."""
    return [f"{'tiny' if setting.tiny else 'N2'} {backend}" for backend in gpu_backends(setting)]


def measure(setting: Setting, part: str) -> Iterator[Record]:
    """Samples in a second of bare steps, and of each epoch of `fit`."""
    network, backend = part.split()
    batch, count = networks_of(setting)[network], 2 if setting.tiny else STAMPS
    model = halflight(network, backend)
    step = trained(model, network, batch)  # which compiles the model
    step()
    steps = steps_for(step)
    bare = medians([timed(step, steps) for _ in range(few(TURNS))]).whole
    print(f"  {part}: {batch / bare:.0f} samples/s in bare steps", flush=True)
    yield {"what": "bare steps, the same batch", "batch": batch, "rate": batch / bare}
    rng = np.random.Generator(np.random.Philox(key=[6, 0]))
    x = rng.standard_normal((count, *INPUTS[network]), np.float32)
    y = rng.standard_normal((count, 1), np.float32)
    if network in CLASSES:
        y = rng.integers(0, CLASSES[network], count)
    clock = Clock()
    model.fit(x, y, batch_size=batch, epochs=EPOCHS, callbacks=[clock])
    for epoch, seconds in enumerate(clock.seconds, start=1):
        print(f"  {part}: {count / seconds:.0f} samples/s in epoch {epoch}", flush=True)
        yield {"what": f"`fit`, epoch {epoch}", "batch": batch, "rate": count / seconds}


def render(results: Mapping[str, list[Record]]) -> list[str]:
    """Rates, and the share of the bare steps' rate that is kept."""
    rows = []
    for part, records in results.items():
        rates = [r for r in records if "rate" in r]
        for r in rates:
            kept = f"{r['rate'] / rates[0]['rate']:.0%}"
            rows.append([part, r["batch"], r["what"], f"{r['rate']:.0f}", kept])
    return [
        f"`model.fit` on {STAMPS} stamps of noise in the host's memory, which it shuffles, cuts "
        "into batches, checks and uploads. Bare steps upload the same batch each time. Where an "
        "epoch is slower than bare steps, the feeding of data is the limit.",
        table(["network", "batch", "what", "samples/s", "of bare steps"], rows),
    ]


SECTION = Section("From arrays to weights", parts, measure, render)
