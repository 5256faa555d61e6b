"""The tables of the study of the real sky, in words."""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from halflight import tasks
from halflight.methods import METHODS, in_order
from halflight.scores.bins import EVERYTHING
from halflight.scores.decisions import LEAST, decided_from
from halflight.scores.probability import mean_squared_error, roc_auc
from stages.real_field import ANSWER
from stages.real_stamps import ARMS

SCORES = {
    "auc": "AUC",
    "mse": "MSE",
    "galaxy_purity": "purity of galaxies",
    "star_completeness": "completeness of stars",
    "calibration_error": "CAL",
    "log_loss": "log loss",
}
SHOWN = (ANSWER, "stacked", "forest")


def score_rows(scores: pd.DataFrame) -> list[str]:
    """Every method's scores over all magnitudes, with intervals."""
    whole = scores[scores["by"] == EVERYTHING].set_index("method")
    head = "| | " + " | ".join(SCORES.values()) + " |"
    lines = [head, "|---|" + "---|" * len(SCORES)]
    for name in in_order(whole.index):
        row = whole.loc[name]
        cells = [
            "-"
            if not np.isfinite(row[key])
            else f"{row[key]:.4f} ({row[f'{key}_low']:.4f}-{row[f'{key}_high']:.4f})"
            for key in SCORES
        ]
        lines.append(f"| {METHODS[name].title} | " + " | ".join(cells) + " |")
    return lines


def bin_rows(scores: pd.DataFrame) -> list[str]:
    """The network's scores by magnitude, beside the forest's."""
    shown = scores[(scores["by"] == "magnitude") & scores["method"].isin([ANSWER, "stacked"])]
    lines = ["| r | method | objects | stars | AUC | MSE |", "|---|---|---|---|---|---|"]
    for row in shown.sort_values(["bin_low", "method"]).to_dict("records"):
        lines.append(
            f"| {row['bin_low']:g} to {row['bin_high']:g} | {METHODS[row['method']].title} | "
            f"{row['count']} | {row['stars']} | {row['auc']:.4f} | {row['mse']:.4f} |"
        )
    return lines


def twin_rows(objects: pd.DataFrame, label: str, edges: Sequence[float], wider: float) -> list[str]:
    """What the network says of stars, and of points with their PSFs in their places."""
    stars = objects[objects[label] == 1.0]
    names = {
        "the star": ANSWER,
        "its twin": "twin_0",
        f"its twin, {wider:g} pixels wider": f"twin_{wider:g}",
    }
    lines = [
        "Why stars are doubted. A *twin* is a point with the field's own PSF, as bright in each "
        "band as a star and as noisy, in its place: what is said of it is what noise, seeing and "
        "the populations that were learnt from account for. What a star lacks beyond that is what "
        f"its pixels have more than their PSF; a Gaussian of {wider:g} pixels widens the twin's.",
        "",
        "| r | stars | mean probability: " + " | ".join(names) + " |",
        "|---|---|" + "---|" * len(names),
    ]
    for low, high in itertools.pairwise(edges):
        inside = stars[(stars["magnitude"] >= low) & (stars["magnitude"] < high)]
        if len(inside):
            cells = " | ".join(f"{inside[name].mean():.3f}" for name in names.values())
            lines.append(f"| {low:g} to {high:g} | {len(inside)} | {cells} |")
    return lines


def undecided_rows(objects: pd.DataFrame, label: str) -> list[str]:
    """What it costs, and gains, to leave objects undecided below a probability of either class."""
    lines = [
        "| decided from | "
        + " | ".join(f"{METHODS[m].title}: undecided, wrong" for m in SHOWN)
        + " |",
        "|---|" + "---|" * len(SHOWN),
    ]
    known = objects[objects[label].notna()]
    for least in LEAST:
        cells = []
        for method in SHOWN:
            found = decided_from(known[method], known[label], least)
            cells.append(f"{found.undecided:.1%}, {found.mistakes} of {found.decided}")
        lines.append(f"| {least:g} | " + " | ".join(cells) + " |")
    return lines


def wrong_row(row: dict[Any, Any], task: tasks.Classification) -> str:
    """One object that is called the other class, by its name."""
    said = task.positive if row[task.label] > 0.5 else task.negative
    flags = str(row["flags"]).replace(" ", ", ") if isinstance(row["flags"], str) else ""
    return (
        f"| {row['id']} | {row['magnitude']:.2f} | {row['concentration']:.3f} | {said} | "
        f"{row[ANSWER]:.3f} | {row['stacked']:.3f} | {flags} |"
    )


def stamp_rows(
    stamps: pd.DataFrame, task: tasks.Classification, widths: Sequence[float]
) -> list[str]:
    """How the published stamps are judged, for each width of the PSF that is taken for theirs."""
    label = stamps[task.label].to_numpy()
    lines = [
        f"{len(stamps)} stamps of Kim & Brunner 2017 (MNRAS 464, 4463), {int(label.sum())} of "
        "stars by their spectra. They come without PSF and noise: the PSF is the median of the "
        "simulated ones, as wide or so many times as wide. Their magnitude is that of the middle "
        "16 pixels.",
        "",
        "| network | PSF's width | AUC | MSE | wrong: number (class, r, probability) |",
        "|---|---|---|---|---|",
    ]
    for arm, width in itertools.product(ARMS, widths):
        p = stamps[f"{arm}_{width:g}"].to_numpy()
        wrong = [
            f"{row['number']} ({task.positive if row[task.label] > 0.5 else task.negative}, "
            f"{row['magnitude']:.1f}, {row[f'{arm}_{width:g}']:.2f})"
            for row in stamps[(p > 0.5) != (label > 0.5)].to_dict("records")
        ]
        lines.append(
            f"| {METHODS[arm].short} | {width:g} | {roc_auc(p, label):.4f} | "
            f"{mean_squared_error(p, label):.4f} | {', '.join(wrong) or 'none'} |"
        )
    return lines
