"""The page's pictures in reading order: file name, title, how to read it, and how it is drawn."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from matplotlib.figure import Figure

from halflight.report.figures import (
    calibration,
    gallery,
    hero,
    learning_curves,
    pipeline,
    predicted_against_true,
    residual_against_magnitude,
    size_distributions,
    transfer,
)
from halflight.report.inputs import ReportData
from halflight.report.residuals import known_reference, reference_name
from halflight.report.statements import computed_on, survey_name
from halflight.report.tables import comparable_bins

FIGURES: dict[str, Callable[..., Figure]] = {
    "hero": hero.draw,
    "pipeline": pipeline.draw,
    "gallery": gallery.draw,
    "size_distributions": size_distributions.draw,
    "learning_curves": learning_curves.draw,
    "predicted_against_true": predicted_against_true.draw,
    "residual_against_magnitude": residual_against_magnitude.draw,
    "calibration": calibration.draw,
    "transfer": transfer.draw,
}


@dataclass(frozen=True)
class Picture:
    """One figure of the page; `draw` takes nothing and makes it."""

    name: str
    title: str
    reading: str
    draw: Callable[[], Figure]


def survey_method(data: ReportData) -> str:
    """Return the network shown on the survey: fine-tuned if there is one, else zero-shot."""
    survey = data.predictions[data.predictions["dataset"] == "survey"]
    return "fine_tuned" if (survey["method"] == "fine_tuned").any() else "zero_shot"


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
    survey_against = known_reference(data.objects, "survey")
    expected = reference_name("survey", survey_against)
    compared = partial(FIGURES["predicted_against_true"], *tables)
    residual_reading = (
        "Left: galaxies on the line are measured exactly, and darker cells hold more of them. "
        "Right: the residual, with its running median (solid) and central 68 % (dashed); a tilt "
        "against the predicted radius is a bias that a user of the catalogue would see."
    )
    by_magnitude = (
        "Lower scatter is better, and the dashed Cramér–Rao line is the physical limit for an "
        "isolated galaxy. Vertical bars are 68 % bootstrap intervals; the scatter axis is "
        "logarithmic."
    )
    survey_bins, bins_against = comparable_bins(data.bins, "survey")
    return [
        Picture(
            "hero",
            "Galaxies and their measured radii",
            "The ellipse's semi-major axis is the true half-light radius, or the scene fit's "
            "where no truth is known (a dashed circle where the orientation is not known). Below "
            "each galaxy stand that radius and, in blue, the network's with its 1σ error.",
            partial(
                FIGURES["hero"], data.gallery, *tables,
                survey_name=survey_name(data.provenance),
            ),
        ),
        Picture(
            "residual_against_magnitude_simulated",
            "Scatter and bias by magnitude: simulated galaxies",
            by_magnitude,
            partial(
                FIGURES["residual_against_magnitude"],
                comparable_bins(data.bins, "simulated")[0], dataset="simulated",
            ),
        ),
        Picture(
            "predicted_against_true_simulated",
            "Network against truth: simulated galaxies",
            residual_reading,
            partial(compared, dataset="simulated", method="network", against="truth"),
        ),
        Picture(
            "calibration",
            "Are the error bars honest?",
            "Left: PIT values are uniform (flat, between the dashed 95 % lines) for honest error "
            "bars, U-shaped where errors are too small, humped where too large. Right: a curve "
            "below the diagonal is overconfident, above it too cautious; shaded is the 95 % "
            "scatter of a perfect one. Against a reference that has errors of its own, even honest "
            "error bars look too small.",
            partial(FIGURES["calibration"], *tables),
        ),
        Picture(
            "transfer",
            "From simulation to survey",
            "The same survey test galaxies measured by a network that never saw the survey "
            "(zero-shot), one adapted to it, one trained on its labels alone, and the classical "
            "methods. Bars are 68 % bootstrap intervals.",
            partial(FIGURES["transfer"], data.transfer),
        ),
        Picture(
            "residual_against_magnitude_survey",
            "Scatter and bias by magnitude: survey galaxies",
            f"Measured against the {reference_name('survey', bins_against)}. {by_magnitude}",
            partial(FIGURES["residual_against_magnitude"], survey_bins, dataset="survey"),
        ),
        Picture(
            "predicted_against_true_survey",
            f"Network against {expected}: survey galaxies",
            residual_reading,
            partial(
                compared, dataset="survey", method=survey_method(data), against=survey_against
            ),
        ),
        Picture(
            "gallery",
            "Simulated and survey stamps side by side",
            "Could you tell which half is which? All stamps have the same angular scale and the "
            "same asinh stretch in units of their own noise; a tinted pixel is missing.",
            partial(FIGURES["gallery"], data.gallery),
        ),
        Picture(
            "size_distributions",
            "Magnitudes and radii of both samples",
            "Survey galaxies outside the simulated cloud are measured by extrapolation. Radii are "
            "true for simulated galaxies and those of the scene fit for survey ones.",
            partial(FIGURES["size_distributions"], data.objects),
        ),
        Picture(
            "learning_curves",
            "How training went",
            "Thin lines are training loss, bold ones validation; the dot marks the best epoch. A "
            f"widening gap between the two is overfitting. {computed_on(data.devices)}",
            partial(FIGURES["learning_curves"], data.history),
        ),
        Picture(
            "pipeline",
            "How this page was made",
            "Each box is one stage, in the order they run; arrows carry what each hands on.",
            FIGURES["pipeline"],
        ),
    ]  # fmt: skip
