"""Plant: galaxies of known truth put into whole frames, which are measured as anyone's image is."""

import tempfile
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from halflight import files, params, paths
from halflight.images import ImageError
from halflight.instrument import PIXEL_SCALE
from halflight.measuring import measure
from halflight.planted import planted, with_image
from halflight.recovered import recovered
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
from stages import processes, project_path, run
from stages.download import addresses, sky_name

KEY = ("run", "camcol", "field")
NOISE = ("gain", "dark_variance")  # of a field, in the catalogue
TRUTHS = (
    *("id", "x", "y", "magnitude", "half_light_radius", "axis_ratio", "sersic_n"),
    "bulge_fraction",
)


class Shown(NamedTuple):
    """One field in one band: its frame and PSF, read, and the bytes of their files."""

    frame: Frame
    psf: PsfField
    frame_file: bytes
    psf_file: bytes
    noise: dict[str, float]


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
    shown: Shown, indices: np.ndarray, planting: Any, simulate: Any
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


def passes(fields: Sequence[Shown], planting: Any) -> Iterator[tuple[Shown, np.ndarray]]:
    """The numbers of the galaxies that come together into one frame, field after field."""
    numbers = np.arange(planting.first, planting.first + planting.count)
    cuts = range(planting.per_frame, planting.count, planting.per_frame)
    for turn, together in enumerate(np.split(numbers, cuts)):
        yield fields[turn % len(fields)], together


def read_fields(
    survey: params.Survey, wanted: params.TaskSurvey, sky: params.Sandbox, band: str, endpoint: Any
) -> Iterator[Shown]:
    """The fields that an endpoint has for a task, in one band."""
    survey = survey.changed(endpoint=endpoint)
    chosen = wanted.selection[endpoint].model_dump(exclude={"label", "truth_table"})
    cache = project_path(paths.CHECKPOINTS) / "plant" / sky_name(survey, sky)
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
                as_frame = partial(_both, partial(read_frame, **noise), key | {"band": band})
                as_psf = partial(_both, read_psfield, key | {"band": band})
                frame, frame_file = client.frame(**key, band=band, read=as_frame).value
                psf, psf_file = client.psfield(**key, read=as_psf).value
                yield Shown(frame, psf, frame_file, psf_file, noise)


def _both(read: Any, key: dict[str, Any], content: bytes) -> tuple[Any, bytes]:
    """What a file holds, and its bytes."""
    return read(content, **key), content


if __name__ == "__main__":
    run(
        main,
        *(SurveyError, SimulationError, RenderError, WorkerError, ImageError),
        *(ValueError, RuntimeError),
    )
