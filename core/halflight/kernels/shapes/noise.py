"""Shapes of random noise: any, the same for all arrays."""

_SAME = dict.fromkeys(["y", "x", "dy", "dx", "mean", "log_variance", "dlog_variance"], "...")

SHAPES = dict.fromkeys(
    (
        "gaussian_noise_forward",
        "gaussian_dropout_forward",
        "gaussian_dropout_backward",
        "sampling_forward",
        "sampling_backward",
    ),
    _SAME,
)
