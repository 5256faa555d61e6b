"""The table of losses: how each is made, what it compares, and values worked out by hand."""

from collections.abc import Callable
from dataclasses import dataclass
from math import cosh, exp, log, log1p, pi, sqrt

import numpy as np

from halflight.nn import losses
from halflight.nn.losses import Loss

WIDTH = 6
PREDICTIONS: dict[str, Callable] = {
    "real": lambda rng, n: rng.normal(size=(n, WIDTH)),
    "logit": lambda rng, n: 3.0 * rng.normal(size=(n, WIDTH)),
    "probability": lambda rng, n: rng.uniform(0.05, 0.95, size=(n, WIDTH)),
    "positive": lambda rng, n: rng.uniform(0.5, 2.0, size=(n, WIDTH)),
}
TARGETS: dict[str, Callable] = {
    "real": lambda rng, n, t: rng.normal(size=(n, t)),
    "positive": lambda rng, n, t: rng.uniform(0.5, 2.0, size=(n, t)),
    "count": lambda rng, n, t: rng.poisson(2.0, size=(n, t)).astype(float),
    "binary": lambda rng, n, t: rng.integers(2, size=(n, t)).astype(float),
    "sign": lambda rng, n, t: 2.0 * rng.integers(2, size=(n, t)) - 1.0,
    "one hot": lambda rng, n, t: np.eye(t)[rng.integers(t, size=n)],
    "soft": lambda rng, n, t: rng.dirichlet(np.ones(t), size=n),
    "class": lambda rng, n, t: rng.integers(WIDTH, size=(n, t)).astype(float),
}


@dataclass(frozen=True)
class LossRow:
    """One loss: kinds of predictions and targets, and (prediction, target, value) by hand."""

    make: Callable[[], Loss]
    predicts: str
    compares: str
    hand: tuple[tuple[list[float], list[float], float], ...]
    largest: float = 1e4  # a larger prediction may overflow float32
    joint: bool = False  # all rows of a batch have one value


def sigmoid(z: float) -> float:
    return 1.0 / (1.0 + exp(-z))


