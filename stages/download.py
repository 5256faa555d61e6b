"""Download: catalogue, frames and PSFs through astroquery, cut into survey stamps."""

import hashlib
import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from halflight import files, params, paths, store
from halflight.instrument import SDSS
from halflight.paths import TaskPaths
from halflight.sandbox import RecordedSky, Sandbox, SyntheticSky, recipe
from halflight.surveys import (
    SurveyDownload,
    SurveyError,
    Wanted,
    base_addresses,
    download_survey,
)
from halflight.workers import WorkerError
from stages import processes, project_path, run
from stages.sky import is_served_here, recorded_folder, recorded_hash

# Seconds that a file of the synthetic sky may take: it is asked for while this machine renders it,
# which may be slow or busy.
RENDERING_PATIENCE = 3600.0


def main(task: str) -> None:
    """Query, fetch, cut and store what the endpoint of section survey has for a task."""
    download_to(TaskPaths(task), *params.read("survey", f"{task}.survey", "sandbox"))


def download_to(
    place: TaskPaths,
    survey: params.Survey,
    wanted: params.TaskSurvey,
    sky: params.Sandbox,
    caches: str = "download",
) -> None:
    """Store it in `place`; a later call starts where an interrupted one stopped.

    caches: folder of what arrived. Of several skies it keeps the last.
    """
    cache = project_path(paths.CHECKPOINTS) / caches / sky_name(survey, sky)
    with (
        asked(survey, wanted, sky, cache) as download,
        store.write_stamps(
            place.stamps("survey"),
            instrument=SDSS.with_bands(wanted.bands),
            origin=survey.endpoint,
        ) as writer,
    ):
        for block in download:
            writer.append(block.table, image=block.image, sigma=block.sigma, psf=block.psf)
    files.write_csv(place.dropped, download.dropped)
    files.write_json(place.provenance, download.provenance)
    shutil.rmtree(cache / "files")
    for other in cache.parent.iterdir():
        if not (other / "sky").is_dir() or other != cache:
            shutil.rmtree(other)


@contextmanager
def asked(
    survey: params.Survey, wanted: params.TaskSurvey, sky: params.Sandbox, cache: Path
) -> Iterator[SurveyDownload]:
    """What the endpoint of section survey has for a task: to be iterated while this lasts.

    cache: the folder of what arrived, which belongs to this sky alone.
    """
    options = survey.model_dump(exclude={"skyserver_url", "sas_url", "recorded_sky"})
    if survey.endpoint == "sandbox" and is_served_here(survey):
        options |= {"timeout": RENDERING_PATIENCE, "deadline": RENDERING_PATIENCE}
    with addresses(survey, sky, cache / "sky", wanted.bands) as (skyserver_url, sas_url):
        yield download_survey(
            cache / "files",
            wanted=wanted_of(wanted, survey.endpoint),
            skyserver_url=skyserver_url,
            sas_url=sas_url,
            stamp_size=wanted.stamp_size,
            psf_size=wanted.psf_size,
            **wanted.selection[survey.endpoint].model_dump(exclude={"label"}),
            **options,
        )


def wanted_of(task: params.TaskSurvey, endpoint: params.Endpoint) -> Wanted:
    """What a task wants to know of an endpoint's objects."""
    return Wanted(
        bands=task.bands,
        reference=task.reference,
        photometry=task.photometry,
        label=task.selection[endpoint].label,
        truths=task.truths,
    )


@contextmanager
def addresses(
    survey: params.Survey, synthetic: params.Sandbox, folder: Path, bands: Sequence[str]
) -> Iterator[tuple[str | None, str | None]]:
    """Base addresses of the catalogue and of the files; None means SDSS's own.

    The sandbox serves its sky on loopback for as long as the download lasts; of a synthetic one,
    the files of these bands are made and kept in `folder`, also for the next task that asks for
    the same sky.
    """
    if not is_served_here(survey):
        yield survey.skyserver_url, survey.sas_url
        return
    with ExitStack() as stack:
        sky: RecordedSky | SyntheticSky
        if survey.endpoint == "recorded":
            sky = RecordedSky(recorded_folder(survey.recorded_sky))
        else:
            print("download: rendering a synthetic sky; what it shows was never observed")
            sky = SyntheticSky(synthetic, folder)
            stack.enter_context(sky.rendering(processes(), bands))
        server = stack.enter_context(Sandbox(sky))
        yield server.skyserver_url, server.sas_url


def sky_name(survey: params.Survey, synthetic: params.Sandbox) -> str:
    """A name for all that decides which bytes a file of this sky holds, to keep caches apart."""
    sky: object
    if not is_served_here(survey):
        sky = base_addresses(survey.skyserver_url, survey.sas_url)
    elif survey.endpoint == "recorded":
        folder = recorded_folder(survey.recorded_sky).resolve()
        sky = [str(folder), recorded_hash(survey)]
    else:
        sky = recipe(synthetic.model_dump())
    text = json.dumps([survey.endpoint, survey.release, sky], sort_keys=True)
    return f"{survey.endpoint}-{hashlib.blake2b(text.encode(), digest_size=6).hexdigest()}"


if __name__ == "__main__":
    run(main, SurveyError, WorkerError, ValueError)
