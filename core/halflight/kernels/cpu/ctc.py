"""Connectionist temporal classification: samples in parallel, each on one thread."""

from numba import prange

from .. import alignments
from ..contract import twin
from ..reference import ctc as reference
from .loops.loss_rows import inverse_sum
from .machine.compiler import compiled
from .machine.scratch import scratch

_align = compiled()(alignments.align)


@compiled(parallel=True)
def _ctc(loss, dprediction, prediction, target, weight, norms, ahead, behind):
    inverse = inverse_sum(weight)
    for n in prange(loss.size):
        share = weight[n] * inverse
        _align(loss, dprediction, prediction, target, share, norms, ahead, behind, n)


@twin(reference.ctc)
def ctc(loss, dprediction, prediction, target, weight):
    samples, times, _ = prediction.shape
    states = 2 * target.shape[1] - 1
    _ctc(
        loss,
        dprediction,
        prediction,
        target,
        weight,
        scratch("norms of steps", samples, times),
        scratch("paths ahead", samples, times, states),
        scratch("paths behind", samples, states),
    )
