"""Evidence: the exact one of linear models, and the mean over answers by hand."""

from types import SimpleNamespace

import numpy as np
import pytest

from halflight.classical.scene.beliefs import Prior
from halflight.classical.scene.evidence import Answer, answer_of, weighed
from halflight.kernels.scene.equations import cholesky


def linear(matrix, data, sigma):
    """The solution of a linear model of unit noise with a prior of each parameter, and ln Z."""
    count = matrix.shape[1]
    prior = Prior.of([({k: 1.0}, 0.0, sigma) for k in range(count)], count)
    hessian = matrix.T @ matrix + prior.matrix.T @ prior.matrix
    p = np.linalg.solve(hessian, matrix.T @ data)
    residual, believed = data - matrix @ p, prior.matrix @ p - prior.target
    lower = np.zeros_like(hessian)
    assert cholesky(lower, hessian, 0.0)
    model = SimpleNamespace(
        count=count,
        parameters=("x", "y", "ln_flux", *map(str, range(3, count))),
        half_light=lambda _: (np.array([0.1, 0.3, 0.4]), np.eye(3, count)),
    )
    solution = SimpleNamespace(
        p=p,
        cost=residual @ residual + believed @ believed,
        ln_determinant=np.linalg.slogdet(hessian)[1],
        lower=lower,
    )
    covariance = sigma**2 * matrix @ matrix.T + np.eye(len(data))
    exact = -0.5 * (data @ np.linalg.solve(covariance, data) + np.linalg.slogdet(covariance)[1])
    return answer_of(SimpleNamespace(model=model, prior=prior), solution), exact, hessian


def test_the_evidence_of_linear_models_is_exact():
    rng = np.random.default_rng(3)
    data = rng.normal(size=30)
    small, exact_small, _ = linear(rng.normal(size=(30, 4)), data, 0.7)
    large, exact_large, _ = linear(rng.normal(size=(30, 9)), data, 2.5)
    assert small.ln_evidence - large.ln_evidence == pytest.approx(exact_small - exact_large)


def test_the_covariance_is_the_inverse_hessian_through_the_gradient():
    rng = np.random.default_rng(4)
    answer, _, hessian = linear(rng.normal(size=(30, 5)), rng.normal(size=30), 1.0)
    inverse = np.linalg.inv(hessian)
    gradient = np.zeros((6, 5))
    gradient[0, :3] = [1.0, 0.5 * 0.6, 0.5 * 0.8]  # ln R = ln size + |shear| / 2
    gradient[1, 1] = gradient[2, 2] = gradient[3, 2] = gradient[4, 0] = gradient[5, 1] = 1.0
    np.testing.assert_allclose(answer.covariance, gradient @ inverse @ gradient.T, atol=1e-12)
    assert answer.mean[0] == pytest.approx(0.1 + 0.25)


def answer(value, sigma, ln_evidence):
    return Answer(np.full(6, value), sigma**2 * np.eye(6), ln_evidence)


def test_the_mean_over_two_models_by_hand():
    weights, mean, covariance = weighed([answer(1.0, 0.1, np.log(3.0)), answer(2.0, 0.2, 0.0)])
    np.testing.assert_allclose(weights, [0.75, 0.25])
    np.testing.assert_allclose(mean, 1.25)
    variance = 0.75 * 0.01 + 0.25 * 0.04 + 0.75 * 0.25 * 1.0
    np.testing.assert_allclose(np.diag(covariance), variance)


def test_a_model_without_an_answer_does_not_count():
    nothing = answer(np.nan, np.nan, -np.inf)
    weights, mean, _ = weighed([answer(1.0, 0.1, -1e9), nothing])
    np.testing.assert_array_equal(weights, [1.0, 0.0])
    assert mean[0] == 1.0
    weights, mean, _ = weighed([nothing, nothing])
    assert np.isnan(weights).all()
    assert np.isnan(mean).all()
