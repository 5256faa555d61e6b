"""Cross-entropies of a class named by its number: those of `crossentropy` for one-hot targets."""

import math

import numpy as np
from numba import prange

from .. import formulas, loss_formulas
from ..contract import twin
from ..reference import sparse_crossentropy as reference
from .arrays import FLOAT
from .loops.loss_rows import block_bounds, block_count, clipped, inverse_sum, log_sum_exp, row_sum
from .machine.compiler import compiled

_EPSILON = loss_formulas.EPSILON
_ZERO, _ONE, _NAN = formulas.ZERO, formulas.ONE, FLOAT(np.nan)


@compiled()
def _class_of(label, classes):
    """The class that a label names, or -1."""
    return np.int64(label) if label >= _ZERO and label < np.float32(classes) else np.int64(-1)


@compiled()
def _fill(row, value):
    for t in range(row.size):
        row[t] = value


@compiled(parallel=True)
def _sparse_categorical(loss, dprediction, prediction, target, weight, ignore_class):
    inverse = inverse_sum(weight)
    for block in prange(block_count(loss.size)):
        start, stop = block_bounds(block, loss.size)
        for i in range(start, stop):
            label = _class_of(target[i, 0], prediction.shape[1])
            if target[i, 0] == ignore_class or label < 0:
                loss[i] = _ZERO if target[i, 0] == ignore_class else _NAN
                _fill(dprediction[i], loss[i])
                continue
            sum_inverse = _ONE / row_sum(prediction[i])
            p = prediction[i, label] * sum_inverse
            q = clipped(p)
            slope = _ZERO if q != p and p == p else weight[i] * inverse * sum_inverse
            _fill(dprediction[i], slope)
            dprediction[i, label] = slope - slope / q
            loss[i] = -math.log(q)


@twin(reference.sparse_categorical_crossentropy)
def sparse_categorical_crossentropy(loss, dprediction, prediction, target, weight, ignore_class):
    _sparse_categorical(loss, dprediction, prediction, target, weight, FLOAT(ignore_class))


@compiled(parallel=True)
def _sparse_categorical_logits(loss, dprediction, prediction, target, weight, ignore_class):
    inverse = inverse_sum(weight)
    for block in prange(block_count(loss.size)):
        start, stop = block_bounds(block, loss.size)
        for i in range(start, stop):
            label = _class_of(target[i, 0], prediction.shape[1])
            if target[i, 0] == ignore_class or label < 0:
                loss[i] = _ZERO if target[i, 0] == ignore_class else _NAN
                _fill(dprediction[i], loss[i])
                continue
            share = weight[i] * inverse
            largest, log_rest = log_sum_exp(prediction[i])
            for t in range(prediction.shape[1]):
                bits = largest - prediction[i, t] + log_rest
                dprediction[i, t] = share * math.exp(-bits)
            loss[i] = largest - prediction[i, label] + log_rest
            dprediction[i, label] = share * math.expm1(-loss[i])


@twin(reference.sparse_categorical_crossentropy_from_logits)
def sparse_categorical_crossentropy_from_logits(
    loss, dprediction, prediction, target, weight, ignore_class
):
    _sparse_categorical_logits(loss, dprediction, prediction, target, weight, FLOAT(ignore_class))


@compiled(parallel=True)
def _generalized(loss, dprediction, prediction, target, weight, q):
    inverse = inverse_sum(weight)
    for block in prange(block_count(loss.size)):
        start, stop = block_bounds(block, loss.size)
        for i in range(start, stop):
            label = _class_of(target[i, 0], prediction.shape[1])
            if label < 0:
                loss[i] = _NAN
                _fill(dprediction[i], _NAN)
                continue
            p = prediction[i, label]
            kept = _EPSILON if p < _EPSILON else p
            power = math.exp(q * math.log(kept))
            slope = _ONE if q == _ONE else math.exp((q - _ONE) * math.log(kept))
            _fill(dprediction[i], _ZERO)
            dprediction[i, label] = -(weight[i] * inverse) * slope
            loss[i] = (_ONE - power) / q


@twin(reference.generalized_crossentropy)
def generalized_crossentropy(loss, dprediction, prediction, target, weight, q):
    _generalized(loss, dprediction, prediction, target, weight, FLOAT(q))
