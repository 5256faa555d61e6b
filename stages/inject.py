"""Inject: synthetic galaxies put into empty places of a survey's frames, measured and scored."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from halflight import files, params, paths
from halflight.injected import injected_stamps
from halflight.simulation import RenderError, SimulationError
from halflight.surveys import (
    Frame,
    PsfField,
    SdssClient,
    SurveyError,
    Wanted,
    fetch_catalogue,
    read_frame,
    read_psfield,
)
from halflight.workers import WorkerError
from stages import project_path, run
from stages.download import addresses, sky_name
from stages.tier import compare

KEY = ("run", "camcol", "field")
NOISE = ("gain", "dark_variance")  # of a field, in the catalogue


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
    fields = list(read_fields(task, band))
    shares = np.array_split(np.arange(injected.first, injected.first + injected.count), len(fields))
    stamps = [
        injected_stamps(
            frame,
            psf,
            indices,
            **noise,
            seed=simulate.seed,
            stamp_size=simulate.stamp_size,
            psf_size=simulate.psf_size,
            population=simulate.population,
            clearance=injected.clearance,
        )
        for (frame, psf, noise), indices in zip(fields, shares, strict=True)
    ]
    table = pd.concat([each[0] for each in stamps], ignore_index=True)
    arrays = [np.concatenate([each[k] for each in stamps])[..., np.newaxis] for k in (1, 2, 3)]
    print(f"inject: {len(table)} synthetic galaxies in {len(fields)} frames of band {band}")
    scored = compare(task, band, table, arrays, band, fit, train, settings)
    files.write_csv(scores_of(task, band), scored)


def read_fields(task: str, band: str) -> Iterator[tuple[Frame, PsfField, dict[str, float]]]:
    """The frame, the PSF and the noise of each field of the endpoint of section injected."""
    survey, wanted, sky, injected = params.read(
        "survey", f"{task}.survey", "sandbox", f"{task}.injected"
    )
    survey = survey.changed(endpoint=injected.endpoint)
    chosen = wanted.selection[survey.endpoint].model_dump(exclude={"label", "truth_table"})
    cache = project_path(paths.CHECKPOINTS) / "inject" / sky_name(survey, sky)
    options = survey.model_dump(
        include={"release", "retries", "backoff", "timeout", "deadline", "queries_per_minute"}
    )
    with addresses(survey, sky, cache / "sky", (band,)) as (skyserver_url, sas_url):
        options |= {"skyserver_url": skyserver_url, "sas_url": sas_url}
        with SdssClient(cache_folder=cache / "files", **options) as client:
            asked = Wanted(bands=(band,), reference=band, truths=())
            catalogue = fetch_catalogue(client, asked, **chosen).table
            for _, rows in catalogue.groupby([*KEY], sort=True):
                first = rows.iloc[0]
                key: dict[str, Any] = {name: int(first[name]) for name in KEY}
                noise: dict[str, Any] = {name: float(first[name]) for name in NOISE}
                as_frame = partial(read_frame, **key, band=band, **noise)
                frame = client.frame(**key, band=band, read=as_frame)
                psf = client.psfield(**key, read=partial(read_psfield, **key, band=band))
                yield frame.value, psf.value, noise


if __name__ == "__main__":
    run(main, SurveyError, SimulationError, RenderError, WorkerError, ValueError, RuntimeError)
