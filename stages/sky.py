"""Sky: what the recorded sky holds, so that DVC sees when it is another one."""

import hashlib
import os
from pathlib import Path

from halflight import files, params, paths
from stages import project_path, run


def main() -> None:
    """Write the hash of the recorded files, if these are what will be served."""
    survey = params.read("survey")
    files.write_json(paths.SKY, {"endpoint": survey.endpoint, "recorded": recorded_hash(survey)})


def is_served_here(survey: params.Survey) -> bool:
    """Whether the stage download itself serves the sky, which no other server then does."""
    return survey.endpoint != "sdss" and not (survey.skyserver_url or survey.sas_url)


def recorded_hash(survey: params.Survey) -> str | None:
    """SHA-256 of every file of the recorded sky and its name, wherever it lies; None for others."""
    if survey.endpoint != "recorded" or not is_served_here(survey):
        return None
    folder = recorded_folder(survey.recorded_sky)
    if not (folder / "sas").is_dir():
        raise FileNotFoundError(
            f"no recorded sky at {folder}: it has no folder sas/; set survey.recorded_sky, or the "
            "environment variable HALFLIGHT_RECORDED_SKY, to one that has"
        )
    digest = hashlib.sha256()
    for path in sorted((*(folder / "sas").rglob("*"), *(folder / "skyserver").glob("*.csv"))):
        if path.is_file():
            with path.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
            digest.update(f"{path.relative_to(folder).as_posix()}\0{found}\n".encode())
    return digest.hexdigest()


def recorded_folder(setting: str) -> Path:
    """HALFLIGHT_RECORDED_SKY, or the folder of params.yaml, relative to the repository's root."""
    return Path(os.environ.get("HALFLIGHT_RECORDED_SKY") or project_path(Path(setting)))


if __name__ == "__main__":
    run(main)
