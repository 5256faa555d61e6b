"""The figures of the report, one a file; FIGURES names every draw function."""

from collections.abc import Callable

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

__all__ = ["FIGURES"]
