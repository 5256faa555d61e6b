"""Plant: galaxies of known truth put into whole frames, which are measured as anyone's image is."""

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from halflight import files, params, paths
from halflight.images import ImageError
from halflight.instrument import PIXEL_SCALE
from halflight.measuring import measure
from halflight.simulation import RenderError, SimulationError
from halflight.surveys import SurveyError
from halflight.trials.planted import planted, with_image
from halflight.trials.recovered import recovered
from halflight.trials.whole_fields import WholeField
from halflight.workers import WorkerError
from stages import processes, run
from stages.whole_frames import read_fields

TRUTHS = (
    *("id", "x", "y", "magnitude", "half_light_radius", "axis_ratio", "sersic_n"),
    "bulge_fraction",
)


def folder_of(task: str) -> Path:
    """Where the study's files lie."""
    return paths.REPORTS / "own_images" / task


def galaxies_of(task: str, band: str) -> Path:
    """Where the galaxies of a band are kept: what they were, and what was said of them."""
    return folder_of(task) / "injected" / f"{band}.csv"


def main(task: str, band: str) -> None:
    """Write the truth and the measurement of every galaxy in one band's frames."""
    planting = params.load_own_images().injected
    simulate, survey, wanted, sky = params.read(
        f"{task}.simulate", "survey", f"{task}.survey", "sandbox"
    )
    fields = list(read_fields(survey, wanted, sky, band, planting.endpoint))
    found = []
    with tempfile.TemporaryDirectory() as folder:
        image, psf = Path(folder) / "frame.fits", Path(folder) / "psField.fit"
        for shown, indices in passes(fields, planting):
            truths, light = plant(shown, indices, planting, simulate)
            files.write_bytes(image, with_image(shown.frame_file, light))
            files.write_bytes(psf, shown.psf_file)
            results = measure(
                image, truths[["id", "x", "y"]], psf=psf, first_pixel=0, processes=processes()
            )
            found.append(recovered(truths[list(TRUTHS)], results.to_pandas()))
    table = pd.concat(found, ignore_index=True)
    files.write_csv(galaxies_of(task, band), table)
    print(
        f"plant: {len(table)} galaxies in {len(fields)} frames of band {band}, {len(found)} "
        f"times; {table['wrong'].mean():.1%} of them wrong"
    )


def plant(
    shown: WholeField, indices: np.ndarray, planting: Any, simulate: Any
) -> tuple[pd.DataFrame, np.ndarray]:
    """`planted` of a field, as a section of study.yaml has it."""
    return planted(
        shown.frame,
        shown.psf,
        indices,
        **shown.noise,
        seed=simulate.seed,
        population=simulate.population,
        window=planting.window,
        clearance=planting.clearance / PIXEL_SCALE,
        separation=planting.separation,
    )


def passes(fields: Sequence[WholeField], planting: Any) -> Iterator[tuple[WholeField, np.ndarray]]:
    """The numbers of the galaxies that come together into one frame, field after field."""
    numbers = np.arange(planting.first, planting.first + planting.count)
    cuts = range(planting.per_frame, planting.count, planting.per_frame)
    for turn, together in enumerate(np.split(numbers, cuts)):
        yield fields[turn % len(fields)], together


if __name__ == "__main__":
    run(
        main,
        *(SurveyError, SimulationError, RenderError, WorkerError, ImageError),
        *(ValueError, RuntimeError),
    )
