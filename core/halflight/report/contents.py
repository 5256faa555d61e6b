"""The page's pictures in reading order: file name, title, how to read it, and how it is drawn."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from matplotlib.figure import Figure

from halflight.methods import METHODS, answer_of
from halflight.report import readings
from halflight.report.bin_tables import comparable_bins
from halflight.report.figures import (
    calibration,
    gallery,
    hero,
    learning_curves,
    pipeline,
    predicted_against_true,
    residual_against_magnitude,
    scores_by_property,
    size_distributions,
    transfer,
)
from halflight.report.inputs import ReportData
from halflight.report.residuals import known_reference, reference_name
from halflight.report.statements import computed_on, survey_name

FIGURES: dict[str, Callable[..., Figure]] = {
    "hero": hero.draw,
    "pipeline": pipeline.draw,
    "gallery": gallery.draw,
    "size_distributions": size_distributions.draw,
    "learning_curves": learning_curves.draw,
    "predicted_against_true": predicted_against_true.draw,
    "residual_against_magnitude": residual_against_magnitude.draw,
    "scores_by_property": scores_by_property.draw,
    "calibration": calibration.draw,
    "transfer": transfer.draw,
}
_TITLES = {"simulated": "simulated galaxies", "survey": "survey galaxies"}


@dataclass(frozen=True)
class Picture:
    """One figure of the page; `draw` takes nothing and makes it."""

    name: str
    title: str
    reading: str
    draw: Callable[[], Figure]


def pictures(data: ReportData, names: Sequence[str] | None = None) -> list[Picture]:
    """Return the pictures of these names, in their order; None: all that there are.

    Raises ValueError for a name that no picture has.
    """
    known = {picture.name: picture for picture in _all_pictures(data)}
    unknown = [name for name in names or () if name not in known]
    if unknown:
        raise ValueError(f"there is no picture {unknown}; known are {', '.join(known)}")
    return [known[name] for name in (known if names is None else names)]


def _all_pictures(data: ReportData) -> list[Picture]:
    """Return every picture, in reading order."""
    tables = data.predictions, data.objects
    found = []
    for dataset, title in _TITLES.items():
        against = known_reference(data.objects, dataset)
        names = data.predictions.loc[data.predictions["dataset"] == dataset, "method"]
        answer = answer_of(names, against) or "network"
        bins, _ = comparable_bins(data.bins, dataset)
        subject = METHODS[answer].title
        found += [
            Picture(
                f"residual_against_magnitude_{dataset}",
                f"Scatter and bias by magnitude: {title}",
                readings.of_magnitude(data, dataset),
                partial(FIGURES["residual_against_magnitude"], bins, dataset=dataset),
            ),
            Picture(
                f"scores_by_property_{dataset}",
                f"Scatter and coverage by size, shape and crowding: {title}",
                readings.of_properties(data, dataset),
                partial(FIGURES["scores_by_property"], data.bins, dataset=dataset),
            ),
            Picture(
                f"predicted_against_true_{dataset}",
                f"{subject[0].upper()}{subject[1:]} against "
                f"{reference_name(dataset, against)}: {title}",
                readings.of_comparison(data, dataset, answer, against),
                partial(
                    FIGURES["predicted_against_true"], *tables,
                    dataset=dataset, method=answer, against=against,
                ),
            ),
            Picture(
                f"calibration_{dataset}",
                f"Are the error bars honest: {title}",
                readings.of_calibration(data, dataset),
                partial(FIGURES["calibration"], *tables, dataset=dataset),
            ),
        ]  # fmt: skip
    return [
        Picture(
            "hero",
            "Galaxies and their measured radii",
            readings.of_hero(data),
            partial(
                FIGURES["hero"], data.gallery, *tables,
                survey_name=survey_name(data.provenance),
            ),
        ),
        *found,
        Picture(
            "transfer",
            "From simulation to survey",
            readings.of_transfer(data),
            partial(FIGURES["transfer"], data.transfer),
        ),
        Picture(
            "gallery",
            "Simulated and survey stamps side by side",
            readings.of_gallery(data),
            partial(FIGURES["gallery"], data.gallery),
        ),
        Picture(
            "size_distributions",
            "Magnitudes and radii of both samples",
            readings.of_sizes(data),
            partial(FIGURES["size_distributions"], data.objects),
        ),
        Picture(
            "learning_curves",
            "How training went",
            f"{readings.of_learning(data)} {computed_on(data.devices)}",
            partial(FIGURES["learning_curves"], data.history),
        ),
        Picture(
            "pipeline",
            "How this page was made",
            "Each box is one stage, in the order they run; arrows carry what each hands on.",
            FIGURES["pipeline"],
        ),
    ]  # fmt: skip
