"""The pictures of a task that measures a number: name, title, how to read it, how it is drawn."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from matplotlib.figure import Figure

from halflight.methods import METHODS, answer_of
from halflight.report import inspection, readings
from halflight.report.bin_tables import comparable_bins
from halflight.report.figures import (
    calibration,
    examples,
    feature_maps,
    first_filters,
    gallery,
    hero,
    learning_curves,
    occlusion,
    predicted_against_true,
    residual_against_magnitude,
    scores_by_property,
    size_distributions,
    transfer,
)
from halflight.report.inputs import ReportData
from halflight.report.learning import of_learning
from halflight.report.residuals import known_reference, reference_name
from halflight.report.section import Picture
from halflight.report.statements import computed_on, survey_name

FIGURES: dict[str, Callable[..., Figure]] = {
    "hero": hero.draw,
    "gallery": gallery.draw,
    "size_distributions": size_distributions.draw,
    "learning_curves": learning_curves.draw,
    "predicted_against_true": predicted_against_true.draw,
    "residual_against_magnitude": residual_against_magnitude.draw,
    "scores_by_property": scores_by_property.draw,
    "calibration": calibration.draw,
    "examples": examples.draw,
    "transfer": transfer.draw,
    "first_filters": first_filters.draw,
    "feature_maps": feature_maps.draw,
    "occlusion": occlusion.draw,
}
_TITLES = {"simulated": "simulated galaxies", "survey": "survey galaxies"}


def pictures(data: ReportData, names: Sequence[str] | None = None) -> list[Picture]:
    """Return the pictures of these names, in their order; None: all that there are.

    Raises ValueError for a name that no picture has.
    """
    found = [*_of_results(data), *_of_data(data), *_of_the_network(data)]
    known = {picture.name: picture for picture in found}
    unknown = [name for name in names or () if name not in known]
    if unknown:
        raise ValueError(f"there is no picture {unknown}; known are {', '.join(known)}")
    return [known[name] for name in (known if names is None else names)]


def _of_results(data: ReportData) -> Iterator[Picture]:
    """What every method measured, on each data set."""
    tables = data.predictions, data.objects
    sky = survey_name(data.provenance)
    yield Picture(
        "hero",
        "Galaxies and their measured radii",
        readings.of_hero(data),
        "Two rows of galaxy images, simulated above and of the survey below, each with a yellow "
        "ellipse over the galaxy and two numbers below it.",
        partial(FIGURES["hero"], data.gallery, *tables, survey_name=sky),
    )
    for dataset, title in _TITLES.items():
        against = known_reference(data.objects, dataset)
        names = data.predictions.loc[data.predictions["dataset"] == dataset, "method"]
        answer = answer_of(names, against) or "network"
        bins, _ = comparable_bins(data.bins, dataset)
        subject = METHODS[answer].title
        chosen = {"dataset": dataset, "method": answer, "against": against}
        yield Picture(
            f"residual_against_magnitude_{dataset}",
            f"Scatter and bias by magnitude: {title}",
            readings.of_magnitude(data, dataset),
            "Two line charts over magnitude, a line for each method: the scatter of ln R on a "
            "logarithmic axis, and the bias of R about a line at zero.",
            partial(FIGURES["residual_against_magnitude"], bins, dataset=dataset),
        )
        yield Picture(
            f"scores_by_property_{dataset}",
            f"Scatter and coverage by size, shape and crowding: {title}",
            readings.of_properties(data, dataset),
            "Two rows of line charts, a column for each property and a line for each method: "
            "scatter above, the share of galaxies within their error bars below.",
            partial(FIGURES["scores_by_property"], data.bins, dataset=dataset),
        )
        yield Picture(
            f"predicted_against_true_{dataset}",
            f"{subject[0].upper()}{subject[1:]} against {reference_name(dataset, against)}: "
            f"{title}",
            readings.of_comparison(data, dataset, answer, against),
            "On the left measured against expected radius about the diagonal, on the right the "
            "residual against the expected and against the measured radius.",
            partial(FIGURES["predicted_against_true"], *tables, **chosen),
        )
        yield Picture(
            f"calibration_{dataset}",
            f"Are the error bars honest: {title}",
            readings.of_calibration(data, dataset),
            "On the left a histogram of PIT values for each method with error bars, on the right "
            "observed against nominal coverage about the diagonal.",
            partial(FIGURES["calibration"], *tables, dataset=dataset),
        )
        yield Picture(
            f"examples_{dataset}",
            f"Measured best, worst and at random: {title}",
            inspection.of_examples(data, dataset, answer, against),
            "Three groups of galaxies, the nearest to what is expected, the farthest and some at "
            "random; each is shown as image, model and what is left over.",
            partial(
                FIGURES["examples"],
                data.examples[dataset],
                *tables,
                pixel_scale=data.gallery[dataset].pixel_scale,
                **chosen,
            ),
        )
    yield Picture(
        "transfer",
        "From simulation to survey",
        readings.of_transfer(data),
        "Two charts with a row for each network and classical method: its scatter as a point, and "
        "scatter, bias and outliers as numbers beside it.",
        partial(FIGURES["transfer"], data.transfer),
    )


def _of_data(data: ReportData) -> Iterator[Picture]:
    """What was measured."""
    yield Picture(
        "gallery",
        "Simulated and survey stamps side by side",
        readings.of_gallery(data),
        "Two grids of galaxy images, dark on white: simulated on the left, of the survey on the "
        "right, each with its magnitude below.",
        partial(FIGURES["gallery"], data.gallery),
    )
    yield Picture(
        "size_distributions",
        "Magnitudes and radii of both samples",
        readings.of_sizes(data),
        "Half-light radius against magnitude of both samples in two colours, with the histogram of "
        "each axis along the sides.",
        partial(FIGURES["size_distributions"], data.objects),
    )


def _of_the_network(data: ReportData) -> Iterator[Picture]:
    """How it learnt, and what it looks at."""
    yield Picture(
        "learning_curves",
        "How training went",
        f"{of_learning(data.history, readings.NOTHING)} {computed_on(data.devices)}",
        "Loss by epoch, training and validation, on simulated stamps on the left and on survey "
        "labels on the right; below them the learning rate.",
        partial(FIGURES["learning_curves"], data.history),
    )
    yield Picture(
        "first_filters",
        "What the network looks for first",
        inspection.of_filters(data.sight),
        "Small squares in blue and red, one for each filter of the first convolution.",
        partial(FIGURES["first_filters"], data.sight),
    )
    yield Picture(
        "feature_maps",
        "What it makes of one galaxy",
        inspection.of_maps(data.sight),
        "The stamp of a galaxy, and below it rows of maps of it that become coarser.",
        partial(FIGURES["feature_maps"], data.sight),
    )
    yield Picture(
        "occlusion",
        "Which light the radius hangs on",
        inspection.of_occlusion(data.sight),
        "A row of galaxies, and below each two maps in blue and red: how the radius changes where "
        "a part of the stamp is covered, and how its error bar does.",
        partial(FIGURES["occlusion"], data.sight),
    )
