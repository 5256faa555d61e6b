"""Inject: synthetic galaxies put into empty places of a survey's frames, measured and scored."""

from pathlib import Path

import numpy as np
import pandas as pd

from halflight import files, params, paths
from halflight.simulation import RenderError, SimulationError
from halflight.surveys import SurveyError
from halflight.trials.injected import injected_stamps
from halflight.workers import WorkerError
from stages import run
from stages.tier import compare
from stages.whole_frames import read_fields


def scores_of(task: str, band: str) -> Path:
    """Where the scores of the galaxies in frames of a band are kept."""
    return paths.REPORTS / "injected" / task / f"{band}.csv"


def main(task: str, band: str) -> None:
    """Write the scores of every method on galaxies of known truth in one band's frames."""
    simulate, fit, train, settings, injected = params.read(
        f"{task}.simulate",
        f"{task}.classical",
        f"{task}.train",
        f"{task}.evaluate",
        f"{task}.injected",
    )
    survey, wanted, sky = params.read("survey", f"{task}.survey", "sandbox")
    fields = list(read_fields(survey, wanted, sky, band, injected.endpoint))
    shares = np.array_split(np.arange(injected.first, injected.first + injected.count), len(fields))
    stamps = [
        injected_stamps(
            field.frame,
            field.psf,
            indices,
            **field.noise,
            seed=simulate.seed,
            stamp_size=simulate.stamp_size,
            psf_size=simulate.psf_size,
            population=simulate.population,
            clearance=injected.clearance,
        )
        for field, indices in zip(fields, shares, strict=True)
    ]
    table = pd.concat([each[0] for each in stamps], ignore_index=True)
    arrays = [np.concatenate([each[k] for each in stamps])[..., np.newaxis] for k in (1, 2, 3)]
    print(f"inject: {len(table)} synthetic galaxies in {len(fields)} frames of band {band}")
    scored = compare(task, band, table, arrays, band, fit, train, settings)
    files.write_csv(scores_of(task, band), scored)


if __name__ == "__main__":
    run(main, SurveyError, SimulationError, RenderError, WorkerError, ValueError, RuntimeError)
