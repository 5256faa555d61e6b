"""Group normalisation (Wu & He 2018, section 3.1), by chunks of positions: see statistics.py.

gamma and beta of None stand for ones and zeros, and a dgamma or dbeta of None is not computed.
"""

import math

import numpy as np
from numba import cuda

from ..contract import twin
from ..reference import group_norm as reference
from .arrays import FLOAT, flat
from .loops.blocks import sum_of_warp
from .loops.columns import ACROSS, DOWN, THREADS, add_sums, column_sums, sum_columns, sum_down
from .loops.rows import WARP, over_rows, row_here
from .loops.statistics import chunk_here, chunk_statistics, layout_of, merged
from .machine.compiler import Kernel
from .machine.scratch import scratch
from .products.epilogue import or_constant

_ZERO = np.float32(0)


@Kernel
def _merge_groups(mean, inverse_deviation, chunks, layout, epsilon):
    """Mean and deviation of each group; a warp has one."""
    samples, groups = mean.shape
    row, lane, stored = row_here(samples * groups)
    sample, group = divmod(row, groups)
    centre, variance = merged(chunks, sample, group, layout[1] // groups, layout)
    if stored and lane == 0:
        mean[sample, group] = centre
        inverse_deviation[sample, group] = np.float32(1) / math.sqrt(variance + epsilon)


@Kernel
def _normalise(y, x, mean, inverse_deviation, gamma, beta, layout):
    sample, start, stop, column = chunk_here(layout)
    rows, columns = layout[0], layout[1]
    if column < columns:
        group = column // (columns // mean.shape[1])
        centre, offset = mean[sample, group], beta[column]
        factor = inverse_deviation[sample, group] * gamma[column]
        for row in range(start + cuda.threadIdx.x // ACROSS, stop, DOWN):
            i = (sample * rows + row) * columns + column
            y[i] = (x[i] - centre) * factor + offset


@twin(reference.group_norm_forward)
def group_norm_forward(y, mean, inverse_deviation, x, gamma, beta, epsilon):
    samples, positions, channels = x.shape
    chunks, layout = chunk_statistics(x, samples, channels)
    statistics = mean, inverse_deviation
    over_rows(_merge_groups, mean.size, *statistics, chunks, tuple(layout), FLOAT(epsilon))
    gamma = or_constant(gamma, channels, 1.0)
    beta = or_constant(beta, channels, 0.0)
    _, blocks = layout_of(samples, positions, channels)
    _normalise(blocks, THREADS, *flat(y, x), *statistics, gamma, beta, tuple(layout))


@Kernel
def _chunk_gradients(sums, dy, x, mean, layout):
    """sums (samples, chunks, 2, columns) of dy and of dy (x - mean)."""
    shared = cuda.shared.array(THREADS, np.float32)
    sample, start, stop, column = chunk_here(layout)
    rows, columns = layout[0], layout[1]
    total, product = _ZERO, _ZERO
    if column < columns:
        centre = mean[sample, column // (columns // mean.shape[1])]
        for row in range(start + cuda.threadIdx.x // ACROSS, stop, DOWN):
            i = (sample * rows + row) * columns + column
            total += dy[i]
            product += dy[i] * (x[i] - centre)
    total, product = sum_down(total, shared), sum_down(product, shared)
    if column < columns and cuda.threadIdx.x < ACROSS:
        to = 2 * cuda.blockIdx.x * columns + column
        sums[to], sums[to + columns] = total, product


@Kernel
def _merge_chunks(totals, products, sums, inverse_deviation, layout):
    """Each sample's sums of dy, and of dy times normalised x: (samples, columns)."""
    columns, chunks = layout[1], layout[3]
    size = columns // inverse_deviation.shape[1]
    for i in range(cuda.grid(1), totals.size, cuda.gridsize(1)):
        sample, column = divmod(i, columns)
        start = sample * chunks * 2 * columns + column
        total, product = sums[start], sums[start + columns]
        for chunk in range(1, chunks):
            total += sums[start + 2 * chunk * columns]
            product += sums[start + (2 * chunk + 1) * columns]
        totals[i] = total
        products[i] = product * inverse_deviation[sample, column // size]


def _both(arrays, i, _vectors, _column):
    return arrays[0][i], arrays[1][i]


_sum_both = column_sums(_both)


@Kernel
def _project(offset, slope, totals, products, gamma, inverse_deviation, positions):
    """Means of gamma dy and of gamma dy times normalised x over each group, by inverse_deviation.

    The slope is by inverse_deviation once more. A warp has a group.
    """
    samples, groups = inverse_deviation.shape
    row, lane, stored = row_here(samples * groups)
    sample, group = divmod(row, groups)
    size = gamma.size // groups
    total, product = _ZERO, _ZERO
    for c in range(lane, size, WARP):
        scale = gamma[group * size + c]
        total += scale * totals[row * size + c]
        product += scale * products[row * size + c]
    inverse, count = inverse_deviation[sample, group], np.float32(positions * size)
    total, product = sum_of_warp(total), sum_of_warp(product)
    if stored and lane == 0:
        offset[row] = total * inverse / count
        slope[row] = product * inverse * inverse / count


@Kernel
def _input_gradient(dx, dy, x, mean, inverse_deviation, gamma, offset, slope, layout):
    sample, start, stop, column = chunk_here(layout)
    rows, columns, groups = layout[0], layout[1], mean.shape[1]
    if column < columns:
        group = column // (columns // groups)
        factor = inverse_deviation[sample, group] * gamma[column]
        centre, shift = mean[sample, group], offset[sample * groups + group]
        tilt = slope[sample * groups + group]
        for row in range(start + cuda.threadIdx.x // ACROSS, stop, DOWN):
            i = (sample * rows + row) * columns + column
            dx[i] = factor * dy[i] - shift - (x[i] - centre) * tilt


@twin(reference.group_norm_backward)
def group_norm_backward(dx, dgamma, dbeta, dy, x, gamma, mean, inverse_deviation):
    samples, positions, channels = x.shape
    gamma = or_constant(gamma, channels, 1.0)
    layout, blocks = layout_of(samples, positions, channels)
    sums = scratch("group norm sums", blocks[0] * 2 * channels)
    _chunk_gradients(blocks, THREADS, sums, *flat(dy, x), mean, tuple(layout))
    totals, products = (scratch(f"group norm {part}", samples * channels) for part in ("dy", "dyx"))
    _merge_chunks.over(totals.size, totals, products, sums, inverse_deviation, tuple(layout))
    if dgamma is not None or dbeta is not None:
        both, chunks = sum_columns(_sum_both, (products, totals), (), channels)
        add_sums(dgamma, both, chunks, 0)
        add_sums(dbeta, both, chunks, 1)
    offset, slope = (scratch(f"group norm {part}", mean.size) for part in ("offset", "slope"))
    of_samples = totals, products, gamma, inverse_deviation, positions
    over_rows(_project, mean.size, offset, slope, *of_samples)
    of_groups = mean, inverse_deviation, gamma, offset, slope
    _input_gradient(blocks, THREADS, *flat(dx, dy, x), *of_groups, tuple(layout))
