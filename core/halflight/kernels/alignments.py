"""Alignments of labels to steps: connectionist temporal classification, compiled by every back end.

Between labels, before the first and after the last stands a blank, class 0. A step stays at its
state, goes to the next, or leaves a blank out between labels that differ. The probability of the
labels is the sum over all such paths (Graves et al. 2006, section 4.1), here of logarithms.

target (n, 1 + l) holds how many steps of a sample count (0: all), then its labels.
"""

import math
from typing import Any

import numpy as np

from .elementary import exp, log1p_of_unit
from .formulas import ONE, ZERO

Number = Any  # a scalar of the back end's FLOAT

# The logarithm of what cannot be: finite, so that no difference of two is NaN.
IMPOSSIBLE = np.float32(-1e30)
_NO_PATH = np.float32(-1e29)
_NAN, _INFINITE = np.float32(np.nan), np.float32(np.inf)


def add_logs(a: Number, b: Number) -> Number:
    """log(exp(a) + exp(b))."""
    largest = a if a >= b else b
    least = b if a >= b else a
    return largest + log1p_of_unit(exp(least - largest))


def class_at(target: Any, n: int, state: int) -> Any:
    """The class of a state: a label, or between two the blank."""
    return np.int64(target[n, state // 2 + 1]) if state % 2 else np.int64(0)


def skips(target: Any, n: int, state: int) -> Any:
    """Whether a path may come to a state from the one before the last, past a blank."""
    return state % 2 == 1 and state > 1 and target[n, state // 2 + 1] != target[n, state // 2]


def steps_of(prediction: Any, target: Any, n: int) -> Any:
    """The number of steps of a sample that count; 0 where it is none."""
    times, given = prediction.shape[1], target[n, 0]
    if not (given >= ZERO and given <= np.float32(times)):
        return 0
    return np.int64(given) if given >= ONE else times


def states_of(prediction: Any, target: Any, times: int, n: int) -> Any:
    """The number of states of a sample; 0 where a logit is not finite or a label no class."""
    labels, ended = 0, times == 0
    for i in range(1, target.shape[1]):
        label = target[n, i]
        if not (label >= ZERO and label < np.float32(prediction.shape[2])):
            return 0
        ended = ended or label < ONE
        labels += 0 if ended else 1
    doubt = ZERO
    for t in range(times):
        for k in range(prediction.shape[2]):
            doubt += prediction[n, t, k] - prediction[n, t, k]
    return 2 * labels + 1 if doubt == ZERO and times > 0 else 0


def normalize(norms: Any, slopes: Any, prediction: Any, times: int, n: int) -> None:
    """norms (n, t) = log sum exp of each step's logits; slopes (n, t, k) = their softmax."""
    for t in range(times):
        largest = prediction[n, t, 0]
        for k in range(1, prediction.shape[2]):
            largest = prediction[n, t, k] if prediction[n, t, k] > largest else largest
        total = ZERO
        for k in range(prediction.shape[2]):
            total += exp(prediction[n, t, k] - largest)
        norms[n, t] = largest + np.float32(math.log(total))
        for k in range(prediction.shape[2]):
            slopes[n, t, k] = exp(prediction[n, t, k] - largest) / total


def go_ahead(
    ahead: Any, norms: Any, prediction: Any, target: Any, times: int, states: int, n: int
) -> None:
    """ahead (n, t, s) = log of all paths that end in a state at a step, the step's class seen."""
    for t in range(times):
        for s in range(states):
            paths = IMPOSSIBLE
            if t == 0:
                paths = ZERO if s < 2 else IMPOSSIBLE
            else:
                paths = ahead[n, t - 1, s]
                if s > 0:
                    paths = add_logs(paths, ahead[n, t - 1, s - 1])
                if skips(target, n, s):
                    paths = add_logs(paths, ahead[n, t - 1, s - 2])
            seen = prediction[n, t, class_at(target, n, s)] - norms[n, t]
            ahead[n, t, s] = paths + seen if paths > _NO_PATH else IMPOSSIBLE


def go_back(
    behind: Any, norms: Any, prediction: Any, target: Any, last: int, states: int, n: int, t: int
) -> None:
    """behind (n, s), log of all paths after a state at step t + 1, becomes that at step t."""
    for s in range(states):
        paths = IMPOSSIBLE
        if t == last:
            paths = ZERO if s >= states - 2 else IMPOSSIBLE
        else:
            for step in range(3):
                to = s + step
                if to < states and (step < 2 or skips(target, n, to)):
                    seen = prediction[n, t + 1, class_at(target, n, to)] - norms[n, t + 1]
                    more = behind[n, to] + seen if behind[n, to] > _NO_PATH else IMPOSSIBLE
                    paths = more if step == 0 else add_logs(paths, more)
        behind[n, s] = paths


def align(
    loss: Any,
    dprediction: Any,
    prediction: Any,
    target: Any,
    share: Number,
    norms: Any,
    ahead: Any,
    behind: Any,
    n: int,
) -> None:
    """The loss of sample n, and its gradient times share; norms, ahead and behind are scratch."""
    times = steps_of(prediction, target, n)
    counts = share != ZERO
    states = states_of(prediction, target, times, n) if counts else 1
    log_p = ZERO
    if counts and states > 0:
        normalize(norms, dprediction, prediction, times, n)
        go_ahead(ahead, norms, prediction, target, times, states, n)
        log_p = ahead[n, times - 1, states - 1]
        if states > 1:
            log_p = add_logs(log_p, ahead[n, times - 1, states - 2])
    whole = states > 0 and log_p > _NO_PATH
    loss[n] = ZERO - log_p if whole else (_INFINITE if states > 0 else _NAN)
    for step in range(prediction.shape[1]):
        t = prediction.shape[1] - 1 - step
        reached = whole and counts and t < times
        if reached:
            go_back(behind, norms, prediction, target, times - 1, states, n, t)
            for s in range(states):
                occupied = exp(ahead[n, t, s] + behind[n, s] - log_p)
                dprediction[n, t, class_at(target, n, s)] -= occupied
        for k in range(prediction.shape[2]):
            slope = dprediction[n, t, k] * share if reached else ZERO
            dprediction[n, t, k] = slope if states > 0 else _NAN
