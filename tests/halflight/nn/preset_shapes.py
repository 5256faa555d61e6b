"""Every preset at a size that trains in a moment, with a loss that suits it."""

from typing import Any

from halflight.nn.losses import BinaryCrossentropy, CategoricalCrossentropy

SMALL: dict[str, dict[str, Any]] = {
    "alexnet": {
        "input_shape": (67, 67, 3),
        "outputs": 3,
        "filters": (4, 8, 8, 8, 4),
        "dense_units": 16,
    },
    "band_net": {
        "image_shape": (16, 16, 3),
        "psf_shape": (9, 9, 3),
        "filters": (4, 8),
        "core_pixels": 8,
        "core_filters": 4,
        "psf_filters": 4,
    },
    "convolutional_autoencoder": {"input_shape": (8, 12, 2), "filters": (4, 6), "code_units": 5},
    "deep_legato": {
        "input_shape": (16, 16, 1),
        "targets": 2,
        "filters": (4, 8),
        "dense_units": (8,),
    },
    "googlenet": {"input_shape": (33, 32, 3), "outputs": 3, "width": 0.25},
    "lenet5": {"input_shape": (20, 16, 1), "outputs": 3},
    "light_curve_cnn": {
        "input_shape": (40, 2),
        "outputs": 3,
        "filters": (4, 8),
        "dense_units": (16, 8),
    },
    "light_curve_lstm": {"input_shape": (7, 3), "outputs": 3, "units": (6, 5), "dropout": 0.1},
    "mlp": {"input_shape": (5,), "outputs": 2, "hidden_units": (8, 8), "dropout": 0.1},
    "perceptron": {"input_shape": (5,), "outputs": 2},
    "radius_net": {
        "image_shape": (24, 24, 1),
        "psf_shape": (9, 9, 1),
        "filters": (4, 8),
        "targets": 2,
    },
    "star_galaxy_net": {
        "input_shape": (20, 22, 5),
        "filters": (4, 6, 8),
        "dense_units": 16,
    },
    "unet": {"input_shape": (16, 8, 1), "filters": 4, "depth": 2},
    "variational_autoencoder": {"input_shape": (8, 12, 2), "filters": (4, 6), "code_units": 3},
}
for _layers in (18, 34, 50, 101, 152):
    SMALL[f"resnet_{_layers}"] = {"input_shape": (33, 32, 3), "outputs": 3, "filters": 4}
for _column in ("a", "a_lrn", "b", "c", "d", "e"):
    SMALL[f"vgg_{_column}"] = {
        "input_shape": (32, 35, 3),
        "outputs": 3,
        "filters": 4,
        "dense_units": 16,
    }

_LOSSES: dict[str, Any] = {
    "convolutional_autoencoder": "mean_squared_error",
    "deep_legato": "gaussian_nll",
    "mlp": "mean_squared_error",
    "perceptron": "mean_squared_error",
    "radius_net": "gaussian_nll",
    "variational_autoencoder": ["mean_squared_error", "standard_normal_kl"],
}


def loss_of(name: str) -> Any:
    """Return a new loss for the preset `name`: that of a classifier unless it is something else."""
    if name in ("band_net", "unet"):
        return BinaryCrossentropy(from_logits=True)
    return _LOSSES.get(name) or CategoricalCrossentropy(from_logits=True)
