"""Penalties on the size of weights, and the limit of a norm, as Keras 3 defines them.

In the laws: i inputs of o units.
"""

import numpy as np

from ..contract import kernel
from ..formulas import NORM_EPSILON
from .arrays import Array


@kernel(penalty="1", dw="...?", w="...")
def regularize(penalty: Array, dw: Array | None, w: Array, l1: float, l2: float) -> None:
    """penalty (1,) = l1 sum |w| + l2 sum w^2; dw += l1 sign(w) + 2 l2 w, unless dw is None."""
    penalty[0] = l1 * np.sum(np.abs(w)) + l2 * np.sum(w * w)
    if dw is not None:
        dw += l1 * np.sign(w) + 2.0 * l2 * w


@kernel(w="i o", finite="1")
def max_norm(w: Array, finite: Array, limit: float) -> None:
    """Scale every column of w (i, o) whose norm is above `limit` by limit / (norm + 1e-7).

    Srivastava et al. 2014, section 5.1. Columns within the limit keep their bytes.
    """
    if not finite[0]:
        return
    norm = np.sqrt(np.sum(w * w, axis=0))
    w *= np.where(norm > limit, limit / (norm + NORM_EPSILON), 1.0)


@kernel(w="i o", finite="1")
def min_max_norm(w: Array, finite: Array, least: float, most: float, share: float) -> None:
    """Bring the norm of every column of w (i, o) into [least, most], a `share` of the way there."""
    if finite[0]:
        norm = np.sqrt(np.sum(w * w, axis=0))
        wanted = share * np.clip(norm, least, most) + (1.0 - share) * norm
        w *= wanted / (norm + NORM_EPSILON)


@kernel(w="...", finite="1")
def not_negative(w: Array, finite: Array) -> None:
    """w = max(w, 0)."""
    if finite[0]:
        np.maximum(w, 0.0, out=w)
