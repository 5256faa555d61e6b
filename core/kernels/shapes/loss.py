"""Shapes of losses: n rows of t values, a loss and a weight for each row."""

_LOSS = {"loss": "n", "dprediction": "n t", "prediction": "n t", "target": "n t", "weight": "n"}

SHAPES = {
    "gaussian_nll": _LOSS | {"prediction": "n 2t", "dprediction": "n 2t"},
    "mean_squared_error": _LOSS,
    "mean_absolute_error": _LOSS,
    "binary_crossentropy_from_logits": _LOSS
    | dict.fromkeys(["prediction", "dprediction", "target"], "n 1"),
}
