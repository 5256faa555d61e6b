"""Sources a second and memory of `halflight measure`, end to end, and how both grow with sources.

Run `python -m tests.benchmarks.end_to_end [--counts 100 1000] [--tiers fast best] [--radii 3 24]`.
For every number of sources and every size of them an image is written (noise, and discs of an
exponential profile on a grid), and measured from the file to the table by a process of its own: the
image read, stamps cut, binned where galaxies are large, measured, the table written. Time is by the
clock, after four sources that load and compile what is needed; memory is the peak of the process,
and of its largest worker. Of 100,000 small sources the image has 0.5 GB, and the tier best takes
an hour or two; images of more than `LARGEST` pixels a side are left out, which is said.
"""

import argparse
import json
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from astropy.io import fits

from halflight import results
from halflight.measuring import Job
from stages.about import machine

COUNTS, TIERS, RADII = (100, 1000, 10_000, 100_000), ("fast", "best"), (3.0, 24.0)
FWHM, SNR = 3.0, 500.0  # pixels; of a galaxy's flux in the pixels of its half-light radius
OPTIONS = {"unit": "count", "zero_point": 27.0, "pixel_scale": 0.3, "first_pixel": 0}
TEMPLATES, BLOCK = 32, 2880
LARGEST = 25_000  # pixels a side: 2.5 GB
WARM = 4  # sources that are measured before the clock runs


def main() -> None:
    """Print a table, a line a run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counts", nargs="+", type=int, default=COUNTS)
    parser.add_argument("--tiers", nargs="+", choices=TIERS, default=TIERS)
    parser.add_argument("--radii", nargs="+", type=float, default=RADII, help="pixels")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--folder", type=Path, help="of the images; a temporary one without it")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)  # what a process of its own does
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(measured(asked.folder, *asked.one, asked.processes)))
        return
    print(f"{', '.join(machine().values())}; {asked.processes} processes\n")
    print(
        "| sources | tier | R_e, px | stamp, px | image, px | s | sources/s | MiB | worker, MiB |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for radius in asked.radii:
        for count in asked.counts:
            if tile_of(radius) * math.ceil(math.sqrt(count)) > LARGEST:
                print(f"| {count:,} | | {radius:g} | | left out: above {LARGEST:,} | | | | |")
                continue
            with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
                side = write_field(Path(folder), count, radius)
                for tier in asked.tiers:
                    found = in_a_process(Path(folder), count, tier, asked.processes)
                    print(
                        f"| {count:,} | {tier} | {radius:g} | {found['stamp']:.0f} | {side:,} | "
                        f"{found['seconds']:.1f} | {count / found['seconds']:.1f} | "
                        f"{found['own']:.0f} | {found['worker']:.0f} |",
                        flush=True,
                    )


def in_a_process(folder: Path, count: int, tier: str, processes: int) -> dict[str, float]:
    """One run, whose memory is nobody else's."""
    words = ["--folder", str(folder), "--processes", str(processes), "--one", str(count), tier]
    ended = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.end_to_end", *words],
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        raise SystemExit(ended.stderr)
    return dict(json.loads(ended.stdout.splitlines()[-1]))


def measured(folder: Path, count: str, tier: str, processes: int) -> dict[str, float]:
    """Seconds, MiB of this process and of its largest worker, and pixels of the image a stamp."""
    whole, few = folder / "sources.parquet", folder / "few.parquet"
    pd.read_parquet(whole).head(WARM).to_parquet(few)
    for catalogue, output in ((few, folder / "few.fits"), (whole, folder / f"{tier}.fits")):
        begun = time.perf_counter()
        Job(
            [str(folder / "image.fits")],
            output,
            catalogue=str(catalogue),
            psf=f"gaussian:{FWHM}px",
            tier=tier,
            options=OPTIONS,
            restart=True,
            processes=processes,
        ).run()
        seconds = time.perf_counter() - begun
    rows = results.read(folder / f"{tier}.fits").rows
    if len(rows) != int(count):
        raise SystemExit(f"{len(rows)} rows of {count} sources")
    own, worker = (
        resource.getrusage(who).ru_maxrss / 1024
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    stamp = 96 * float(rows["binning"].median())
    return {"seconds": seconds, "own": own, "worker": worker, "stamp": stamp}


def write_field(folder: Path, count: int, radius: float) -> int:
    """Write image.fits, a row of tiles at a time, and sources.parquet; the image's side."""
    tile = tile_of(radius)
    wide = math.ceil(math.sqrt(count))
    side = tile * wide
    rng = np.random.Generator(np.random.Philox(key=[1, count]))
    drawn = discs(tile, radius, rng)
    header = fits.Header({"SIMPLE": True, "BITPIX": -32, "NAXIS": 2, "NAXIS1": side})
    header["NAXIS2"] = side
    with (folder / "image.fits").open("wb") as file:
        file.write(header.tostring().encode("ascii"))
        for _ in range(wide):
            light = np.concatenate(list(drawn[rng.integers(TEMPLATES, size=wide)]), axis=1)
            light += rng.standard_normal(light.shape, dtype=np.float32)
            file.write(light.astype(">f4").tobytes())
        file.write(bytes(-file.tell() % BLOCK))
    rows, columns = np.divmod(np.arange(count), wide)
    centre = (tile - 1) / 2
    table = pd.DataFrame({"x": columns * tile + centre, "y": rows * tile + centre})
    table.assign(id=np.arange(count)).to_parquet(folder / "sources.parquet")
    return side


def tile_of(radius: float) -> int:
    """Pixels between galaxies of a half-light radius, even."""
    return 2 * math.ceil(max(36.0, 6.0 * radius) / 2)


def discs(tile: int, radius: float, rng: np.random.Generator) -> np.ndarray:
    """Exponential discs (TEMPLATES, tile, tile) of one size and any shape, seen through the PSF."""
    at = np.arange(tile) - (tile - 1) / 2
    frequency = np.fft.fftfreq(tile)
    squared = frequency**2 + frequency[:, None] ** 2
    blur = np.exp(-2 * (np.pi * FWHM / 2.3548) ** 2 * squared)
    made = []
    for _ in range(TEMPLATES):
        angle, ratio = rng.uniform(0, np.pi), rng.uniform(0.4, 1.0)
        along = at * np.cos(angle) + at[:, None] * np.sin(angle)
        across = at[:, None] * np.cos(angle) - at * np.sin(angle)
        profile = np.exp(-1.678 * np.hypot(along, across / ratio) / radius)
        seen = np.fft.ifft2(np.fft.fft2(profile / profile.sum()) * blur).real
        made.append(SNR * np.sqrt(np.pi * (radius**2 + FWHM**2)) * seen)
    return np.array(made, np.float32)


if __name__ == "__main__":
    main()
