"""Normal equations and Cholesky against NumPy."""

import numpy as np
import pytest

from halflight.kernels.scene.equations import (
    MARGIN,
    cholesky,
    normal_equations,
    residual_of,
    solve,
    weighted_columns,
)

SIZE = 24
SOURCES = ((0, 3, 0, 0, SIZE, -1), (3, 4, 2, 5, 12, 3), (7, 2, 8, 0, 16, 0))
"""First parameter, their number, top, left, size and image of three sources on a stamp."""


@pytest.fixture
def drawn():
    """Their columns, flat and as they lie on the stamp, the layout, and a residual."""
    rng = np.random.default_rng(1)
    layout, parts, whole, offset = [], [], np.zeros((9, SIZE, SIZE), np.float32), 0
    for first, count, top, left, size, image in SOURCES:
        columns = rng.normal(size=(count, size, size)).astype(np.float32)
        whole[first : first + count, top : top + size, left : left + size] = columns
        layout.append((first, count, top, left, size, offset, image))
        parts.append(columns.ravel())
        offset += columns.size
    residual = rng.normal(size=(SIZE, SIZE)).astype(np.float32)
    return np.concatenate(parts), np.array(layout, np.int64), whole, residual


def test_normal_equations(drawn):
    flat, layout, whole, residual = drawn
    matrix, vector = np.full((9, 9), np.nan), np.empty(9)
    normal_equations(matrix, vector, flat, layout, np.ones(3, bool), residual)
    columns = whole.reshape(9, -1).astype(np.float64)
    np.testing.assert_allclose(matrix, columns @ columns.T, atol=1e-4)
    np.testing.assert_allclose(vector, columns @ residual.ravel(), atol=1e-4)


def test_what_two_sources_that_stand_still_have_in_common_is_kept(drawn):
    flat, layout, whole, residual = drawn
    matrix, vector = np.full((9, 9), 7.0), np.empty(9)
    normal_equations(matrix, vector, flat, layout, np.array([False, True, False]), residual)
    columns = whole.reshape(9, -1).astype(np.float64)
    expected = columns @ columns.T
    still = np.r_[0:3, 7:9]
    expected[np.ix_(still, still)] = 7.0
    np.testing.assert_allclose(matrix, expected, atol=1e-4)


def test_the_residual_has_all_images_and_what_has_changed(drawn):
    flat, layout, whole, data = drawn
    residual, change = np.empty_like(data), np.zeros(9, np.float32)
    change[[0, 4, 6]] = 0.5, -0.2, 0.1
    chi_square = residual_of(residual, data, flat, layout, change)
    expected = data - whole[6] - whole[7] - np.tensordot(change, whole, axes=1)
    np.testing.assert_allclose(residual, expected, atol=1e-5)
    assert chi_square == pytest.approx(float((expected.astype(np.float64) ** 2).sum()), rel=1e-5)


def test_weighted_columns():
    """Of a smooth image, whose differences are its derivatives."""
    rng, size = np.random.default_rng(3), 12
    side = size + 2 * MARGIN
    x, y = np.meshgrid(np.arange(side) - 9.3, np.arange(side) - 8.8)
    image = np.exp(-0.5 * (x**2 + y**2) / 3.0**2).astype(np.float32)
    planes = np.stack([image, rng.normal(size=(side, side)).astype(np.float32)])
    mixing = np.array([[0.5, 2.0], [3.0, 0.0]], np.float32)
    weight = rng.random((20, 20)).astype(np.float32)
    columns = np.empty((4, size, size), np.float32)
    weighted_columns(columns, planes, mixing, 1, weight, 5, 7)
    inside = (slice(MARGIN, -MARGIN),) * 2
    w, shown = weight[5:17, 7:19], 3.0 * image[inside]
    expected = [x[inside] / 9.0 * shown, y[inside] / 9.0 * shown]
    expected += [0.5 * image[inside] + 2.0 * planes[1][inside], shown]
    np.testing.assert_allclose(columns, w * np.array(expected), atol=1e-4)


def test_cholesky_and_solve():
    rng = np.random.default_rng(2)
    factor = rng.normal(size=(12, 12))
    matrix = factor @ factor.T + np.eye(12)
    lower, solution, vector = np.zeros((12, 12)), np.empty(12), rng.normal(size=12)
    assert cholesky(lower, matrix, 0.0)
    np.testing.assert_allclose(lower, np.linalg.cholesky(matrix), atol=1e-12)
    solve(solution, lower, vector)
    np.testing.assert_allclose(solution, np.linalg.solve(matrix, vector), rtol=1e-9)
    assert cholesky(lower, matrix, 0.3)
    np.testing.assert_allclose(lower @ lower.T, matrix + 0.3 * np.diag(np.diag(matrix)), atol=1e-12)


@pytest.mark.parametrize("wrong", [-1.0, 0.0, np.nan])
def test_a_matrix_without_a_root_is_said(wrong):
    assert not cholesky(np.zeros((2, 2)), np.array([[1.0, 0.0], [0.0, wrong]]), 0.0)
