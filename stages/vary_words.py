"""The scores of the study of variations, and what it says of itself in words."""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from halflight.scores.statistics import MAD_TO_SIGMA, resamples
from halflight.trials.recovered import LEAST_COUNT, scores
from stages.vary_ways import PLAIN, Variation

OF_ALL = ("bias", "nmad", "coverage_68", "coverage_95")  # of `scores`
PULLS = ("pull_median", "pull_nmad")
CHANGES = (
    *("change_median", "change_nmad", "change_largest", "change_in_errors"),
    *("magnitude_change", "angle_change"),
)
ELONGATED = 0.7  # axis ratio below which an angle means something
SIZES = (0.0, 5.0, 10.0, 20.0, np.inf)  # edges: pixels of a stamp, of 96 a side, in R_e
_LEVEL = 0.68


def table_of(
    answers: pd.DataFrame, ways: Sequence[Variation], *, seed: int, bootstrap: int
) -> pd.DataFrame:
    """One row a variation: pulls against the truth, and changes from the plain image.

    A pull is ln R_e less the true one, over half of its central 68 % interval; median and NMAD with
    _low and _high, the central 68 % of a bootstrap of galaxies. A change is of ln R_e (median,
    NMAD, the largest, and the largest in errors of the plain one), of the magnitude and of the
    angle in degrees (medians of what they change by; of elongated galaxies alone), of the galaxies
    that both images measure.
    """
    plain = answers[answers["variation"] == PLAIN]
    rows = []
    for way in ways:
        table = answers[answers["variation"] == way.name]
        whole = scores(table, seed=seed, bootstrap=bootstrap)
        row: dict[str, Any] = {"variation": way.name, "count": whole["count"]}
        row |= {name: whole[name] for name in ("not_measured", *OF_ALL)}
        row["flagged"] = float((table["flags"] != 0).mean())
        row |= pulls(table, seed=seed, bootstrap=bootstrap)
        rows.append(row | changes(table, plain))
    return pd.DataFrame(rows)


def by_size(
    answers: pd.DataFrame, ways: Sequence[Variation], *, seed: int, bootstrap: int
) -> pd.DataFrame:
    """Scores and pulls by R_e in pixels of the stamp, of images with pixels of their own."""
    cameras = {way.camera: way.name for way in reversed(ways)}.values()
    answers = answers[answers["variation"].isin([*cameras])]
    rows = []
    for low, high in itertools.pairwise(SIZES):
        table = answers[answers["stamp_pixels"].between(low, high, inclusive="left")]
        row = {"low": low, "high": high} | scores(table, seed=seed, bootstrap=bootstrap)
        rows.append(row | pulls(table, seed=seed, bootstrap=bootstrap))
    return pd.DataFrame(rows)


def pulls(table: pd.DataFrame, *, seed: int, bootstrap: int) -> dict[str, float]:
    """PULLS of the measured, each with its interval; NaN of fewer than `LEAST_COUNT`."""
    pull = (table["residual"] / table["error"]).to_numpy(np.float64)
    pull = pull[np.isfinite(pull)]
    if len(pull) < LEAST_COUNT:
        return {f"{name}{end}": np.nan for name in PULLS for end in ("", "_low", "_high")}
    drawn = resamples(np.arange(len(pull)), seed=seed, repeats=bootstrap)
    again = np.array([middle_and_spread(pull[rows]) for rows in drawn])
    ends = np.quantile(again, [0.5 - 0.5 * _LEVEL, 0.5 + 0.5 * _LEVEL], axis=0).T
    found: dict[str, float] = {}
    for name, value, (low, high) in zip(PULLS, middle_and_spread(pull), ends, strict=True):
        found |= {name: value, f"{name}_low": float(low), f"{name}_high": float(high)}
    return found


def changes(table: pd.DataFrame, plain: pd.DataFrame) -> dict[str, float]:
    """CHANGES of a variation from the plain image, of the same galaxies in the same order."""
    one, other = (each.reset_index(drop=True) for each in (table, plain))
    by = (one["residual"] - other["residual"]).to_numpy(np.float64)
    both = np.isfinite(by)
    if not both.any():
        return dict.fromkeys(CHANGES, np.nan)
    turn = (one["measured_angle"] - other["measured_angle"] + 90) % 180 - 90
    turn = turn[both & (other["axis_ratio"] < ELONGATED)].abs()
    magnitude = (one["measured_magnitude"] - other["measured_magnitude"])[both].abs()
    size = np.abs(by[both])
    values = (
        *middle_and_spread(by[both]),
        *(size.max(), (size / other["error"].to_numpy()[both]).max()),
        *(magnitude.median(), turn.median()),
    )
    return dict(zip(CHANGES, map(float, values), strict=True))


