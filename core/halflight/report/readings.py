"""How to read each picture and what it shows in this run, in sentences made of numbers."""

import numpy as np
import pandas as pd

from halflight.methods import ARMS, METHODS, answer_of
from halflight.report.bin_tables import PROPERTIES, Grid, comparable_bins, label
from halflight.report.figures import calibration, gallery, hero, predicted_against_true
from halflight.report.formatting import format_count, format_fraction, format_number
from halflight.report.inputs import ReportData
from halflight.report.residuals import (
    calibrated,
    coverage_curve,
    join,
    reference_name,
    running_quantiles,
)
from halflight.report.style import DATASET_COLOURS

NOTHING = "Nothing was measured that this picture could show."


def of_hero(data: ReportData) -> str:
    """What the ellipses are, whose numbers stand below, and how many hold what is expected."""
    rows = pd.concat(
        [
            hero.shown(data.gallery[dataset], data.predictions, data.objects, dataset)
            for dataset in DATASET_COLOURS
        ]
    )
    rows = rows[np.isfinite(rows["predicted"]) & np.isfinite(rows["expected"])]
    if rows.empty:
        return NOTHING
    truth = rows["is_truth"].to_numpy(bool)
    drawn = "true half-light radius"
    if not truth.any():
        drawn = "scene fit's half-light radius"
    elif not truth.all():
        drawn += ", or the scene fit's where no truth is known"
    methods = [METHODS[name].title for name in METHODS if (rows["method"] == name).any()]
    text = (
        f"The ellipse's semi-major axis is the {drawn}. Below each galaxy stand that radius and "
        f"the one measured ({', then '.join(methods)}) with its 1σ error."
    )
    barred = rows[np.isfinite(rows["predicted_sigma"])]
    if len(barred):
        apart = np.abs(barred["predicted"] - barred["expected"]) / barred["predicted_sigma"]
        text += (
            f" Of these {len(barred)}, {int((apart <= 1).sum())} are within 1σ and "
            f"{int((apart <= 2).sum())} within 2σ."
        )
    return text


def of_magnitude(data: ReportData, dataset: str) -> str:
    """Which method scatters least in how many bins, and how near the answer is to the bound."""
    rows, against = comparable_bins(data.bins, dataset)
    grid = Grid.of_rows(rows)
    scatter = grid.of("nmad")
    measured = np.isfinite(scatter).any(axis=0) if grid.methods else np.zeros(0, bool)
    if not measured.any():
        return NOTHING
    pairs = [pair for pair, known in zip(grid.bins, measured, strict=True) if known]
    best = np.nanargmin(scatter[:, measured], axis=0)
    won = [
        f"{METHODS[method].title} in {count} of {len(best)} bins"
        for number, method in enumerate(grid.methods)
        if (count := int((best == number).sum()))
    ]
    least = np.nanmin(scatter[:, measured], axis=0)
    text = (
        f"Measured against the {reference_name(dataset, against)}; the scatter axis is "
        f"logarithmic{_bars(rows, ', bars are')}. Least scatter: {', '.join(won)}, from "
        f"{format_number(least[0])} at magnitude {label(*pairs[0])} to {format_number(least[-1])} "
        f"at {label(*pairs[-1])}."
    )
    return text + _bound_drawn(data, dataset)


def of_properties(data: ReportData, dataset: str) -> str:
    """Where the answer scatters most, for each property."""
    sentences, title = [], ""
    for by, words in PROPERTIES.items():
        rows, against = comparable_bins(data.bins, dataset, by=by)
        rows = rows[np.isfinite(rows["nmad"])]
        answer = answer_of(rows["method"], against)
        if answer is None:
            continue
        title = METHODS[answer].title
        own = rows[rows["method"] == answer]
        worst = own.loc[own["nmad"].idxmax()]
        sentences.append(
            f"by {words} at {label(worst['bin_low'], worst['bin_high'])} "
            f"({format_number(worst['nmad'])}, {format_count(worst['count'])} galaxies)"
        )
    if not sentences:
        return NOTHING
    drawn = data.bins[(data.bins["dataset"] == dataset) & data.bins["by"].isin(PROPERTIES)]
    return (
        "Above the scatter, on a logarithmic axis, below the share of truths that 68 % intervals "
        f"hold{_bars(drawn, '; bars are')}. {title[0].upper()}{title[1:]} scatters most "
        f"{'; '.join(sentences)}.{_bound_drawn(data, dataset)}"
    )


def of_comparison(data: ReportData, dataset: str, method: str, against: str) -> str:
    """Centre and spread of one method's residuals, and how they tilt."""
    rows = join(data.predictions, data.objects, dataset=dataset, method=method, against=against)
    if rows.empty:
        return NOTHING
    residual = (rows["predicted"] - rows["expected"]).to_numpy()
    low, middle, high = np.quantile(residual, [0.16, 0.5, 0.84])
    points = "darker cells hold more galaxies"
    if len(rows) < predicted_against_true.FEW:
        points = "each point is a galaxy"
    text = (
        f"Left: a galaxy on the line is measured exactly; {points}. Right: the residual "
        f"ln(predicted / expected) of {format_count(len(rows))} galaxies, whose median is "
        f"{format_number(middle, 2)} and whose central 68 % reach from {format_number(low, 2)} to "
        f"{format_number(high, 2)}."
    )
    running = [
        (name, running_quantiles(rows[column].to_numpy(), residual)[2])
        for name, column in (
            (reference_name(dataset, against), "expected"),
            ("predicted R", "predicted"),
        )
    ]
    if running[0][1].size:
        spans = [
            f"from {format_number(median.min(), 2)} to {format_number(median.max(), 2)} against "
            f"the {name}"
            for name, median in running
        ]
        text += (
            f" Its running median (solid, with the central 68 % dashed) goes {' and '.join(spans)}."
        )
    return text


