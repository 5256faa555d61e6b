"""Vary: the same galaxies by other cameras, in other units, files and catalogues; the same R_e?"""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from halflight import files, params
from halflight.images import ImageError
from halflight.instrument import PIXEL_SCALE, Exposure, dark_variance, flux_of, gain
from halflight.measuring import measure
from halflight.simulation import RenderError
from halflight.trials.recovered import recovered
from halflight.trials.varied import View, galaxies, seen, write
from halflight.workers import WorkerError
from stages import processes, run
from stages.plant import folder_of
from stages.vary_ways import FROM_1, ON_THE_SKY, Variation, variations
from stages.vary_words import by_size, described, table_of

CAMCOL, RUN = 3, 3000  # of SDSS: whose gain and dark variance the plain image has
TRUTHS = ("id", "magnitude", "half_light_radius", "axis_ratio", "sersic_n", "bulge_fraction")


def main(task: str) -> None:
    """Write what was measured of every galaxy in every variation, pulls and changes, and a text."""
    settings = params.load_own_images().varied
    simulate, evaluate = params.read(f"{task}.simulate", f"{task}.evaluate")
    limits = {name: getattr(settings, name) for name in ("magnitude", "radius", "sersic_n")}
    population = simulate.population.changed(**limits)
    numbers = range(settings.first, settings.first + settings.count)
    truths = galaxies(numbers, seed=simulate.seed, population=population)
    parts = []
    with tempfile.TemporaryDirectory() as folder:
        for way, view in views(truths, settings, exposure_of(population), simulate.seed):
            parts.append(measured(Path(folder), truths, way, view).assign(variation=way.name))
            print(f"vary: {way.name}: {int(parts[-1]['residual'].notna().sum())} measured")
    answers = pd.concat(parts, ignore_index=True)
    ways = list(variations(settings))
    scored = table_of(answers, ways, seed=evaluate.seed, bootstrap=evaluate.bootstrap)
    kept = folder_of(task) / "varied"
    files.write_csv(kept / "answers.csv", answers)
    files.write_csv(kept / "scores.csv", scored)
    sizes = by_size(answers, ways, seed=evaluate.seed, bootstrap=evaluate.bootstrap)
    files.write_text(kept / "README.md", described(settings, ways, scored, sizes))
    print(f"vary: {kept / 'README.md'}")


def exposure_of(population: Any) -> Exposure:
    """Of one of SDSS's pixels under a median sky."""
    calibration = population.nmgy_per_count[0]
    return Exposure(
        nmgy_per_count=calibration,
        sky=flux_of(population.sky_brightness[0]) * PIXEL_SCALE**2 / calibration,
        gain=gain(population.band, CAMCOL, RUN),
        dark_variance=dark_variance(population.band, CAMCOL, RUN),
    )


def views(
    truths: pd.DataFrame, settings: Any, exposure: Exposure, seed: int
) -> Iterator[tuple[Variation, View]]:
    """Every variation with its pixels, which those of one camera share; each camera's own noise."""
    camera, number = None, 0
    for way in variations(settings):
        if way.camera != camera:
            camera, number = way.camera, number + 1
            key = {"key": [seed, settings.first], "counter": [0, 0, 4, number]}
            view = seen(
                truths,
                camera,
                exposure,
                columns=settings.columns,
                separation=settings.separation,
                rng=np.random.Generator(np.random.Philox(**key)),
            )
        yield way, way.turn(view)


def measured(folder: Path, truths: pd.DataFrame, way: Variation, view: View) -> pd.DataFrame:
    """`recovered` of one image, and how many pixels of its stamp a true R_e is.

    Also magnitude and angle, on the sky, that were measured.
    """
    image, told = write(folder, view, unit=way.unit, stored=way.stored)
    sources = pd.DataFrame({"id": truths["id"], "x": view.x, "y": view.y})
    if way.positions == ON_THE_SKY:
        ra, dec = view.wcs().pixel_to_world_values(view.x, view.y)
        sources = pd.DataFrame({"id": truths["id"], "ra": ra, "dec": dec})
    else:
        told["first_pixel"] = int(way.positions == FROM_1)
        sources[["x", "y"]] += told["first_pixel"]
    found = measure(image, sources, processes=processes(), **told).to_pandas()
    bounds = (found[f"half_light_radius_{end}"].to_numpy(np.float64) for end in ("16", "84"))
    low, high = bounds
    with np.errstate(invalid="ignore"):
        error = 0.5 * np.log(high / low)
    return recovered(truths[list(TRUTHS)], found).assign(
        error=error,
        stamp_pixels=truths["half_light_radius"].to_numpy()
        / found["pixel_scale"].to_numpy(np.float64)
        / found["binning"].to_numpy(np.float64),
        measured_magnitude=found["magnitude"].to_numpy(np.float64),
        measured_angle=found["position_angle"].to_numpy(np.float64),
        true_angle=(np.degrees(truths["position_angle"].to_numpy()) - 90) % 180,
    )


if __name__ == "__main__":
    run(main, *(RenderError, WorkerError, ImageError, ValueError, RuntimeError))
