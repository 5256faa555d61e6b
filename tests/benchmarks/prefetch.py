"""What reading ahead saves: an epoch on memory-mapped stamps with it and without, turn by turn.

Run `python -m tests.benchmarks.prefetch`. It trains the default network on 96-pixel stamps and
prints the medians; `--cold` drops the stamps from the page cache before every epoch, as when they
are larger than the memory (Linux; TMPDIR must be on a disk). A network that does nearly nothing
shows the batches alone.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from halflight import nn, store
from halflight.instrument import SDSS

STAMPS = {"image": 96, "psf": 25}


class WithoutReadingAhead:
    """A source whose batches are asked for when they are needed."""

    def __init__(self, source: nn.ArraySource) -> None:
        self._source, self.steps = source, source.steps

    def batches(self, epoch: int) -> Iterator[Any]:
        """Yield the source's batches."""
        return self._source.batches(epoch)


def write(folder: Path, count: int) -> None:
    """Write random stamps."""
    rng = np.random.Generator(np.random.Philox(key=[1, 0]))
    instrument = SDSS.with_bands(["r"])
    with store.write_stamps(folder, instrument=instrument, origin="random") as writer:
        for start in range(0, count, 512):
            size = min(512, count - start)
            stamps = {
                name: rng.standard_normal((size, side, side, 1), np.float32)
                for name, side in STAMPS.items()
            }
            writer.append(pd.DataFrame({"id": range(start, start + size)}), **stamps)


def forget(folder: Path) -> None:
    """Drop a folder's files from the page cache."""
    for path in folder.glob("*.npy"):
        with path.open("rb") as stream:
            os.fsync(stream.fileno())
            os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def network(preset: bool) -> nn.Model:
    """The default network, or one that does nearly nothing."""
    shapes = {f"{name}_shape": (side, side, 1) for name, side in STAMPS.items()}
    if preset:
        model = nn.presets.build("radius_net", **shapes)
    else:
        inputs = [nn.Input((side, side, 1), name=name) for name, side in STAMPS.items()]
        pooled = [nn.layers.GlobalAveragePooling2D()(x) for x in inputs]
        model = nn.Model(inputs, nn.layers.Dense(2)(nn.layers.Concatenate()(pooled)))
    model.compile(nn.optimizers.AdamW(1e-3), loss="gaussian_nll")
    return model


def main() -> None:
    """Print the seconds of an epoch, and their ratio, for each network."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stamps", type=int, default=1280)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--repetitions", type=int, default=7)
    parser.add_argument("--cold", action="store_true", help="from the disk itself")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent) / "stamps"
        write(folder, options.stamps)
        for name, preset in (("radius_net", True), ("batches alone", False)):
            model = network(preset)
            times: dict[str, list[float]] = {"without": [], "with": []}
            for turn in range(options.repetitions + 1):
                for kind in times:
                    if options.cold:
                        forget(folder)
                    stamps = store.read_stamps(folder)
                    source = nn.ArraySource(
                        {name: stamps[name] for name in STAMPS},
                        np.zeros((options.stamps, 1), np.float32),
                        batch_size=options.batch,
                        shuffle=True,
                        seed=turn,
                    )
                    start = time.perf_counter()
                    model.fit(source if kind == "with" else WithoutReadingAhead(source))
                    if turn:  # the first compiles
                        times[kind].append(time.perf_counter() - start)
            without, ahead = (statistics.median(seconds) for seconds in times.values())
            print(
                f"{name:14s} {options.stamps} stamps in batches of {options.batch}: "
                f"{without:.3f} s, read ahead {ahead:.3f} s, ratio {without / ahead:.3f}"
            )


if __name__ == "__main__":
    main()
