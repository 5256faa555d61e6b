"""Simulated and survey stamps side by side, so that the eye can judge the simulation too."""

from matplotlib.figure import Figure

from halflight.report.inputs import StampSet
from halflight.report.stamps import crop, place_axes, scale_bar, show
from halflight.report.style import DATASET_COLOURS, PAPER, WIDTH, new_figure, not_measured, styled

COLUMNS = 4
ROWS = 4
SHOWN_PIXELS = 72  # the central part of each stamp: 28.5 arcsec of an SDSS frame
_GUTTER = 0.26
_CELL = (WIDTH - _GUTTER) / (2 * COLUMNS)
_HEAD, _LABEL = 0.34, 0.24


@styled
def draw(gallery: dict[str, StampSet]) -> Figure:
    """Draw up to 16 stamps of each dataset, each with its label.

    Every stamp is shown on one angular scale, stretched by asinh in units of its own noise.
    """
    longest = max((min(len(stamps), ROWS * COLUMNS) for stamps in gallery.values()), default=0)
    rows = max(-(-longest // COLUMNS), 1)
    figure = new_figure(_HEAD + rows * (_CELL + _LABEL), layout="none")
    for half, (dataset, colour) in enumerate(DATASET_COLOURS.items()):
        stamps = gallery[dataset]
        left = half * (WIDTH / 2 + _GUTTER / 2)
        height = figure.get_figheight()
        figure.text((left + 0.03) / WIDTH, 1 - 0.08 / height, dataset.capitalize(), color=colour,
                    weight="bold", fontsize=10.5, va="top")  # fmt: skip
        if not len(stamps):
            axes = place_axes(figure, left, _HEAD, _CELL * COLUMNS, _CELL)
            not_measured(axes, f"no {dataset} stamps to show")
        for place in range(min(len(stamps), ROWS * COLUMNS)):
            row, column = divmod(place, COLUMNS)
            top = _HEAD + row * (_CELL + _LABEL)
            axes = place_axes(figure, left + column * _CELL, top, _CELL, _CELL, margin=0.025)
            image = crop(stamps.image[place], SHOWN_PIXELS)
            sigma = crop(stamps.sigma[place], SHOWN_PIXELS)
            show(axes, image, sigma, PAPER, stamps.pixel_scale)
            axes.set_xlabel(stamps.labels[place], fontsize=7.5, labelpad=3, parse_math=False)
            if place == 0:
                scale_bar(axes, "black")
    return figure
