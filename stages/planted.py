"""Planted: one text of how galaxies of known truth were recovered from whole frames, by band."""

import itertools
from collections.abc import Iterator
from typing import Any

import pandas as pd

from halflight import files, params, tasks
from halflight.instrument import SDSS
from halflight.tables import read_csv
from halflight.trials.recovered import SCORES, flag_shares, scores
from stages import run
from stages.plant import folder_of, galaxies_of

TITLES = {
    "bias": ("bias, %", 100.0, ".1f"),
    "nmad": ("NMAD", 1.0, ".3f"),
    "outlier_fraction": ("wrong, %", 100.0, ".1f"),
    "coverage_68": ("68 % holds", 100.0, ".0f"),
    "coverage_95": ("95 % holds", 100.0, ".0f"),
    "wrong_flagged": ("of the wrong flagged, %", 100.0, ".0f"),
    "right_flagged": ("of the right flagged, %", 100.0, ".0f"),
}


def main(task: str) -> None:
    """Write scores in bins, and a text, of what the stage plant has left."""
    planting, wanted = params.load_own_images().injected, tasks.measuring(tasks.get(task))
    settings = params.read(f"{task}.evaluate")
    tables = {band: read_csv(galaxies_of(task, band)) for band in SDSS.bands}
    options = {"seed": settings.seed, "bootstrap": settings.bootstrap}
    binned = pd.DataFrame(
        {"band": band, **row}
        for band, table in tables.items()
        for row in in_bins(table, settings.magnitude_edges, **options)
    )
    folder = folder_of(task) / "injected"
    files.write_csv(folder / "scores.csv", binned)
    whole = pd.concat(tables.values(), ignore_index=True)
    files.write_text(folder / "README.md", described(wanted.title, planting, binned, whole))
    print(f"planted: {folder / 'README.md'}")


def in_bins(table: pd.DataFrame, edges: Any, **options: Any) -> Iterator[dict[str, Any]]:
    """Scores of all galaxies, and of those of each bin of magnitude; it holds its lower edge."""
    yield {"by": "all", "bin_low": None, "bin_high": None} | scores(table, **options)
    for low, high in itertools.pairwise(edges):
        inside = table[(table["magnitude"] >= low) & (table["magnitude"] < high)]
        if len(inside):
            yield {"by": "magnitude", "bin_low": low, "bin_high": high} | scores(inside, **options)


def described(title: str, planting: Any, binned: pd.DataFrame, whole: pd.DataFrame) -> str:
    """The text: scores by band and by magnitude, and each flag among the wrong and the right."""
    wrong, right = int(whole["wrong"].sum()), int((~whole["wrong"]).sum())
    lines = [
        f"# {title}: galaxies of known truth in whole frames, measured as any image is",
        "",
        f"{planting.count} synthetic galaxies, the same in each band, {planting.per_frame} at a "
        f"time in the real frames of the endpoint {planting.endpoint}, in places that show no "
        f"source within {planting.clearance:g} arcsec and lie {planting.separation:g} pixels "
        "apart. Each frame is written as the FITS file that it was, and `halflight.measure` takes "
        "the file, the positions and the psField: noise, sky, neighbours, artefacts and PSF are "
        "the sky's own, galaxies are synthetic (one Sersic profile or bulge and disc: no arms, no "
        "clumps), their PSF is the one that the measurement is told, and their positions are "
        "known. Acknowledge SDSS (www.sdss.org) where these numbers are shown.",
        "",
        "Bias and NMAD are of R_e (relative) and of ln R_e; wrong is who is off by a factor of "
        "1.35 or was not measured. A flag is one of the row's own, not of its whole image. In "
        "brackets: the central 68 % of a bootstrap of galaxies. Written by "
        "`dvc repro reports/own_images/dvc.yaml`; every number is in scores.csv, every galaxy in "
        "the CSV files.",
        "",
        *_table(binned, by="all"),
        "",
        "By magnitude:",
        "",
        *_table(binned, by="magnitude"),
        "",
        f"Flags, of all bands: of {wrong} wrong and {right} right galaxies so many have each.",
        "",
        "| flag | wrong | right |",
        "|---|---|---|",
    ]
    lines += [f"| {name} | {one} | {other} |" for name, one, other in flag_shares(whole)]
    return "\n".join(lines) + "\n"


def _table(binned: pd.DataFrame, by: str) -> list[str]:
    titles = ["band", *(["magnitude"] if by != "all" else []), "galaxies"]
    titles += [title for title, *_ in TITLES.values()]
    lines = [f"| {' | '.join(titles)} |", "|---" * len(titles) + "|"]
    for row in binned[binned["by"] == by].to_dict("records"):
        cells = [row["band"]]
        if by != "all":
            cells.append(f"{row['bin_low']:g}-{row['bin_high']:g}")
        cells += [str(row["count"]), *(cell(row, name) for name in SCORES)]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def cell(row: Any, name: str) -> str:
    """A score with its interval, for people; a dash where there is none."""
    _, factor, form = TITLES[name]
    if pd.isna(row[name]):
        return "-"
    text = f"{factor * row[name]:{form}}"
    if pd.isna(row[f"{name}_low"]):
        return text
    low, high = (f"{factor * row[f'{name}_{end}']:{form}}" for end in ("low", "high"))
    return f"{text} ({low} to {high})"


if __name__ == "__main__":
    run(main, ValueError)
