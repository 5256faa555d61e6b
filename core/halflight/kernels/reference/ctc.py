"""Connectionist temporal classification, by definition (Graves et al. 2006, section 4).

In the laws: n samples, t steps, k classes, l labels.
"""

import numpy as np
from numpy.typing import NDArray

from ..contract import kernel
from .arrays import Array


@kernel(loss="n", dprediction="n t k", prediction="n t k", target="n l", weight="n")
def ctc(loss: Array, dprediction: Array, prediction: Array, target: Array, weight: Array) -> None:
    """loss (n,) = -log of the probability of the labels, over all ways to spread them over steps.

    prediction (n, t, k) are logits; target (n, l) holds how many steps count, the first ones of the
    t (0: all), and then labels of 1 to k - 1, filled up with 0 behind the last. Class 0 is the
    blank: equal labels side by side need one between them. A sample of more labels and blanks than
    steps has an infinite loss and no gradient; one of a logit that is not finite, a label outside
    0 .. k - 1 or more steps than there are has NaN; one of weight 0 has loss and gradient 0.
    dprediction = the gradient of sum_i weight_i loss_i / sum_i weight_i.
    """
    share = weight / weight.sum()
    for n in range(len(loss)):
        if share[n] == 0.0:
            loss[n], dprediction[n] = 0.0, 0.0
            continue
        steps, labels = target[n, 0], target[n, 1:]
        named = (labels >= 0.0) & (labels < prediction.shape[2])
        loss[n], dprediction[n] = np.nan, np.nan
        if not named.all() or not 0.0 <= steps <= prediction.shape[1]:
            continue
        times = int(steps) or prediction.shape[1]
        if not np.isfinite(prediction[n, :times]).all():
            continue
        end = int(np.argmax(np.append(labels, 0.0) < 1.0))
        value, gradient = _align(prediction[n, :times], labels[:end].astype(np.intp))
        loss[n], dprediction[n] = value, 0.0
        dprediction[n, :times] = share[n] * gradient


def _align(logits: Array, labels: NDArray[np.intp]) -> tuple[float, Array]:
    """-log p of the labels, and its gradient by the logits (t, k)."""
    peaks = logits.max(axis=1, keepdims=True)
    logs = logits - (peaks + np.log(np.exp(logits - peaks).sum(axis=1, keepdims=True)))
    states = np.zeros(2 * len(labels) + 1, np.intp)
    states[1::2] = labels
    past_blank = np.zeros(len(states), bool)  # whether the state two before may come right before
    past_blank[3::2] = labels[1:] != labels[:-1]
    seen = logs[:, states]
    ahead, behind = np.full_like(seen, -np.inf), np.full_like(seen, -np.inf)
    ahead[0, :2], behind[-1, -2:] = seen[0, :2], 0.0
    for t in range(1, len(seen)):
        ahead[t] = seen[t] + _paths(ahead[t - 1], past_blank)
        after = behind[-t] + seen[-t]
        reached = np.append(past_blank, [False, False])[2:]
        behind[-t - 1] = _paths(after[::-1], reached[::-1])[::-1]
    log_p = float(np.logaddexp.reduce(ahead[-1, -2:]))
    if log_p == -np.inf:
        return np.inf, np.zeros_like(logits)
    gradient = np.exp(logs)
    for state, occupied in zip(states, np.exp(ahead + behind - log_p).T, strict=True):
        gradient[:, state] -= occupied
    return -log_p, gradient


def _paths(before: Array, past_blank: NDArray[np.bool_]) -> Array:
    """log of all that comes to each state from itself, the one before, or past a blank."""
    paths = before.copy()
    paths[1:] = np.logaddexp(paths[1:], before[:-1])
    paths[2:] = np.where(past_blank[2:], np.logaddexp(paths[2:], before[:-2]), paths[2:])
    return paths
