"""Shapes of losses of distributions: 2t values are t means, then t log-variances."""

from .loss import ROWS

_GAUSSIAN = ROWS | {"prediction": "n 2t", "dprediction": "n 2t"}

SHAPES = {
    "gaussian_nll": _GAUSSIAN,
    "standard_normal_kl": _GAUSSIAN | {"target": "n t?"},
    "poisson": ROWS,
    "quantile": ROWS | {"prediction": "n k", "dprediction": "n k"},
    "kl_divergence": ROWS,
}
