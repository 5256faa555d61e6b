"""radius: the half-light radius of a galaxy, with an error bar, and its shape and brightness."""

from halflight.tasks.measurement import Measurement
from halflight.tasks.quantity import Quantity

TASK = Measurement(
    name="radius",
    title="Half-light radius",
    quantities=(
        # The semi-major axis of the ellipse that holds half of the total light of the galaxy
        # before the PSF and without truncation.
        Quantity(
            "ln_radius",
            "half_light_radius",
            "half-light radius",
            "R",
            unit="arcsec",
            logarithmic=True,
            scales_with="pixel",
        ),
        # Of the same ellipse: its minor over its major axis.
        Quantity("ln_axis_ratio", "axis_ratio", "axis ratio", "q", logarithmic=True, largest=1.0),
        # Of all light.
        Quantity("magnitude", "magnitude", "magnitude", "m", unit="mag", scales_with="noise"),
    ),
    classical=("scene_fit", "sersic_fit", "aperture"),
    reference="scene_fit",
    figures=(
        "hero",
        "residual_against_magnitude_simulated",
        "scores_by_property_simulated",
        "predicted_against_true_simulated",
        "calibration_simulated",
        "examples_simulated",
        "transfer",
        "residual_against_magnitude_survey",
        "scores_by_property_survey",
        "predicted_against_true_survey",
        "calibration_survey",
        "examples_survey",
        "gallery",
        "size_distributions",
        "learning_curves",
        "first_filters",
        "feature_maps",
        "occlusion",
    ),
)
