"""The register tile and the transposed block, against NumPy, whatever lies around the arrays."""

import numpy as np
import pytest

from halflight.kernels.cpu.machine.compiler import compiled
from halflight.kernels.cpu.machine.vector import LANES
from halflight.kernels.cpu.products.multiply import (
    ROWS,
    WIDTH,
    multiply,
    multiply_transposed,
)
from halflight.kernels.cpu.products.stretches import multiply_stretches
from halflight.kernels.cpu.products.transpose import transpose_block

RNG = np.random.Generator(np.random.Philox(key=[14, 0]))
COLUMNS = sorted({LANES, WIDTH})


@compiled(entry=True)
def _multiply(*arguments):
    multiply(*arguments)


@compiled(entry=True)
def _multiply_transposed(*arguments):
    multiply_transposed(*arguments)


def _strided(rows, columns, stride, before):
    """A flat array that holds (rows, columns) from element `before` on, and a view of those."""
    flat = np.full(before + rows * stride, np.nan, np.float32)
    view = flat[before:].reshape(rows, stride)[:, :columns]
    view[:] = RNG.standard_normal(view.shape, np.float32)
    return flat, view


@pytest.mark.parametrize("columns", COLUMNS)
@pytest.mark.parametrize("rows", [1, 5, 9, 13, ROWS - 1, ROWS, ROWS + 1])
@pytest.mark.parametrize(("steps", "runs"), [(1, 1), (7, 1), (96, 1), (16, 3)])
def test_multiply(rows, columns, steps, runs):
    """c = a b and c += a b; the rows of a are `runs` stretches, some way apart."""
    whole = -(-rows // ROWS) * ROWS
    gap = steps + 5
    a_flat, a = _strided(whole, runs * gap, runs * gap + 3, 2)
    b_flat, b = _strided(steps * runs, columns, columns, 4)
    c_flat, c = _strided(whole, columns, columns + 7, 5)
    before = c[:rows].astype(np.float64)
    joined = np.concatenate([a[:rows, r * gap : r * gap + steps] for r in range(runs)], axis=1)
    truth = joined.astype(np.float64) @ b.astype(np.float64)
    place = (rows, columns, steps, runs, gap)
    for fresh in (False, True):
        _multiply(
            a_flat, 2, runs * gap + 3, b_flat, 4, columns, c_flat, 5, columns + 7, *place, fresh
        )
        expected = truth if fresh else before + truth
        np.testing.assert_allclose(c[:rows], expected, rtol=0, atol=1e-6 * len(b))
    assert np.isnan(c_flat[:5]).all()
    assert np.isnan(c_flat[5:].reshape(whole, -1)[:, columns:]).all()


@pytest.mark.parametrize("columns", COLUMNS)
@pytest.mark.parametrize("rows", [1, 15, 16, 33])
@pytest.mark.parametrize("steps", [1, 48, 61])
def test_multiply_transposed(rows, columns, steps):
    """c = a^T b and c += a^T b."""
    whole = -(-rows // LANES) * LANES
    a_flat, a = _strided(steps, whole, whole + 3, 2)
    b_flat, b = _strided(steps, columns, columns, 4)
    c_flat, c = _strided(whole, columns, columns + 7, 5)
    before = c[:rows].astype(np.float64)
    truth = a[:, :rows].astype(np.float64).T @ b.astype(np.float64)
    for fresh in (False, True):
        _multiply_transposed(
            a_flat,
            2,
            whole + 3,
            b_flat,
            4,
            columns,
            c_flat,
            5,
            columns + 7,
            rows,
            columns,
            steps,
            fresh,
        )
        expected = truth if fresh else before + truth
        np.testing.assert_allclose(c[:rows], expected, rtol=0, atol=1e-6 * steps)
    assert np.isnan(c_flat[5:].reshape(whole, -1)[:, columns:]).all()


@compiled(entry=True)
def _multiply_stretches(*arguments):
    multiply_stretches(*arguments)


@pytest.mark.parametrize("columns", COLUMNS)
@pytest.mark.parametrize(("stretches", "rows"), [(1, 3), (3, 3), (7, 3), (4, 5), (11, 5), (2, 17)])
@pytest.mark.parametrize("apart", [1, 2])
def test_multiply_stretches(columns, stretches, rows, apart):
    """c += a^T b of stretches of a line each, whose rows of a overlap; as one stretch at a time."""
    steps, whole = 19, -(-rows // LANES) * LANES
    line = steps * apart + whole
    a_flat, a = _strided(stretches, line, line + 3, 2)
    b_flat, b = _strided(steps, columns, columns, 4)
    c_flat, c = _strided(stretches * whole, columns, columns + 7, 5)
    before, alone = c.copy(), c_flat.copy()
    shared = (b_flat, 4, columns)
    _multiply_stretches(
        a_flat, 2, apart, line + 3, *shared, c_flat, 5, columns + 7, whole * (columns + 7),
        stretches, rows, columns, steps,
    )  # fmt: skip
    for s in range(stretches):
        window = np.lib.stride_tricks.sliding_window_view(a[s], rows)[: steps * apart : apart]
        here = slice(s * whole, s * whole + rows)
        expected = before[here] + window.astype(np.float64).T @ b.astype(np.float64)
        np.testing.assert_allclose(c[here], expected, rtol=0, atol=1e-6 * steps)
        to = 5 + s * whole * (columns + 7)
        _multiply_transposed(
            a_flat, 2 + s * (line + 3), apart, *shared, alone, to, columns + 7, rows, columns,
            steps, False,
        )  # fmt: skip
        received = alone[5:].reshape(stretches * whole, -1)[here, :columns]
        np.testing.assert_array_equal(c[here], received)
    assert np.isnan(c_flat[:5]).all()
    assert np.isnan(c_flat[5:].reshape(stretches * whole, -1)[:, columns:]).all()


@compiled(entry=True)
def _transposed(target, source):
    transpose_block(target, 3, 19, source, 5, 23)


def test_transpose_block():
    source, block = _strided(LANES, LANES, 23, 5)
    target, received = _strided(LANES, LANES, 19, 3)
    _transposed(target, source)
    np.testing.assert_array_equal(received, block.T)
    assert np.isnan(target[:3]).all()
    assert np.isnan(target[3:].reshape(LANES, 19)[:, LANES:]).all()
