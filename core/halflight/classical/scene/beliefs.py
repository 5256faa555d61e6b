"""Beliefs: what is known of galaxies before one is seen, as Gaussian priors of least squares."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from halflight.params.measuring import ScenePriors

Row = tuple[dict[int, float], float, float]
"""A Gaussian: (coefficients by parameter, their mean, standard deviation)."""
Rows = list[Row]

# The relation is of the semi-major half-light radius. The geometric mean of the axes is smaller by
# the root of an axis ratio of 0.6; a disc's own radius is larger than that of the galaxy with its
# bulge by as much as its flatness takes away, and a little more.
_ROUND_SHIFT, _DISC_SHIFT = -0.25, 0.05


@dataclass(frozen=True)
class Prior:
    """Gaussian priors of linear combinations of parameters: their residuals are matrix p - target.

    ln_sigma: the sum of the logarithms of the standard deviations, which normalises them.
    """

    matrix: NDArray[np.float64]
    target: NDArray[np.float64]
    ln_sigma: float

    @classmethod
    def of(cls, rows: Rows, count: int) -> "Prior":
        """The prior of `count` parameters that these rows make."""
        matrix, target = np.zeros((len(rows), count)), np.zeros(len(rows))
        for number, (coefficients, mean, sigma) in enumerate(rows):
            for parameter, value in coefficients.items():
                matrix[number, parameter] = value / sigma
            target[number] = mean / sigma
        return cls(matrix, target, math.fsum(math.log(sigma) for _, _, sigma in rows))


@dataclass(frozen=True)
class Beliefs:
    """The rows of the priors, in the units of one instrument's pixels.

    priors: the section `classical.scene` of a task's parameters, or anything with its attributes.
    pixel_scale: arcsec. zero_point: AB magnitude of the unit of flux.
    """

    priors: "ScenePriors"
    pixel_scale: float
    zero_point: float

    def single(self) -> Rows:
        """Of models.SingleSersic."""
        scatter, (n, n_scatter) = self.priors.shear_scatter, self.priors.sersic_n
        return [
            self._size(2, 6, _ROUND_SHIFT),
            ({3: 1.0}, 0.0, scatter),
            ({4: 1.0}, 0.0, scatter),
            ({5: 1.0}, math.log(n), n_scatter),
        ]

    def bulge_disc(self) -> Rows:
        """Of models.BulgeDisc: a bulge is rounder than its disc, and lies along it."""
        priors = self.priors
        share, share_scatter = priors.bulge_fraction
        ratio, ratio_scatter = priors.bulge_size_ratio
        n, n_scatter = priors.bulge_sersic_n
        return [
            self._size(4, 2, _DISC_SHIFT),
            ({5: 1.0}, 0.0, priors.shear_scatter),
            ({6: 1.0}, 0.0, priors.shear_scatter),
            ({3: 1.0}, math.log(share / (1.0 - share)), share_scatter),
            ({7: 1.0}, math.log(ratio), ratio_scatter),
            ({8: 1.0}, math.log(n), n_scatter),
            ({9: 1.0, 5: -0.5}, 0.0, priors.bulge_shear_scatter),
            ({10: 1.0, 6: -0.5}, 0.0, priors.bulge_shear_scatter),
        ]

    def neighbour(self, x: float, y: float, first: int, *, psf_radius: float) -> Rows:
        """Of a neighbour found at x, y (pixels), whose parameters begin at `first`.

        psf_radius: the PSF's half-light radius in pixels, the measure of what a stamp can tell.
        """
        priors = self.priors
        place = priors.neighbour_position * psf_radius
        (size, size_scatter), (n, n_scatter) = priors.neighbour_radius, priors.neighbour_sersic_n
        return [
            ({first: 1.0}, x, place),
            ({first + 1: 1.0}, y, place),
            ({first + 2: 1.0}, math.log(size * psf_radius), size_scatter),
            ({first + 3: 1.0}, 0.0, priors.neighbour_shear_scatter),
            ({first + 4: 1.0}, 0.0, priors.neighbour_shear_scatter),
            ({first + 5: 1.0}, math.log(n), n_scatter),
        ]

    def sky(self, first: int, *, noise: float) -> Rows:
        """Of a level, and of its changes from the stamp's middle to its right and upper side.

        noise: a pixel's sigma, in the image's unit.
        """
        level, change = self.priors.sky_level * noise, self.priors.sky_change * noise
        return [({first + k: 1.0}, 0.0, sigma) for k, sigma in enumerate((level, change, change))]

    def _size(self, size: int, flux: int, shift: float) -> Row:
        """ln size in pixels about the relation of size and magnitude, which has a slope in flux."""
        priors = self.priors
        pivot = priors.size_intercept + priors.size_slope * (self.zero_point - priors.size_pivot)
        mean = math.log(10.0) * pivot + shift - math.log(self.pixel_scale)
        return {size: 1.0, flux: 2.5 * priors.size_slope}, mean, priors.size_scatter
