"""Adaptation: what makes a network that learnt from bright objects serve faint ones of no label."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

Numbers = NDArray[np.float64]

STIFFNESS = 1.0  # of the ridge of a logistic regression on standardised features
RIDGE = 1e-3  # added to covariances, in units of their mean variance


def fitted_logistic(values: Numbers, label: Numbers) -> Numbers:
    """Constant and weights (1 + features,) of least penalised cross-entropy with labels of 0 and 1.

    The weights are penalised by half of STIFFNESS times their sum of squares, the constant is not.
    """
    design = np.column_stack([np.ones(len(values)), values])
    signs = np.where(label > 0.5, 1.0, -1.0)
    stiff = np.r_[0.0, np.full(values.shape[1], STIFFNESS)]

    def loss(weights: Numbers) -> tuple[float, Numbers]:
        margins = signs * (design @ weights)
        value = np.logaddexp(0.0, -margins).sum() + 0.5 * weights @ (stiff * weights)
        return float(value), -(signs * expit(-margins)) @ design + stiff * weights

    found = minimize(loss, np.zeros(design.shape[1]), jac=True, method="L-BFGS-B")
    return np.asarray(found.x)


def importance_weights(bright: Numbers, faint: Numbers, *, limit: float) -> Numbers:
    """How much each bright object counts, so that all are distributed as the faint ones: (bright,).

    The odds of being one of the faint, by a logistic regression on the features (Bickel, Bruckner &
    Scheffer 2007, ICML): the density ratio, but for a constant. The mean is 1, and none is more
    than `limit`. bright, faint: features (objects, features) that both have, not what divides them.

    Raises:
        ValueError: there is no object of one of the two.
    """
    if not len(bright) or not len(faint):
        raise ValueError(f"needs bright and faint objects, received {len(bright)}, {len(faint)}")
    both = np.concatenate([bright, faint])
    centre, scatter = both.mean(axis=0), np.maximum(both.std(axis=0), 1e-9)
    label = np.repeat([0.0, 1.0], [len(bright), len(faint)])
    weights = fitted_logistic((both - centre) / scatter, label)
    odds = np.exp(np.clip(weights[0] + (bright - centre) / scatter @ weights[1:], -30.0, 30.0))
    ratio = odds / odds.mean()
    for _ in range(50):  # what is cut off is given to the others
        ratio = np.minimum(ratio, limit)
        ratio /= ratio.mean()
        if ratio.max() <= limit * (1.0 + 1e-6):
            break
    return np.asarray(np.minimum(ratio, limit))


def effective_size(weights: Numbers) -> float:
    """How many objects of one weight would give a mean of as much scatter: (sum w)^2 / sum w^2.

    Kish 1965 (Survey Sampling, section 11.7); from 1 to the number of weights (objects,), of which
    none is negative. 0 where there is none but 0.
    """
    squares = float(np.sum(weights**2))
    return float(np.sum(weights)) ** 2 / squares if squares else 0.0


def matched_features(bright: Numbers, faint: Numbers) -> Numbers:
    """Bright objects' features with the mean and the covariance of the faint ones'.

    CORAL, the alignment of second moments (Sun, Feng & Saenko 2016, AAAI, algorithm 1): whitened
    with their own covariance and coloured with the other; with a small ridge on both.
    """

    def power(values: Numbers, exponent: float) -> Numbers:
        covariance = np.atleast_2d(np.cov(values, rowvar=False))
        covariance += (
            RIDGE * max(np.trace(covariance) / len(covariance), 1e-12) * np.eye(len(covariance))
        )
        spread, axes = np.linalg.eigh(covariance)
        return (axes * spread**exponent) @ axes.T

    white = (bright - bright.mean(axis=0)) @ power(bright, -0.5)
    return np.asarray(white @ power(faint, 0.5) + faint.mean(axis=0))


def faded(
    image: NDArray[np.floating],
    sigma: NDArray[np.floating],
    factor: float,
    rng: np.random.Generator,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A stamp (S, S, bands) as it would be with `factor` of its light, and its noise.

    Of a pixel's variance the sky's, the stamp's least in the band, stays, and what the light adds
    shrinks with it. What the dimmed stamp lacks of that noise is added, Gaussian and independent.

    Raises:
        ValueError: a factor that does not dim.
    """
    if not 0.0 < factor <= 1.0:
        raise ValueError(f"factor must be above 0 and at most 1, received {factor}")
    variance = np.where(np.isfinite(sigma), np.asarray(sigma, np.float64), np.nan) ** 2
    known = np.isfinite(variance)
    sky = np.min(variance, axis=(0, 1), where=known, initial=np.inf)
    wanted = sky + factor * (variance - sky)
    lacking = np.where(known, np.sqrt(np.maximum(wanted - factor**2 * variance, 0.0)), 0.0)
    dim = factor * np.asarray(image, np.float64) + lacking * rng.standard_normal(image.shape)
    noise = np.where(known, np.sqrt(wanted), np.inf)
    return dim.astype(np.float32), noise.astype(np.float32)
