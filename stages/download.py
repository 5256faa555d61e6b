"""Download: catalogue, frames and PSFs through astroquery, cut into survey stamps."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from halflight import files, params, paths, store
from halflight.sandbox import RecordedSky, Sandbox, SyntheticSky
from halflight.surveys import SurveyError, download_survey
from halflight.workers import WorkerError
from stages import processes, project_path, run


def main() -> None:
    """Query, fetch, cut and store; a later run starts where an interrupted one stopped."""
    everything = params.load()
    survey = everything.survey
    cache = project_path(paths.CHECKPOINTS) / "download" / sky_name(everything)
    with addresses(everything) as (skyserver_url, sas_url):
        download = download_survey(
            cache,
            endpoint=survey.endpoint,
            skyserver_url=skyserver_url,
            sas_url=sas_url,
            **survey.selection[survey.endpoint].model_dump(),
            **survey.model_dump(
                exclude={"endpoint", "skyserver_url", "sas_url", "recorded_sky", "selection"}
            ),
        )
        with store.write_stamps(paths.SURVEY_STAMPS) as writer:
            for block in download:
                writer.append(block.table, image=block.image, sigma=block.sigma, psf=block.psf)
    files.write_csv(paths.SURVEY_DROPPED, download.dropped)
    files.write_json(paths.SURVEY_PROVENANCE, download.provenance)
    shutil.rmtree(cache)


@contextmanager
def addresses(everything: params.Params) -> Iterator[tuple[str | None, str | None]]:
    """Base addresses of the catalogue and of the files; None means SDSS's own.

    The sandbox serves its sky on loopback for as long as the download lasts.
    """
    survey = everything.survey
    if survey.endpoint == "sdss" or survey.skyserver_url or survey.sas_url:
        yield survey.skyserver_url, survey.sas_url
        return
    sky: RecordedSky | SyntheticSky
    if survey.endpoint == "recorded":
        sky = RecordedSky(recorded_folder(survey.recorded_sky))
    else:
        print("download: rendering a synthetic sky; what it shows was never observed")
        sky = SyntheticSky(everything.sandbox)
        sky.prefetch(processes=processes())
    with Sandbox(sky) as server:
        yield server.skyserver_url, server.sas_url


def recorded_folder(setting: str) -> Path:
    """HALFLIGHT_RECORDED_SKY, or the folder of params.yaml, relative to the repository's root."""
    return Path(os.environ.get("HALFLIGHT_RECORDED_SKY", project_path(Path(setting))))


def sky_name(everything: params.Params) -> str:
    """A name for all that decides which bytes a file of this sky holds, to keep caches apart."""
    survey = everything.survey
    sky = {
        "sandbox": everything.sandbox.model_dump(),
        "recorded": {"folder": survey.recorded_sky},
        "sdss": {"skyserver": survey.skyserver_url, "sas": survey.sas_url},
    }[survey.endpoint]
    text = json.dumps([survey.endpoint, survey.release, sky], sort_keys=True)
    return f"{survey.endpoint}-{hashlib.blake2b(text.encode(), digest_size=6).hexdigest()}"


if __name__ == "__main__":
    run(main, SurveyError, WorkerError, OSError, ValueError)
