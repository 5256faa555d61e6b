"""Galaxies a second of every way to measure them, turn by turn on the same stamps.

Run `python -m tests.benchmarks.measuring [MODEL]` after `dvc repro`. Every round measures the same
simulated stamps by each method once; medians over the rounds, and their ratios to the single Sersic
fit of the same round, which a busy machine disturbs least, are printed.
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from halflight import classical, store
from halflight.estimator import Estimator
from halflight.joint import Joint
from halflight.measurer import Measurer

STAMPS = Path("data/radius/simulated/stamps")
MODEL = Path("data/radius/estimator")
BESIDE = "sersic_fit"


def ways(measurer: Measurer, joint: Joint, processes: int) -> Iterator[tuple[str, Callable]]:
    """Each way to measure stamps, by name: a function of image, sigma and PSF."""
    instrument = measurer.estimator.instrument
    beliefs = classical.Beliefs(joint.settings.scene, instrument.pixel_scale, instrument.zero_point)
    for tier in ("fast", "best"):
        yield (
            tier,
            lambda *stamps, tier=tier: measurer.measure(*stamps, tier=tier, processes=processes),
        )
    for method in ("scene_fit", "sersic_fit", "aperture"):
        yield (
            method,
            lambda *stamps, method=method: classical.measure_stamps(
                *(array[..., 0] for array in stamps),
                beliefs=beliefs,
                methods=[method],
                processes=processes,
            ),
        )


def main() -> None:
    """Print a table of galaxies a second and of ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", nargs="?", type=Path, default=MODEL)
    parser.add_argument("--stamps", type=Path, default=STAMPS)
    parser.add_argument("--count", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    stamps = store.read_stamps(options.stamps)
    rows = np.arange(len(stamps) - options.count, len(stamps))
    arrays = [stamps[name][rows] for name in ("image", "sigma", "psf")]
    measurer = Measurer(Estimator.load(options.model), Joint.load(options.model))
    if measurer.joint is None:
        raise SystemExit(f"{options.model} has no combination: run `dvc repro`")
    methods = dict(ways(measurer, measurer.joint, options.processes))
    for measure in methods.values():  # compiled and read before the clock runs
        measure(*(array[: 2 * options.processes] for array in arrays))
    seconds: dict[str, list[float]] = {name: [] for name in methods}
    for _ in range(options.rounds):
        for name, measure in methods.items():
            begun = time.perf_counter()
            measure(*arrays)
            seconds[name].append(time.perf_counter() - begun)
    print(f"{options.count} stamps, {options.processes} processes, {options.rounds} rounds")
    print("| method | galaxies/s | times the single fit |\n|---|---|---|")
    for name, taken in seconds.items():
        ratio = statistics.median(
            own / one for own, one in zip(seconds[BESIDE], taken, strict=True)
        )
        print(f"| {name} | {options.count / statistics.median(taken):.1f} | {ratio:.2f} |")


if __name__ == "__main__":
    main()
