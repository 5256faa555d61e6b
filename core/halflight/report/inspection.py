"""What is to be seen of single galaxies and of the network's inside, in sentences of numbers."""

import numpy as np

from halflight.methods import METHODS
from halflight.report.examples import GROUPS
from halflight.report.figures import examples, feature_maps, first_filters
from halflight.report.formatting import format_count, format_number
from halflight.report.inputs import ReportData
from halflight.report.readings import NOTHING
from halflight.report.residuals import join, reference_name
from halflight.report.sight import Sight

CROWDED = 0.1  # neighbours' light over the galaxy's
_TINY = 1e-12


def of_examples(data: ReportData, dataset: str, method: str, against: str) -> str:
    """What is shown, how far off the groups are, and how many of the farthest are crowded."""
    shown = data.examples[dataset]
    if not shown:
        return NOTHING
    rows = join(data.predictions, data.objects, dataset=dataset, method=method, against=against)
    off = (rows["predicted"] - rows["expected"]).abs().set_axis(rows["id"])
    off = off.reindex([one.id for one in shown])
    if not np.isfinite(off).any():
        return NOTHING
    mine = data.objects[data.objects["dataset"] == dataset].set_index("id")
    ids = {name: [one.id for one in shown if one.group == name] for name in GROUPS}
    crowded = int((mine.loc[ids["worst"], "neighbour_flux_fraction"] > CROWDED).sum())
    text = (
        f"Below each galaxy stand its magnitude, its radius by {METHODS[method].title} for "
        f"the {reference_name(dataset, against)}, and the residual of ln R. The nearest are off by "
        f"at most {format_number(off[ids['best']].max(), 2)}, the farthest by "
        f"{format_number(off[ids['worst']].min(), 2)} to "
        f"{format_number(off[ids['worst']].max(), 2)}, those at random by a median of "
        f"{format_number(off[ids['random']].median(), 2)}."
    )
    if dataset == "simulated":
        text += (
            f" Of the {len(ids['worst'])} farthest, {crowded or 'none'} have neighbours with more "
            f"than {CROWDED:.0%} of their light.".replace("%", " %")
        )
    if any(one.model is not None for one in shown):
        text += (
            " The model is all that the scene fit explains a stamp by: the galaxy, its neighbours "
            f"and the sky; what is left over is shown from −{examples.MOST_SIGMA} (blue) to "
            f"{examples.MOST_SIGMA} (red) times the noise."
        )
    missing = sum(one.model is None for one in shown)
    if missing:
        text += f" {format_count(missing)} could not be fitted."
    return text


def of_filters(sight: Sight) -> str:
    """How many filters there are, and how many only weigh, without asking for a shape."""
    if not len(sight.filters):
        return NOTHING
    count, height, width, bands = sight.filters.shape
    mean = sight.filters.mean(axis=-1)
    power = np.square(mean).sum(axis=(1, 2))
    level = np.square(mean.sum(axis=(1, 2))) / (height * width)
    smooth = int((level > 0.5 * np.maximum(power, _TINY)).sum())
    drawn = min(count, first_filters.MOST)
    text = f"{format_count(drawn)} of {format_count(count)}" if drawn < count else f"All {count}"
    text += f" filters of {height} × {width} pixels"
    if bands > 1:
        text += f", each the mean over {bands} bands"
    return (
        f"{text}, the strongest first: blue is below 0, red above, paler nearer to it. "
        f"{_blurring(smooth)}; {_sharp(count - smooth)}."
    )


def _blurring(count: int) -> str:
    where = "more than half of its power in its mean"
    if not count:
        return f"None has {where}, so that none sums up light"
    verb = "has" if count == 1 else "have"
    return f"{format_count(count)} {verb} {where}: what blurs, or sums up light"


def _sharp(count: int) -> str:
    what = "how light changes across a pixel or two: edges, slopes and points"
    if not count:
        return f"none answers to {what}"
    return f"{format_count(count)} {'answers' if count == 1 else 'answer'} to {what}"


def of_maps(sight: Sight) -> str:
    """What the rows are, and how much of each is at work."""
    if not sight.maps:
        return NOTHING
    working = [
        f"{name} {int((values.std(axis=(0, 1)) > _TINY).sum())} of {values.shape[-1]}"
        for name, values in sight.maps.items()
    ]
    most = max(values.shape[-1] for values in sight.maps.values())
    shown = (
        f"the {feature_maps.CHANNELS} that vary most of " if most > feature_maps.CHANNELS else ""
    )
    return (
        "From the stamp as the network is given it, divided by its noise and stretched, down to "
        f"ever fewer and larger pixels: {shown}each layer's channels, from their least value "
        "(dark) to their greatest (light). Channels that vary at all on this stamp: "
        f"{', '.join(working)}."
    )


def of_occlusion(sight: Sight) -> str:
    """How much the radius hangs on its middle, and how far out it still looks."""
    if not len(sight.labels):
        return NOTHING
    cells = sight.value_change.shape[-1]
    middle = (cells - 1) / 2
    y, x = np.mgrid[:cells, :cells]
    distance = np.hypot(x - middle, y - middle)
    shares = []
    for change, radius in zip(sight.value_change, sight.radii, strict=True):
        weight = np.abs(change)
        if np.isfinite(radius) and weight.sum() > 0:
            shares.append(float(weight[distance <= max(2 * radius, 1.0)].sum() / weight.sum()))
    least, most = float(sight.value_change.min()), float(sight.value_change.max())
    text = (
        f"A square of a {cells}th of the stamp is replaced by empty sky, one after the other. Red: "
        "without that light the answer is larger; blue: smaller. Hiding one square changes ln R by "
        f"{format_number(least, 2)} to {format_number(most, 2)}."
    )
    if shares:
        low, high = (f"{100 * share:.0f}" for share in (min(shares), max(shares)))
        span = f"{low} %" if low == high else f"{low} to {high} %"
        text += (
            f" Of all that change, {span} lies within two half-light radii of the stamp's middle: "
            "the rest is wings, neighbours and sky."
        )
    return text
