"""The least-squares problem of a Sersic fit: residuals, gradient, and the error they imply."""

import math

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from halflight.classical.sersic_model import StampModel

_SMOOTHED_SIGMA_PIXELS = 2.0


class SersicProblem:
    """Weighted residuals of one stamp as a function of the shape alone: flux and sky are solved.

    Flux and sky enter linearly, so the best ones for each shape follow from a projection (Golub &
    Pereyra 1973). Weights come from a smoothed sigma: one that knows its own pixel's noise gives
    low pixels too much weight.
    """

    def __init__(
        self,
        model: StampModel,
        image: NDArray[np.floating],
        sigma: NDArray[np.floating],
        usable: NDArray[np.bool_],
    ) -> None:
        """Weigh the usable pixels of one stamp: image and sigma are (S, S) nmgy."""
        self.model = model
        self.usable = usable
        self.count = int(usable.sum())
        self.weight = 1.0 / smooth_sigma(sigma, usable)[usable]
        self.data = image[usable].astype(np.float64) * self.weight
        self._shape: NDArray[np.float64] | None = None

    def residual(self, shape: NDArray[np.float64]) -> NDArray[np.float64]:
        """(data - flux model - sky) / sigma on the usable pixels, at the best flux and sky."""
        self._update(shape)
        return self._residual

    def jacobian(self, shape: NDArray[np.float64]) -> NDArray[np.float64]:
        """d residual / d shape, (pixels, 6), in Kaufman's (1975) approximation."""
        self._update(shape)
        gradient = self._gradient[:, self.usable] * self.weight
        gradient -= (gradient @ self._basis) @ self._basis.T
        return np.asarray(-self.flux * gradient.T)

    def _update(self, shape: NDArray[np.float64]) -> None:
        if self._shape is not None and np.array_equal(shape, self._shape):
            return
        drawn, self._gradient = self.model.image_and_gradient(shape)
        galaxy = drawn[self.usable] * self.weight
        # Gram-Schmidt on the two columns: the sky first, then what of the galaxy is not sky.
        sky_norm = np.linalg.norm(self.weight)
        flat = self.weight / sky_norm
        overlap = float(flat @ galaxy)
        rest = galaxy - overlap * flat
        rest_norm = np.linalg.norm(rest)
        rest /= rest_norm
        self._basis = np.stack([flat, rest], axis=1)
        along_flat, along_rest = float(flat @ self.data), float(rest @ self.data)
        self.flux = float(along_rest / rest_norm)
        self.significance = along_rest  # the flux over its error at this shape
        self.sky = float((along_flat - self.flux * overlap) / sky_norm)
        self._residual = self.data - along_flat * flat - along_rest * rest
        self._shape = shape.copy()


def semi_major_direction(shape: NDArray[np.float64]) -> NDArray[np.float64]:
    """Gradient of ln(semi-major radius) = ln_size + |shear| / 2 by the six SHAPE_PARAMETERS.

    A round galaxy has no major axis: there the first shear component stands for it.
    """
    shear = math.hypot(shape[3], shape[4])
    unit = (shape[3] / shear, shape[4] / shear) if shear > 0.0 else (1.0, 0.0)
    return np.array([0.0, 0.0, 1.0, 0.5 * unit[0], 0.5 * unit[1], 0.0])


def marginal_error(jacobian: NDArray[np.float64], direction: NDArray[np.float64]) -> float:
    """Standard deviation of direction . parameters, from the derivatives of the weighted model.

    jacobian: (pixels, parameters). direction: (parameters,). NaN when the matrix is singular.
    """
    normal = jacobian.T @ jacobian
    scale = np.sqrt(np.diag(normal))
    if not np.all(scale > 0.0):
        return math.nan
    try:
        inverse = np.linalg.inv(normal / np.outer(scale, scale))
    except np.linalg.LinAlgError:
        return math.nan
    variance = float((direction / scale) @ inverse @ (direction / scale))
    return math.sqrt(variance) if variance > 0.0 else math.nan


def smooth_sigma(sigma: NDArray[np.floating], usable: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Root of the Gaussian-smoothed variance of the usable pixels, (S, S) float64."""
    variance = np.where(usable, sigma, 0.0).astype(np.float64) ** 2
    weight = ndimage.gaussian_filter(usable.astype(np.float64), _SMOOTHED_SIGMA_PIXELS)
    smooth = ndimage.gaussian_filter(variance, _SMOOTHED_SIGMA_PIXELS)
    return np.sqrt(smooth / np.maximum(weight, 1e-12), where=usable, out=np.ones(sigma.shape))
