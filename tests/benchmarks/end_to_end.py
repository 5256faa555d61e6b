"""Sources a second and memory of `halflight measure`, end to end, and how both grow with sources.

Run `python -m tests.benchmarks.end_to_end [--counts 100 1000] [--tiers fast best] [--radii 3 24]`,
with `--apart 71` for galaxies as far apart as 20,000 are on 10,000 by 10,000 pixels.
For every number of sources and every size of them an image is written (noise, and discs of an
exponential profile on a grid), and measured from the file to the table by a process of its own: the
image read, stamps cut, binned where galaxies are large, measured, the table written. Time is by the
clock, after four sources that load and compile what is needed. Memory is the most that the process
and its workers held together, what of that is anonymous, and of each alone (tests.benchmarks.memory
says how it is counted). Of 100,000 small sources the image has 0.5 GB, and the tier best takes an
hour or two; images of more than `LARGEST` pixels a side are left out, which is said.
"""

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from subprocess import PIPE

import numpy as np
import pandas as pd
from astropy.io import fits

from stages.about import machine
from tests.benchmarks.memory import watched
from tests.benchmarks.one_job import FWHM

COUNTS, TIERS, RADII = (100, 1000, 10_000, 100_000), ("fast", "best"), (3.0, 24.0)
SNR = 500.0  # of a galaxy's flux in the pixels of its half-light radius
TEMPLATES, BLOCK = 32, 2880
LARGEST = 25_000  # pixels a side: 2.5 GB


def main() -> None:
    """Print a table, a line a run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counts", nargs="+", type=int, default=COUNTS)
    parser.add_argument("--tiers", nargs="+", choices=TIERS, default=TIERS)
    parser.add_argument("--radii", nargs="+", type=float, default=RADII, help="pixels")
    parser.add_argument("--apart", type=int, default=36, help="pixels between galaxies, or more")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--folder", type=Path, help="of the images; a temporary one without it")
    asked = parser.parse_args()
    print(f"{', '.join(machine().values())}; {asked.processes} processes\n")
    print(
        "| sources | tier | R_e, px | stamp, px | image, px | s | sources/s | MiB, all | anonymous "
        "| main process | largest worker |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    for radius in asked.radii:
        for count in asked.counts:
            tile = tile_of(radius, asked.apart)
            if tile * math.ceil(math.sqrt(count)) > LARGEST:
                print(f"| {count:,} | | {radius:g} | | left out: above {LARGEST:,} |" + " |" * 6)
                continue
            with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
                side = write_field(Path(folder), count, radius, tile)
                for tier in asked.tiers:
                    found = in_a_process(Path(folder), count, tier, asked.processes)
                    print(
                        f"| {count:,} | {tier} | {radius:g} | {found['stamp']:.0f} | {side:,} | "
                        f"{found['seconds']:.1f} | {count / found['seconds']:.1f} | "
                        f"{found['whole']:.0f} | {found['anonymous']:.0f} | {found['first']:.0f} | "
                        f"{found['largest']:.0f} |",
                        flush=True,
                    )


def in_a_process(folder: Path, count: int, tier: str, processes: int) -> dict[str, float]:
    """One run, whose memory is nobody else's."""
    words = [str(folder), str(count), tier, str(processes)]
    asked = [sys.executable, "-m", "tests.benchmarks.one_job", *words]
    with (
        subprocess.Popen(asked, stdout=PIPE, stderr=PIPE, text=True) as process,
        watched(process.pid) as most,
    ):
        said, errors = process.communicate()
    if process.returncode:
        raise SystemExit(errors)
    return json.loads(said.splitlines()[-1]) | asdict(most)


def write_field(folder: Path, count: int, radius: float, tile: int) -> int:
    """Write image.fits, a row of tiles at a time, and sources.parquet; the image's side."""
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


def tile_of(radius: float, least: int) -> int:
    """Pixels between galaxies of a half-light radius, even."""
    return 2 * math.ceil(max(least, 6.0 * radius) / 2)


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
