"""Gaussian noise that is a function of (seed, step, element index) alone: see randomness.py."""

import math

import numpy as np

from ..contract import kernel
from ..randomness import random_key, random_word, uniform_bits
from .arrays import Array


def _normal(like: Array, seed: int, step: int) -> Array:
    """Numbers of mean 0 and deviation 1, sqrt(-2 ln u) cos(2 pi v) (Box & Muller 1958)."""
    words = random_word(random_key(seed, step), np.arange(like.size, dtype=np.uint64))
    u, v = (bits.astype(like.dtype) * 2.0**-24 for bits in uniform_bits(words))
    return (np.sqrt(-2.0 * np.log(u)) * np.cos(2.0 * math.pi * v)).reshape(like.shape)


@kernel(y="...", x="...")
def gaussian_noise_forward(y: Array, x: Array, stddev: float, seed: int, step: int) -> None:
    """y = x + stddev e, for standard normal e; the gradient passes unchanged."""
    y[...] = x + stddev * _normal(x, seed, step)


@kernel(y="...", x="...")
def gaussian_dropout_forward(y: Array, x: Array, rate: float, seed: int, step: int) -> None:
    """y = x (1 + e sqrt(rate / (1 - rate))), for standard normal e (Srivastava et al. 2014, 10)."""
    y[...] = x * (1.0 + math.sqrt(rate / (1.0 - rate)) * _normal(x, seed, step))


@kernel(dx="...", dy="...")
def gaussian_dropout_backward(dx: Array, dy: Array, rate: float, seed: int, step: int) -> None:
    """dx = dy times the factors of the forward pass with the same rate, seed and step."""
    dx[...] = dy * (1.0 + math.sqrt(rate / (1.0 - rate)) * _normal(dy, seed, step))


@kernel(y="...", mean="...", log_variance="...")
def sampling_forward(y: Array, mean: Array, log_variance: Array, seed: int, step: int) -> None:
    """y = mean + exp(log_variance / 2) e, for standard normal e (Kingma & Welling 2014, eq. 10)."""
    y[...] = mean + np.exp(0.5 * log_variance) * _normal(mean, seed, step)


@kernel(dlog_variance="...", dy="...", log_variance="...")
def sampling_backward(
    dlog_variance: Array, dy: Array, log_variance: Array, seed: int, step: int
) -> None:
    """dlog_variance = dy exp(log_variance / 2) e / 2, with the forward pass's e; dmean is dy."""
    dlog_variance[...] = dy * (0.5 * np.exp(0.5 * log_variance) * _normal(dy, seed, step))
