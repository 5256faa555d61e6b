"""Connectionist temporal classification: a thread for each sample, which goes through its steps."""

from numba import cuda

from ..alignments import align
from ..contract import twin
from ..reference import ctc as reference
from .machine.compiler import Kernel
from .machine.scratch import scratch
from .reduce import sum_of


@Kernel
def _ctc(loss, dprediction, prediction, target, weight, total, norms, ahead, behind):
    for n in range(cuda.grid(1), loss.size, cuda.gridsize(1)):
        share = weight[n] / total[0]
        align(loss, dprediction, prediction, target, share, norms, ahead, behind, n)


@twin(reference.ctc)
def ctc(loss, dprediction, prediction, target, weight):
    samples, times, _ = prediction.shape
    states, total = 2 * target.shape[1] - 1, scratch("sum of weights", 1)
    sum_of(total, weight)
    _ctc.over(
        samples,
        loss,
        dprediction,
        prediction,
        target,
        weight,
        total,
        scratch("norms of steps", samples, times),
        scratch("paths ahead", samples, times, states),
        scratch("paths behind", samples, states),
    )