def middle_and_spread(values: NDArray[np.float64]) -> tuple[float, float]:
    """Median and NMAD."""
    middle = float(np.median(values))
    return middle, float(MAD_TO_SIGMA * np.median(np.abs(values - middle)))


def described(
    settings: Any, ways: Sequence[Variation], scored: pd.DataFrame, sizes: pd.DataFrame
) -> str:
    """The tables in words."""
    (low, high), (small, large) = settings.magnitude, settings.radius
    lines = [
        "# The same galaxies, by other cameras, in other units, files and catalogues",
        "",
        f"{settings.count} synthetic galaxies of {low:g} to {high:g} mag, R_e of {small:g} to "
        f"{large:g} arcsec, half of them bulge and disc, {settings.separation:g} arcsec apart in "
        "one image; drawn by GalSim, written as FITS files (image, noise, PSF), and measured by "
        "`halflight.measure` with the model that comes with the package. Each variation differs "
        "from the plain image in one thing; its catalogue has the true positions, in pixels from 0 "
        "unless said. Every camera gets as many photons from a square arcsec as SDSS does, so that "
        "a finer pixel holds fewer: what differs is the sampling, and the PSF. The noise map is "
        "that of the light without noise.",
        "",
        "A pull is ln R_e less the true one, over its error, half of the 68 % interval: the median "
        "should be 0, the NMAD 1. In brackets: the central 68 % of a bootstrap of galaxies. "
        "Flagged: any flag of the row's own. Written by `dvc repro "
        "reports/own_images/dvc.yaml`; every number is in scores.csv, every galaxy in answers.csv.",
        "",
        "| variation | what | measured | flagged | pull: median | pull: NMAD | 68 % holds "
        "| 95 % holds | bias of R_e | NMAD of ln R_e |",
        "|---" * 10 + "|",
    ]
    of = {row["variation"]: row for row in scored.to_dict("records")}
    for way in ways:
        row = of[way.name]
        measured = f"{row['count'] - row['not_measured']} of {row['count']}"
        cells = [way.name, way.what, measured, f"{row['flagged']:.0%}", *in_cells(row)]
        lines.append(f"| {' | '.join(cells)} |")
    lines += [
        "",
        "Against the plain image, galaxy by galaxy: what ln R_e changes by, also in units of the "
        "plain one's error; what the magnitude, and the position angle on the sky of galaxies with "
        f"an axis ratio below {ELONGATED:g}, change by. The first rows have the plain image's own "
        "pixels, and so its noise; those of another camera have noise of their own.",
        "",
        "| variation | pixels | median | NMAD | largest | largest, errors | magnitude: median "
        "| angle: median, deg |",
        "|---" * 8 + "|",
    ]
    for way in ways[1:]:
        row = of[way.name]
        pixels = "the same" if way.camera == ways[0].camera else "its own"
        cells = [way.name, pixels, f"{row['change_median']:+.4f}"]
        cells += [f"{row[name]:.4f}" for name in ("change_nmad", "change_largest")]
        cells += [f"{row['change_in_errors']:.2f}", f"{row['magnitude_change']:.4f}"]
        lines.append(f"| {' | '.join([*cells, format(row['angle_change'], '.2f')])} |")
    lines += [
        "",
        "Of all images with pixels of their own together, by how many pixels of its stamp the true "
        "R_e is. A stamp has 96 a side, and is cut wider, its pixels summed, where the galaxy's "
        "light is seen to fill it: a finer pixel holds less light, and shows less of the wings.",
        "",
        "| R_e, pixels | galaxies | pull: median | pull: NMAD | 68 % holds | 95 % holds "
        "| bias of R_e | NMAD of ln R_e |",
        "|---" * 8 + "|",
    ]
    for row in sizes.to_dict("records"):
        size = f"{row['low']:g} to {row['high']:g}" if row["high"] < np.inf else f"{row['low']:g}+"
        lines.append(f"| {' | '.join([size, str(row['count']), *in_cells(row)])} |")
    return "\n".join(lines) + "\n"


def in_cells(row: Any) -> list[str]:
    """Pulls with their intervals, coverage, bias and NMAD; a dash where there is none."""
    cells = [interval(row, name) for name in PULLS]
    for name, form in zip(OF_ALL, ("+.1%", ".3f", ".0%", ".0%"), strict=True):
        cells.append("-" if pd.isna(row[name]) else format(row[name], form))
    return [*cells[:2], *cells[4:], *cells[2:4]]


def interval(row: Any, name: str) -> str:
    """A number with its interval; a dash where there is none."""
    if pd.isna(row[name]):
        return "-"
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    sign = "+" if name == "pull_median" else ""
    return f"{row[name]:{sign}.2f} ({low:{sign}.2f} to {high:{sign}.2f})"
