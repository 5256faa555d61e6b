"""Combination: a network and a fit joined by their errors, better than either everywhere.

The fit is the better where a galaxy is bright, the network where it is faint or unlike the fit's
models. Five numbers, fitted on galaxies of known truth that nothing else learnt from, say how far
each error bar is to be believed, how often the fit is wrong, and how the bars widen where sources
are close and where a fit leaves light unexplained.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, ndtr

from halflight.predictive import ONE_SIGMA, WIDE, dof_of_ratio
from halflight.text import shown

Values = NDArray[np.float64]

LEAST_COUNT = 30  # galaxies that tell the numbers
# A target in whose light others have less than this share of its own is as good as alone.
ALONE = 0.003
# Of a fit that is wrong: an e-fold of a radius or an axis ratio, or a magnitude. Any wider does as
# well, as then the network alone is believed.
WRONG_ERROR = 1.0
# Where the search begins: ln fit_scale, logit wrong_share, ln network_scale, ln blend_power and ln
# misfit_weight. The last two are believed to be near, within an e-fold: they are what a thousand
# galaxies say, and a few hold too few blends to say otherwise.
_START = np.array([0.0, -2.0, 0.0, -2.2, -4.3])
_BELIEVED = slice(3, 5)
_STEP = 0.5  # of the search's first steps
# Two Gaussians and their quantiles lie within so many standard deviations of both middles.
_REACH = 12.0
_HALVINGS = 60  # of that interval: to the last digits of float64
_MOST_LOGARITHM = 10.0  # of a scale: errors wrong by a factor of 20,000
_LEAST_SHARE = 1e-6  # of fits that are wrong, or right: none would have no logarithm
_LEAST_DENSITY = 1e-12  # so that a truth beyond all tails costs much, and not everything
_SIDES = 0.5 + 0.5 * np.array([-WIDE, -ONE_SIGMA, 0.0, ONE_SIGMA, WIDE])


class TooFewError(ValueError):
    """There are not enough galaxies to fit a combination on."""


@dataclass(frozen=True)
class Combination:
    """How two measurements of one quantity are joined.

    A fit's error e is widened by what it does not explain, to e sqrt(1 + misfit_weight misfit), and
    it and a network's s by others' light, by the factor (1 + contamination / ALONE)^blend_power:
    what either takes neighbours for is wrong by a share of their light, and not by their noise.

    These errors are then taken for those of Gaussians about the truth, independent, but that the
    fit is wrong with the chance `wrong_share`, and then by WRONG_ERROR. Given both, the truth is a
    mixture of two Gaussians, one for each case, which is known in closed form: where they agree it
    is narrower than either, and where they do not, the case in which the fit is wrong prevails, and
    the error bar holds both. What the two share - they see the same noise - is in the scales, which
    make the truths of known galaxies most probable.

    Attributes:
        fit_scale: of the fit's error.
        wrong_share: of fits that are wrong, whatever their error says.
        network_scale: of the network's.
        blend_power: of both, by the contamination.
        misfit_weight: of chi^2 in excess of its mean, in the square of the fit's error.
    """

    fit_scale: float
    wrong_share: float
    network_scale: float
    blend_power: float
    misfit_weight: float

    @classmethod
    def fitted(
        cls,
        fit: Values,
        fit_sigma: Values,
        network: Values,
        network_sigma: Values,
        contamination: Values,
        misfit: Values,
        truth: Values,
    ) -> Self:
        """The combination that makes these truths most probable; all arrays are (n,).

        contamination, misfit: of the fits (see `halflight.classical.scene.blending`).

        Raises TooFewError for fewer than LEAST_COUNT galaxies with all seven numbers.
        """
        arrays = np.array(
            [fit, fit_sigma, network, network_sigma, contamination, misfit, truth], np.float64
        )
        known = np.isfinite(arrays).all(axis=0)
        if known.sum() < LEAST_COUNT:
            raise TooFewError(
                f"a combination is fitted on at least {LEAST_COUNT} galaxies that the network and "
                f"the fit have measured, received {known.sum()}: measure more"
            )
        *measured, expected = arrays[:, known]

        def cost(searched: Values) -> float:
            weight, middle, width = cls._of(searched)._mixture(*measured)
            z = (expected - middle) / width
            density = (weight / width * np.exp(-0.5 * z**2)).sum(axis=0)
            surprise = 0.5 * ((searched - _START)[_BELIEVED] ** 2).sum() / len(expected)
            return float(surprise - np.mean(np.log(density + _LEAST_DENSITY)))

        best = _START
        for _ in range(2):  # from its end anew: a simplex may lie flat too early
            simplex = best + np.vstack([np.zeros(len(best)), _STEP * np.eye(len(best))])
            options = {"maxiter": 4000, "xatol": 1e-3, "fatol": 1e-6, "initial_simplex": simplex}
            best = minimize(cost, best, method="Nelder-Mead", options=options).x
        return cls._of(best)

    def joined(
        self,
        fit: Values,
        fit_sigma: Values,
        network: Values,
        network_sigma: Values,
        contamination: Values,
        misfit: Values,
        network_dof: Values,
    ) -> tuple[Values, Values, Values]:
        """Value, sigma and degrees of freedom, each (n,): see `halflight.predictive`.

        All arrays are (n,), as of `fitted`; contamination and misfit are known where the fit is.
        The value is the median; sigma and tails are those of the central 68.27 and 95 %. Where one
        measurement is NaN, the other alone counts: the network with tails of its own.
        """
        no_fit = ~np.isfinite(fit + fit_sigma + contamination + misfit)
        no_network = ~np.isfinite(network + network_sigma)
        # A network that says nothing, and a fit alone, is one so uncertain that it weighs nothing.
        width = np.where(no_network, 1e6 * fit_sigma, network_sigma)
        middle = np.where(no_network, fit, network)
        quantiles = self._quantiles(fit, fit_sigma, middle, width, contamination, misfit)
        low, lower, middle, upper, high = quantiles
        value, sigma = np.where(no_fit, network, middle), 0.5 * (upper - lower)
        sigma = np.where(no_fit, network_sigma, sigma)
        dof = np.where(no_fit, network_dof, dof_of_ratio(0.5 * (high - low) / sigma))
        lost = no_fit & no_network
        return value, np.where(lost, np.nan, sigma), np.where(lost, np.nan, dof)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The inverse of `to_dict`; raises ValueError for other keys, or no positive numbers."""
        names = {field.name for field in fields(cls)}
        if not isinstance(values, Mapping) or set(values) != names:
            raise ValueError(
                f"a combination is made of {sorted(names)}, received {shown(values)}: one that an "
                "earlier version wrote is made anew by `dvc repro` or `halflight adapt`"
            )
        if not all(isinstance(number, float) and number > 0 for number in values.values()):
            raise ValueError(f"a combination is made of positive numbers, received {shown(values)}")
        return cls(**values)

    @classmethod
    def _of(cls, searched: Values) -> Self:
        """The combination of five numbers without limits: see _START."""
        limited = np.clip(searched, -_MOST_LOGARITHM, _MOST_LOGARITHM)
        fit_scale, _, network_scale, power, weight = (float(x) for x in np.exp(limited))
        share = min(max(float(expit(searched[1])), _LEAST_SHARE), 1.0 - _LEAST_SHARE)
        return cls(fit_scale, share, network_scale, power, weight)

    def _mixture(
        self,
        fit: Values,
        fit_sigma: Values,
        network: Values,
        network_sigma: Values,
        contamination: Values,
        misfit: Values,
    ) -> tuple[Values, Values, Values]:
        """Weights, middles and standard deviations (2, n) of the truth's two Gaussians.

        Of the product of two Gaussians, f +- e and n +- s, the weight is the density of f - n.
        """
        share = np.array([1.0 - self.wrong_share, self.wrong_share])[:, np.newaxis]
        wider = (1.0 + contamination / ALONE) ** self.blend_power
        e = self.fit_scale * wider * fit_sigma * np.sqrt(1.0 + self.misfit_weight * misfit)
        e = np.stack([e, np.hypot(e, WRONG_ERROR)])
        s = self.network_scale * wider * network_sigma
        variance = e**2 + s**2
        ln_weight = np.log(share) - 0.5 * ((fit - network) ** 2 / variance + np.log(variance))
        weight = np.exp(ln_weight - ln_weight.max(axis=0))
        middle = (fit * s**2 + network * e**2) / variance
        return weight / weight.sum(axis=0), middle, e * s / np.sqrt(variance)

    def _quantiles(self, *measured: Values) -> Values:
        """Quantiles _SIDES, (5, n), of the mixtures, by halving the intervals that hold them."""
        weight, middle, width = (a[:, np.newaxis] for a in self._mixture(*measured))
        low = np.repeat((middle - _REACH * width).min(axis=0), len(_SIDES), axis=0)
        high = np.repeat((middle + _REACH * width).max(axis=0), len(_SIDES), axis=0)
        for _ in range(_HALVINGS):
            y = 0.5 * (low + high)
            below = (weight * ndtr((y - middle) / width)).sum(axis=0) < _SIDES[:, np.newaxis]
            low, high = np.where(below, y, low), np.where(below, high, y)
        return 0.5 * (low + high)
