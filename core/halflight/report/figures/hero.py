"""The picture of the project: galaxies, their half-light ellipse, and the radius measured."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from halflight.methods import METHODS, answer_of
from halflight.report.inputs import StampSet
from halflight.report.stamps import crop, mark_radius, place_axes, scale_bar, show
from halflight.report.style import (
    DATASET_COLOURS,
    MUTED,
    NIGHT,
    WIDTH,
    new_figure,
    not_measured,
    styled,
)

COLUMNS = 6
EXPECTED_COLOUR = "#ffc85c"
_CELL = WIDTH / COLUMNS
_HEAD = 0.34
_ROW = _HEAD + _CELL + 0.46  # inches: title, stamp, two lines of numbers


@styled
def draw(
    gallery: dict[str, StampSet],
    predictions: pd.DataFrame,
    objects: pd.DataFrame,
    *,
    survey_name: str,
) -> Figure:
    """Draw a row of simulated and a row of survey stamps with expected and measured radius below.

    Each row takes up to six stamps evenly from its gallery, first and last included, and the answer
    that comes first of halflight.methods.ANSWERS among those measured.

    The ellipse is the expected half-light ellipse: the truth, or the scene fit where no truth is
    known. survey_name says what the survey row is ("synthetic sandbox sky", "SDSS DR17").
    """
    figure = new_figure(2 * _ROW, layout="none")
    names = {"simulated": "Simulated test galaxies", "survey": f"Survey: {survey_name}"}
    for half, (dataset, colour) in enumerate(DATASET_COLOURS.items()):
        top = half * _ROW
        figure.text(
            0.03 / WIDTH, 1 - (top + 0.07) / (2 * _ROW), names[dataset], weight="bold",
            fontsize=10.5, color=colour, va="top", parse_math=False,
        )  # fmt: skip
        stamps = gallery[dataset]
        if not len(stamps):
            axes = place_axes(figure, 0, top + _HEAD, WIDTH, _CELL)
            not_measured(axes, f"no {dataset} stamps to show")
        known = shown(stamps, predictions, objects, dataset)
        measured = known.loc[np.isfinite(known["predicted"]), "method"]
        if len(measured):
            method = METHODS[measured.iloc[0]]
            figure.text(
                1 - 0.03 / WIDTH, 1 - (top + 0.09) / (2 * _ROW),
                f"ellipse: half the light    bold: {method.title} ± 1σ",
                ha="right", va="top", fontsize=8.5, color=MUTED,
            )  # fmt: skip
        for column, (place, row) in enumerate(known.iterrows()):
            axes = place_axes(figure, column * _CELL, top + _HEAD, _CELL, _CELL, margin=0.03)
            _draw_galaxy(axes, stamps, int(place), row)  # type: ignore[call-overload]
    return figure


def shown(
    stamps: StampSet, predictions: pd.DataFrame, objects: pd.DataFrame, dataset: str
) -> pd.DataFrame:
    """Return the stamps that are drawn, indexed by their number in the gallery.

    Columns: expected ln R, is_truth, axis_ratio, method, predicted ln R, predicted_sigma.
    """
    mine = objects[objects["dataset"] == dataset].set_index("id")
    ids = list(stamps.id)
    rows = mine.reindex(ids)[["reference", "truth", "axis_ratio"]]
    rows = rows.reset_index(drop=True)
    rows["is_truth"] = np.isfinite(rows["truth"]) | (dataset == "simulated")
    rows["expected"] = rows["truth"].fillna(rows["reference"])
    of_dataset = predictions[predictions["dataset"] == dataset]
    method = answer_of(of_dataset["method"]) or "network"
    chosen = of_dataset[of_dataset["method"] == method].set_index("id").reindex(ids)
    rows["method"] = method
    rows["predicted"] = chosen["value"].to_numpy()
    rows["predicted_sigma"] = chosen["sigma"].to_numpy()
    drawn = np.linspace(0, len(stamps) - 1, min(len(stamps), COLUMNS)).round().astype(int)
    return rows.iloc[drawn]


def _draw_galaxy(axes: Axes, stamps: StampSet, place: int, row: pd.Series) -> None:
    """Draw one stamp, cropped to about four half-light radii, and its two numbers."""
    full = stamps.image.shape[1]
    expected = float(np.exp(row["expected"]))
    wanted = 8 * expected / stamps.pixel_scale if np.isfinite(expected) else full
    size = int(np.clip(2 * round(wanted / 2), min(36, full), full))
    show(
        axes,
        crop(stamps.image[place], size),
        crop(stamps.sigma[place], size),
        NIGHT,
        stamps.pixel_scale,
    )
    scale_bar(axes, "white")
    centre = stamps.x[place], stamps.y[place]
    words = "true" if row["is_truth"] else "scene fit"
    if np.isfinite(expected):
        angle = float(stamps.position_angle[place])
        mark_radius(axes, expected, float(row["axis_ratio"]), angle, *centre, EXPECTED_COLOUR)
        words = f"{words} {expected:.2f}″"
    else:
        words = f"{words}: not measured"
    axes.text(0.5, -0.03, words, color=MUTED, fontsize=8.5, ha="center", va="top",
              transform=axes.transAxes)  # fmt: skip
    axes.text(0.5, -0.14, _measured(row), color=METHODS[row["method"]].colour, weight="bold",
              fontsize=9, ha="center", va="top", transform=axes.transAxes)  # fmt: skip


def _measured(row: pd.Series) -> str:
    """Return the measured radius and error (arcsec; R sigma_lnR, to first order) as text."""
    if not np.isfinite(row["predicted"]):
        return "not measured"
    radius = float(np.exp(row["predicted"]))
    if not np.isfinite(row["predicted_sigma"]):
        return f"{radius:.2f}″"
    return f"{radius:.2f} ± {radius * float(row['predicted_sigma']):.2f}″"
