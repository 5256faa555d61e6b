"""Injections: one table of how every method does on galaxies put into frames of each band."""

from halflight import files, params, tasks
from halflight.instrument import SDSS
from halflight.paths import REPORTS
from halflight.tables import read_csv
from stages import run
from stages.inject import scores_of
from stages.runs import WORDS
from stages.scored import head, lines_of


def main(task: str) -> None:
    """Write the table, from the scores that the stage inject has left."""
    settings, wanted = params.read(f"{task}.injected"), tasks.measuring(tasks.get(task))
    summary = REPORTS / "injected" / task / "README.md"
    lines = [
        f"# {wanted.title}: synthetic galaxies in real frames",
        "",
        f"{settings.count} synthetic galaxies, the same in each band, in places of the frames of "
        f"the endpoint {settings.endpoint} that show no source within {settings.clearance:g} "
        "arcsec; all else is the frames' own: noise, sky, neighbours, artefacts and, with the "
        "photons that the galaxy brings, the PSF. Acknowledge SDSS (www.sdss.org) where these "
        f"numbers are shown. NMAD and outliers are of the residual of {wanted.headline.name}, in "
        f"brackets the central 68 % of a bootstrap. {WORDS} Orientations are those of each stamp "
        "that are measured and averaged. Both runs are joined with the same fits. Written by "
        "`dvc repro reports/injected/dvc.yaml`; the same in bins stands in the CSV files.",
        "",
        *head("band"),
    ]
    for band in SDSS.bands:
        table = read_csv(scores_of(task, band), orientations="number")
        lines += lines_of(band, table, wanted)
    files.write_text(summary, "\n".join(lines) + "\n")
    print(f"injections: {summary}")


if __name__ == "__main__":
    run(main, ValueError)