# Softmax of (log 1, log 2, log 5) is (1, 2, 5) / 8.
LOGITS, SHARES = [0.0, log(2.0), log(5.0)], [1.0, 2.0, 5.0]
ROWS: dict[str, LossRow] = {
    "mean_squared_error": LossRow(
        losses.MeanSquaredError, "real", "real", (([0.5, -0.2], [1.0, 0.0], (0.25 + 0.04) / 2),)
    ),
    "mean_absolute_error": LossRow(
        losses.MeanAbsoluteError, "real", "real", (([0.5, -0.2], [1.0, 0.0], 0.35),)
    ),
    "mean_absolute_percentage_error": LossRow(
        losses.MeanAbsolutePercentageError,
        "real",
        "positive",
        (([3.0, 1.0], [4.0, -2.0], (25.0 + 150.0) / 2), ([1.0], [0.0], 1e9)),
    ),
    "mean_squared_logarithmic_error": LossRow(
        losses.MeanSquaredLogarithmicError,
        "positive",
        "positive",
        (([3.0, 0.5], [1.0, 0.5], log(2.0) ** 2 / 2), ([-2.0], [0.0], 0.0)),
    ),
    "huber": LossRow(losses.Huber, "real", "real", (([0.5, 3.0], [0.0, 0.0], (0.125 + 2.5) / 2),)),
    "huber, delta": LossRow(
        lambda: losses.Huber(delta=0.25),
        "real",
        "real",
        (([0.5, -0.125], [0.0, 0.0], (0.25 * 0.375 + 0.125**2 / 2) / 2),),
    ),
    "log_cosh": LossRow(
        losses.LogCosh, "real", "real", (([0.7, -2.0], [0.0, 0.0], log(cosh(0.7) * cosh(2.0)) / 2),)
    ),
    "cosine_similarity": LossRow(
        losses.CosineSimilarity,
        "real",
        "real",
        (([3.0, 4.0], [1.0, 1.0], -7.0 / (5.0 * sqrt(2.0))), ([2.0, 0.0], [-3.0, 0.0], 1.0)),
    ),
    "poisson": LossRow(
        losses.Poisson,
        "positive",
        "count",
        (([2.0, 3.0], [1.0, 0.0], (2.0 - log(2.0 + 1e-7) + 3.0) / 2),),
    ),
    "quantile": LossRow(losses.Quantile, "real", "real", (([1.0, 3.0], [2.0, 1.0], 0.75),)),
    "quantile, three": LossRow(
        lambda: losses.Quantile((0.1, 0.5, 0.9)),
        "real",
        "real",
        (
            ([1.0, 2.0, 4.0], [3.0], (0.1 * 2 + 0.5 * 1 + 0.1 * 1) / 3),
            (
                [0.0, 0.0, 0.0, 1.0, 1.0, 1.0],
                [1.0, 0.0],
                ((0.1 + 0.5 + 0.9) + (0.9 + 0.5 + 0.1)) / 6,
            ),
        ),
    ),
    "gaussian_nll": LossRow(
        losses.GaussianNLL,
        "real",
        "real",
        (
            ([0.5, -0.2], [1.0], (log(2 * pi) - 0.2 + 0.25 * exp(0.2)) / 2),
            ([1.5, 0.3], [0.0], (log(2 * pi) + 0.3 + 2.25 * exp(-0.3)) / 2),
        ),
        largest=50.0,
    ),
    # Of four degrees of freedom the density at the middle is 3/8; z^2 = 4 divides it by 2^(5/2).
    "student_nll": LossRow(
        losses.StudentNLL,
        "real",
        "real",
        (
            ([0.5, 0.0], [0.5], -log(3 / 8)),
            ([1.0, log(4.0)], [-3.0], -log(3 / 8) + log(2.0) + 2.5 * log(2.0)),
        ),
        largest=50.0,
    ),
    "standard_normal_kl": LossRow(
        losses.StandardNormalKL,
        "real",
        "real",
        (([1.0, 2.0, 0.0, log(3.0)], [0.0, 0.0], (1.0 + 4.0 + 3.0 - 1.0 - log(3.0)) / 2),),
        largest=80.0,
    ),
    "kl_divergence": LossRow(
        losses.KLDivergence,
        "probability",
        "soft",
        (([0.25, 0.75], [0.5, 0.5], 0.5 * log(2.0) + 0.5 * log(2.0 / 3.0)),),
    ),
    "hinge": LossRow(
        losses.Hinge,
        "real",
        "sign",
        (([0.3, -0.5], [1.0, 1.0], (0.7 + 1.5) / 2), ([0.3, 2.0], [0.0, 1.0], 1.3 / 2)),
    ),
    "squared_hinge": LossRow(
        losses.SquaredHinge, "real", "sign", (([0.5, 3.0], [1.0, -1.0], (0.25 + 16.0) / 2),)
    ),
    "exponential": LossRow(
        losses.Exponential,
        "real",
        "sign",
        (([0.5, 2.0], [1.0, -1.0], (exp(-0.5) + exp(2.0)) / 2), ([1.0], [0.0], exp(1.0))),
        largest=80.0,
    ),
    "categorical_hinge": LossRow(
        losses.CategoricalHinge,
        "real",
        "one hot",
        (([0.5, 2.0, 1.0], [0.0, 0.0, 1.0], 2.0), ([0.0, 5.0], [0.0, 1.0], 0.0)),
    ),
    "binary_crossentropy": LossRow(
        losses.BinaryCrossentropy,
        "probability",
        "binary",
        (([0.8, 0.3], [1.0, 0.0], -log(0.8 * 0.7) / 2), ([0.0], [1.0], -log(1e-7))),
    ),
    "binary_crossentropy, smoothed": LossRow(
        lambda: losses.BinaryCrossentropy(label_smoothing=0.5),
        "probability",
        "binary",
        (([0.8], [1.0], -0.75 * log(0.8) - 0.25 * log(0.2)),),
    ),
    "binary_crossentropy, logits": LossRow(
        lambda: losses.BinaryCrossentropy(from_logits=True),
        "logit",
        "binary",
        (
            ([0.5, 1.5], [1.0, 0.0], (log1p(exp(-0.5)) + log1p(exp(1.5))) / 2),
            ([20.0], [1.0], log1p(exp(-20.0))),
        ),
    ),
    "binary_focal_crossentropy": LossRow(
        losses.BinaryFocalCrossentropy,
        "probability",
        "binary",
        (([0.8, 0.3], [1.0, 0.0], -(0.04 * log(0.8) + 0.09 * log(0.7)) / 2),),
    ),
    "binary_focal_crossentropy, balanced": LossRow(
        lambda: losses.BinaryFocalCrossentropy(apply_class_balancing=True, gamma=1.0, alpha=0.2),
        "probability",
        "binary",
        (([0.8, 0.3], [1.0, 0.0], -(0.2 * 0.2 * log(0.8) + 0.8 * 0.3 * log(0.7)) / 2),),
    ),
    "binary_focal_crossentropy, logits": LossRow(
        lambda: losses.BinaryFocalCrossentropy(from_logits=True),
        "logit",
        "binary",
        (([2.0], [1.0], sigmoid(-2.0) ** 2 * log1p(exp(-2.0))), ([-1e4], [1.0], 1e4)),
    ),
    "binary_focal_crossentropy, logits, smoothed": LossRow(
        lambda: losses.BinaryFocalCrossentropy(from_logits=True, label_smoothing=0.5, gamma=0.5),
        "logit",
        "binary",
        (
            (
                [log(3.0)],  # probability 3/4, label 3/4: u = 3/16 + 3/16
                [1.0],
                sqrt(0.375) * (-0.75 * log(0.75) - 0.25 * log(0.25)),
            ),
        ),
    ),
    "categorical_crossentropy": LossRow(
        losses.CategoricalCrossentropy,
        "probability",
        "one hot",
        ((SHARES, [0.0, 1.0, 0.0], log(4.0)), ([0.0, 1.0], [1.0, 0.0], -log(1e-7))),
    ),
    "categorical_crossentropy, logits": LossRow(
        lambda: losses.CategoricalCrossentropy(from_logits=True),
        "logit",
        "soft",
        (
            (LOGITS, [0.0, 1.0, 0.0], log(4.0)),
            (LOGITS, [0.5, 0.25, 0.25], 0.5 * log(8.0) + 0.25 * log(4.0) + 0.25 * log(1.6)),
            ([20.0, 0.0], [1.0, 0.0], log1p(exp(-20.0))),
        ),
    ),
    "categorical_crossentropy, smoothed": LossRow(
        lambda: losses.CategoricalCrossentropy(label_smoothing=0.3),
        "probability",
        "one hot",
        ((SHARES, [0.0, 1.0, 0.0], 0.8 * log(4.0) + 0.1 * log(8.0) + 0.1 * log(1.6)),),
    ),
    "sparse_categorical_crossentropy": LossRow(
        losses.SparseCategoricalCrossentropy,
        "probability",
        "class",
        ((SHARES, [1.0], log(4.0)), (SHARES, [2.0], log(1.6))),
    ),
    "sparse_categorical_crossentropy, logits": LossRow(
        lambda: losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=2),
        "logit",
        "class",
        ((LOGITS, [0.0], log(8.0)), (LOGITS, [2.0], 0.0), ([20.0, 0.0], [0.0], log1p(exp(-20.0)))),
    ),
    "categorical_generalized_cross_entropy": LossRow(
        losses.CategoricalGeneralizedCrossEntropy,
        "probability",
        "class",
        (([0.25, 0.75], [0.0], (1.0 - 0.5) / 0.5), ([0.0, 0.64], [1.0], (1.0 - 0.8) / 0.5)),
    ),
    "categorical_generalized_cross_entropy, linear": LossRow(
        lambda: losses.CategoricalGeneralizedCrossEntropy(1.0),
        "probability",
        "class",
        (([0.25, 0.75], [0.0], 0.75),),
    ),
    "dice": LossRow(
        losses.Dice,
        "probability",
        "binary",
        (
            ([0.0, 1.0, 0.0, 1.0], [1.0, 1.0, 0.0, 0.0], 1.0 - 2.0 / (4.0 + 1e-7)),
            ([0.4, 0.0, 0.0, 0.9], [1.0, 1.0, 0.0, 0.0], 1.0 - 0.8 / (3.3 + 1e-7)),
        ),
        joint=True,
    ),
    "tversky": LossRow(
        lambda: losses.Tversky(0.25, 0.75),
        "probability",
        "soft",
        (([0.5, 0.5], [1.0, 0.0], 1.0 - 0.5 / (0.5 + 0.25 * 0.5 + 0.75 * 0.5 + 1e-7)),),
        joint=True,
    ),
    "categorical_focal_crossentropy": LossRow(
        losses.CategoricalFocalCrossentropy,
        "probability",
        "one hot",
        ((SHARES, [0.0, 1.0, 0.0], 0.25 * 0.75**2 * log(4.0)),),
    ),
    "categorical_focal_crossentropy, logits": LossRow(
        lambda: losses.CategoricalFocalCrossentropy(
            from_logits=True, alpha=1.0, gamma=0.5, label_smoothing=0.3
        ),
        "logit",
        "one hot",
        (
            (
                LOGITS,
                [0.0, 1.0, 0.0],
                0.8 * sqrt(0.75) * log(4.0)
                + 0.1 * sqrt(0.875) * log(8.0)
                + 0.1 * sqrt(0.375) * log(1.6),
            ),
        ),
    ),
}