def of_calibration(data: ReportData, dataset: str) -> str:
    """How to read PIT and coverage, and which error bars are too small or too large."""
    against, values = calibrated(data.predictions, data.objects, dataset, fewest=calibration.FEW)
    if not values:
        return NOTHING
    held = [
        f"{METHODS[method].title} {format_fraction(float(one))} and {format_fraction(float(two))}"
        for method, pit in values.items()
        for one, two in [coverage_curve(pit, np.array([0.68, 0.95]))]
    ]
    text = (
        "Left: PIT values are uniform, flat between the dashed 95 % lines, for honest error bars, "
        "U-shaped where errors are too small, humped where too large. Right: a curve below the "
        "diagonal is overconfident; shaded is the 95 % scatter of a perfect one. The 68 and 95 % "
        f"intervals hold: {'; '.join(held)}."
    )
    without = [
        f"{METHODS[method].title} {format_count(count)}"
        for method in values
        if (count := _without_error(data, dataset, method))
    ]
    if without:
        text += f" Left out, as they have a value but no error bar: {', '.join(without)}."
    if against == "reference":
        text += (
            " Against a reference that has errors of its own, even honest error bars look too "
            "small."
        )
    return text


def of_transfer(data: ReportData) -> str:
    """Which way of learning scatters least on the survey, against each reference."""
    known = data.transfer[np.isfinite(data.transfer["nmad"])]
    sentences = []
    for against in ("truth", "reference"):
        rows = known[known["against"] == against].set_index("arm")["nmad"]
        arms = [name for name in ARMS if name in rows]
        if arms:
            listed = ", ".join(
                f"{METHODS[name].short} {format_number(float(np.min(rows.loc[name])))}"
                for name in arms
            )
            sentences.append(f"against the {reference_name('survey', against)} {listed}")
    if not sentences:
        return NOTHING
    classical = any(METHODS[arm].kind == "classical" for arm in known["arm"])
    beside = " beside the classical methods" if classical else ""
    return (
        f"The same survey test galaxies measured by networks{beside}{_bars(known, '; bars are')}. "
        f"NMAD of ln R: {'; '.join(sentences)}."
    )


def of_gallery(data: ReportData) -> str:
    """What the stamps share, and whether any pixel is missing."""
    shown = {
        name: min(len(stamps), gallery.ROWS * gallery.COLUMNS)
        for name, stamps in data.gallery.items()
    }
    if not sum(shown.values()):
        return NOTHING
    missing = sum(
        int((~np.isfinite(stamps.image[: shown[name]])).any(axis=(1, 2)).sum())
        for name, stamps in data.gallery.items()
    )
    text = (
        f"{shown['simulated']} simulated stamps and {shown['survey']} of the survey, on one "
        "angular scale and with one asinh stretch in units of their own noise."
    )
    return f"{text} A tinted pixel is missing: {missing} stamps have some." if missing else text


def of_sizes(data: ReportData) -> str:
    """How many survey galaxies lie outside what was simulated."""
    rows = data.objects[
        np.isfinite(data.objects["magnitude"]) & np.isfinite(data.objects["reference"])
    ]
    simulated, survey = (rows[rows["dataset"] == name] for name in ("simulated", "survey"))
    if simulated.empty and survey.empty:
        return NOTHING
    text = (
        f"{format_count(len(simulated))} simulated galaxies by their true radius, "
        f"{format_count(len(survey))} of the survey by that of the scene fit."
    )
    if simulated.empty or survey.empty:
        return text
    outside = np.zeros(len(survey), bool)
    for column in ("magnitude", "reference"):
        low, high = simulated[column].min(), simulated[column].max()
        outside |= ~survey[column].between(low, high).to_numpy()
    return (
        f"{text} {format_count(int(outside.sum()))} of the survey's lie outside the magnitudes or "
        "radii that were simulated: these are measured by extrapolation."
    )


def _without_error(data: ReportData, dataset: str, method: str) -> int:
    rows = data.predictions[
        (data.predictions["dataset"] == dataset) & (data.predictions["method"] == method)
    ]
    return int((np.isfinite(rows["value"]) & ~np.isfinite(rows["sigma"])).sum())


def _bars(rows: pd.DataFrame, opening: str) -> str:
    """What the bars are, where any are drawn: one field of the sky has no bootstrap of fields."""
    drawn = np.isfinite(rows["nmad_low"]) & np.isfinite(rows["nmad_high"])
    return f"{opening} 68 % bootstrap intervals" if drawn.any() else ""


def _bound_drawn(data: ReportData, dataset: str) -> str:
    """What the dashed lines are, where there are any."""
    bound = comparable_bins(data.bins, dataset)[0]["crb_nmad"].dropna()
    if bound.empty:
        return ""
    return (
        " Dashed is the scatter that the Cramér–Rao bounds of the galaxies in a bin imply, "
        f"neighbours not counted; by magnitude {format_number(bound.min())} to "
        f"{format_number(bound.max())}."
    )
