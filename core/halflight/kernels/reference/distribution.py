"""Losses of predicted distributions: Gaussians, counts, quantiles and probabilities; see `rows`."""

import numpy as np

from ..contract import kernel
from ..formulas import HALF_LOG_TWO_PI
from ..loss_formulas import student_t_constant
from .arrays import Array
from .rows import EPSILON, ROWS, share, write_mean


@kernel(**ROWS | {"dprediction": "n 2t", "prediction": "n 2t"})
def gaussian_nll(
    loss: Array, dprediction: Array, prediction: Array, target: Array, weight: Array
) -> None:
    """Negative log-likelihood of independent Gaussians (Nix & Weigend 1994, eq. 2 with ln 2 pi).

    prediction (n, 2t): t means, then t log-variances; target (n, t). loss = sum over t of
    0.5 (log_variance + (target - mean)^2 exp(-log_variance) + ln 2 pi).
    """
    outputs = target.shape[1]
    log_variance = prediction[:, outputs:]
    residual = prediction[:, :outputs] - target
    precision = np.exp(-log_variance)
    chi_squared = residual**2 * precision
    loss[...] = (0.5 * (log_variance + chi_squared) + HALF_LOG_TWO_PI).sum(axis=1)
    dprediction[:, :outputs] = share(weight) * residual * precision
    dprediction[:, outputs:] = share(weight) * 0.5 * (1.0 - chi_squared)


@kernel(**ROWS | {"dprediction": "n 2t", "prediction": "n 2t"})
def student_nll(
    loss: Array,
    dprediction: Array,
    prediction: Array,
    target: Array,
    weight: Array,
    dof: float,
) -> None:
    """Negative log-likelihood of independent Student's t of `dof` degrees of freedom.

    prediction (n, 2t): t locations, then t logarithms of squared scales; target (n, t). Student
    1908; Lange, Little & Taylor 1989, JASA 84, 881, eq. 1. loss = sum over t of
    0.5 (log_scale + (dof + 1) ln(1 + (target - location)^2 exp(-log_scale) / dof)) + constant.
    """
    outputs = target.shape[1]
    log_scale = prediction[:, outputs:]
    residual = prediction[:, :outputs] - target
    precision = np.exp(-log_scale)
    chi_squared = residual**2 * precision
    value = 0.5 * (log_scale + (dof + 1.0) * np.log1p(chi_squared / dof))
    loss[...] = (value + student_t_constant(dof)).sum(axis=1)
    heaviness = (dof + 1.0) / (dof + chi_squared)
    dprediction[:, :outputs] = share(weight) * heaviness * residual * precision
    dprediction[:, outputs:] = share(weight) * 0.5 * (1.0 - heaviness * chi_squared)


@kernel(**ROWS | {"dprediction": "n 2t", "prediction": "n 2t", "target": "n t?"})
def standard_normal_kl(
    loss: Array,
    dprediction: Array,
    prediction: Array,
    target: Array | None,  # noqa: ARG001
    weight: Array,
) -> None:
    """Divergence of independent Gaussians from the standard normal (Kingma & Welling 2014, app. B).

    prediction (n, 2t): t means, then t log-variances. loss = sum over t of
    0.5 (mean^2 + exp(log_variance) - 1 - log_variance). There is nothing to compare with: `target`
    may be None, and is not read.
    """
    mean, log_variance = np.split(prediction, 2, axis=1)
    excess = np.expm1(log_variance)
    loss[...] = 0.5 * (mean**2 + (excess - log_variance)).sum(axis=1)
    dprediction[...] = share(weight) * np.hstack([mean, 0.5 * excess])


@kernel(**ROWS)
def kl_divergence(
    loss: Array, dprediction: Array, prediction: Array, target: Array, weight: Array
) -> None:
    """loss = sum over t of target log(target / prediction) (Kullback & Leibler 1951).

    Both are first brought into [1e-7, 1] as in Keras; the gradient is 0 outside.
    """
    p, y = np.clip(prediction, EPSILON, 1.0), np.clip(target, EPSILON, 1.0)
    loss[...] = (y * np.log(y / p)).sum(axis=1)
    clipped = (prediction < EPSILON) | (prediction > 1.0)
    dprediction[...] = share(weight) * np.where(clipped, 0.0, -y / p)


@kernel(**ROWS)
def poisson(
    loss: Array, dprediction: Array, prediction: Array, target: Array, weight: Array
) -> None:
    """loss = mean over t of prediction - target log(prediction + 1e-7), prediction a rate.

    The negative log-likelihood of counts, but for the term log(target!), which is constant.
    """
    rate = prediction + EPSILON
    write_mean(loss, dprediction, weight, prediction - target * np.log(rate), 1.0 - target / rate)


@kernel(**ROWS | {"dprediction": "n k", "prediction": "n k"})
def quantile(
    loss: Array,
    dprediction: Array,
    prediction: Array,
    target: Array,
    weight: Array,
    quantiles: tuple[float, ...],
) -> None:
    """Pinball loss (Koenker & Bassett 1978, eq. 2.2): its minimum is the quantile q.

    prediction (n, t q): the q quantiles of the first target, then those of the next; target (n, t).
    loss = mean over t q of max(q e, (q - 1) e), with e = target - prediction.
    """
    q = np.tile(np.asarray(quantiles, target.dtype), target.shape[1])
    error = np.repeat(target, len(quantiles), axis=1) - prediction
    value = np.where(error > 0.0, q * error, (q - 1.0) * error)
    gradient = np.where(error > 0.0, -q, np.where(error < 0.0, 1.0 - q, error))
    write_mean(loss, dprediction, weight, value, gradient)
