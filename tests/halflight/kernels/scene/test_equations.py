"""Normal equations and Cholesky against NumPy."""

import numpy as np
import pytest

from halflight.kernels.scene.equations import cholesky, normal_equations, solve


@pytest.fixture
def columns():
    """Ten columns on stamps of 24 pixels, some of them within boxes alone."""
    rng = np.random.default_rng(1)
    boxes = np.array([[0, 24, 0, 24]] * 5 + [[2, 10, 5, 20]] * 3 + [[8, 24, 0, 9]] * 2, np.int32)
    filled = np.zeros((10, 24, 24), np.float32)
    for column, (top, bottom, left, right) in zip(filled, boxes, strict=True):
        column[top:bottom, left:right] = rng.normal(size=(bottom - top, right - left))
    return filled, boxes, rng.normal(size=(24, 24)).astype(np.float32)


def test_normal_equations(columns):
    filled, boxes, residual = columns
    matrix, vector = np.empty((10, 10)), np.empty(10)
    normal_equations(matrix, vector, filled, boxes, residual)
    flat = filled.reshape(10, -1).astype(np.float64)
    np.testing.assert_allclose(matrix, flat @ flat.T, atol=1e-4)
    np.testing.assert_allclose(vector, flat @ residual.ravel(), atol=1e-4)


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
