"""Losses against scikit-learn and SciPy, which know nothing of this code."""

import numpy as np
import pytest
from scipy import stats
from scipy.special import huber, log_softmax, rel_entr
from sklearn import metrics as sk
from sklearn.metrics.pairwise import paired_cosine_distances

from halflight import kernels
from halflight.nn import losses

RNG = np.random.default_rng(17)
ROWS, WIDTH = 50, 4
REAL, OTHER = RNG.normal(size=(2, ROWS, WIDTH))
RATES, COUNTS = RNG.uniform(0.5, 4.0, (ROWS, WIDTH)), RNG.poisson(2.0, (ROWS, WIDTH))
SHARES, WANTED = RNG.dirichlet(np.ones(WIDTH) * 2.0, size=(2, ROWS)) * 0.99 + 0.0025
CLASSES = RNG.integers(WIDTH, size=ROWS)
CLASSES[:WIDTH] = np.arange(WIDTH)
LABELS = RNG.integers(2, size=(ROWS, 1))
WEIGHT = RNG.uniform(0.5, 2.0, size=ROWS)


def mean(loss, prediction, target, weight=WEIGHT):
    k = kernels.load("reference")
    target = np.ascontiguousarray(target, float).reshape(ROWS, -1)
    values, gradient = np.empty(ROWS), np.empty(prediction.shape)
    loss.write(k, values, gradient, np.ascontiguousarray(prediction), target, weight)
    return float(values @ weight / weight.sum())


LABEL_PROBABILITY = RNG.uniform(0.01, 0.99, size=(ROWS, 1))
SCORE = REAL[:, :1]
weighted = {"sample_weight": WEIGHT}


@pytest.mark.parametrize(
    ("loss", "prediction", "target", "expected"),
    [
        ("mse", REAL, OTHER, lambda: sk.mean_squared_error(OTHER, REAL, **weighted)),
        ("mae", REAL, OTHER, lambda: sk.mean_absolute_error(OTHER, REAL, **weighted)),
        (
            "mape",
            REAL,
            OTHER,
            lambda: 100.0 * sk.mean_absolute_percentage_error(OTHER, REAL, **weighted),
        ),
        ("msle", RATES, COUNTS, lambda: sk.mean_squared_log_error(COUNTS, RATES, **weighted)),
        (
            losses.Huber(0.7),
            REAL,
            OTHER,
            lambda: np.average(huber(0.7, REAL - OTHER).mean(axis=1), weights=WEIGHT),
        ),
        (
            losses.Quantile((0.2,)),
            REAL,
            OTHER,
            lambda: sk.mean_pinball_loss(OTHER, REAL, alpha=0.2, **weighted),
        ),
        (
            "cosine_similarity",
            REAL,
            OTHER,
            lambda: np.average(paired_cosine_distances(REAL, OTHER) - 1.0, weights=WEIGHT),
        ),
        (
            "kld",
            SHARES,
            WANTED,
            lambda: np.average(rel_entr(WANTED, SHARES).sum(axis=1), weights=WEIGHT),
        ),
        ("hinge", SCORE, LABELS, lambda: sk.hinge_loss(LABELS[:, 0], SCORE[:, 0], **weighted)),
        (
            "bce",
            LABEL_PROBABILITY,
            LABELS,
            lambda: sk.log_loss(LABELS[:, 0], LABEL_PROBABILITY[:, 0], **weighted),
        ),
        (
            losses.SparseCategoricalCrossentropy(from_logits=True),
            REAL,
            CLASSES,
            lambda: sk.log_loss(CLASSES, np.exp(log_softmax(REAL, axis=1)), **weighted),
        ),
        (
            losses.CategoricalCrossentropy(from_logits=True),
            REAL,
            WANTED,
            lambda: np.average(-(WANTED * log_softmax(REAL, axis=1)).sum(axis=1), weights=WEIGHT),
        ),
        (
            "poisson",
            RATES,
            COUNTS,
            # -log p(n | rate), without log n! = -log p(n | 1) - 1
            lambda: np.average(
                stats.poisson.logpmf(COUNTS, 1.0) + 1.0 - stats.poisson.logpmf(COUNTS, RATES),
                axis=0,
                weights=WEIGHT,
            ).mean(),
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_equals_the_oracle(loss, prediction, target, expected):
    assert mean(losses.get(loss), prediction, target) == pytest.approx(expected(), rel=1e-6)


def test_gaussians_equal_scipy():
    mu, log_variance = REAL[:, :2], OTHER[:, :2]
    density = stats.norm.logpdf(RATES[:, :2], mu, np.exp(0.5 * log_variance)).sum(axis=1)
    received = mean(losses.GaussianNLL(), np.hstack([mu, log_variance]), RATES[:, :2])
    assert received == pytest.approx(np.average(-density, weights=WEIGHT))


def test_divergence_from_the_standard_normal_is_its_integral():
    x = np.linspace(-30.0, 30.0, 200_001)
    mu, log_variance = 0.7, -0.9
    p, q = stats.norm(mu, np.exp(0.5 * log_variance)), stats.norm()
    integral = np.trapezoid(p.pdf(x) * (p.logpdf(x) - q.logpdf(x)), x)
    prediction = np.tile([mu, log_variance], (ROWS, 1))
    received = mean(losses.StandardNormalKL(), prediction, np.zeros(ROWS))
    assert received == pytest.approx(integral, rel=1e-9)


def test_students_t_is_scipys():
    mu, log_scale = REAL[:, :2], OTHER[:, :2]
    density = stats.t.logpdf(RATES[:, :2], 3.5, mu, np.exp(0.5 * log_scale)).sum(axis=1)
    received = mean(losses.StudentNLL(3.5), np.hstack([mu, log_scale]), RATES[:, :2])
    assert received == pytest.approx(np.average(-density, weights=WEIGHT))


def test_the_best_constant_is_the_quantile():
    target = np.sort(RNG.normal(size=ROWS))
    loss = losses.Quantile((0.25,))
    found = [mean(loss, np.full((ROWS, 1), c), target, np.ones(ROWS)) for c in target]
    assert int(np.argmin(found)) == 12  # 12 of 50 lie below the 13th, less than a quarter
