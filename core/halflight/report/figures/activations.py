"""What the network sees: maps of its first, third and sixth layers, for a star and a galaxy."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from halflight.report.colours import in_colour
from halflight.report.stamps import place_axes
from halflight.report.style import NIGHT, WIDTH, new_figure, not_measured, styled

SHOWN = 8  # maps of a layer: those that differ most between the two
_HEAD, _NAME = 0.05, 0.24


@styled
def draw(
    images: Mapping[str, NDArray[np.floating]], maps: Mapping[str, NDArray[np.floating]]
) -> Figure:
    """Draw two objects in colour, and below each other what layers make of them.

    images: by the object's name, (S, S, bands) nanomaggies. maps: by the layer's name, (objects,
    side, side, channels) in the order of `images`. A channel has one grey scale for both objects.
    """
    cell = WIDTH / (SHOWN + 1)
    rows = len(maps) * len(images)
    figure = new_figure(_HEAD + max(rows, 1) * (cell + _NAME), layout="none")
    if not maps:
        not_measured(figure.subplots(), "the network has no layer of maps")
        return figure
    for layer, (name, found) in enumerate(maps.items()):
        apart = np.abs(found[0] - found[-1]).mean(axis=(0, 1))
        channels = np.sort(np.argsort(-apart, kind="stable")[:SHOWN])
        for number, (title, image) in enumerate(images.items()):
            top = _HEAD + (layer * len(images) + number) * (cell + _NAME)
            axes = place_axes(figure, 0.0, top, cell, cell, margin=0.03)
            axes.imshow(in_colour(image), origin="lower", interpolation="nearest")
            axes.set(xticks=[], yticks=[])
            label = f"{title[:1].upper()}{title[1:]}; {name}"
            axes.set_xlabel(label, loc="left", fontsize=7.0, labelpad=2, parse_math=False)
            for column, channel in enumerate(channels, start=1):
                axes = place_axes(figure, column * cell, top, cell, cell, margin=0.03)
                low, high = found[..., channel].min(), found[..., channel].max()
                axes.imshow(found[number, ..., channel], cmap=NIGHT, vmin=low,
                            vmax=max(high, low + 1e-6), origin="lower",
                            interpolation="nearest")  # fmt: skip
                axes.set(xticks=[], yticks=[])
    return figure
