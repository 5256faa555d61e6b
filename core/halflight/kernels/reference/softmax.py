"""Softmax and its logarithm over the last axis, by definition; in place too."""

import numpy as np

from ..contract import kernel
from .arrays import Array


@kernel(y="... c", x="... c")
def softmax_forward(y: Array, x: Array) -> None:
    """y = exp(x) / sum of exp(x); the largest x is subtracted first, which changes nothing else."""
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    y[...] = e / e.sum(axis=-1, keepdims=True)


@kernel(dx="... c", dy="... c", y="... c")
def softmax_backward(dx: Array, dy: Array, y: Array) -> None:
    """dx = y (dy - sum of dy y)."""
    dx[...] = y * (dy - (dy * y).sum(axis=-1, keepdims=True))


@kernel(y="... q k", x="... q k")
def causal_softmax_forward(y: Array, x: Array) -> None:
    """y = softmax of row q of x over its first q + 1 values, 0 behind them.

    Its gradient is softmax_backward.
    """
    first = np.tril(np.ones(x.shape[-2:], bool))
    seen = np.where(first, x, -np.inf)
    e = np.where(first, np.exp(seen - seen.max(axis=-1, keepdims=True)), 0.0)
    y[...] = np.where(first, e / e.sum(axis=-1, keepdims=True), 0.0)


@kernel(y="... c", x="... c")
def log_softmax_forward(y: Array, x: Array) -> None:
    """y = x - log(sum of exp(x)), the logarithm of softmax."""
    shifted = x - x.max(axis=-1, keepdims=True)
    y[...] = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


@kernel(dx="... c", dy="... c", y="... c")
def log_softmax_backward(dx: Array, dy: Array, y: Array) -> None:
    """dx = dy - exp(y) (sum of dy)."""
    dx[...] = dy - np.exp(y) * dy.sum(axis=-1, keepdims=True)
