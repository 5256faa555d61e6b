"""Combination: a network and a fit joined by their errors, better than either everywhere.

The fit is the better where a galaxy is bright, the network where it is faint or unlike the fit's
models. Five numbers, fitted on galaxies of known truth that nothing else learnt from, say how far
each error bar is to be believed.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

Values = NDArray[np.float64]

LEAST_COUNT = 30  # galaxies that tell five numbers
# Where the two are further apart than this many of their errors, the fit has met what it does not
# model, and its error bar grows.
_AGREEMENT = 2.0
# The likelihood that is maximised is that of a Gaussian with a twentieth of its weight in one five
# times as wide: a few outliers shall not decide the width for all.
_TAIL, _TAIL_WIDTH = 0.05, 5.0
_START = (1.0, 0.005, 0.3, 1.5)


class TooFewError(ValueError):
    """There are not enough galaxies to fit a combination on."""


@dataclass(frozen=True)
class Combination:
    """How two measurements of one quantity are joined.

    With the fit's f and its error e, the network's n and its error s,
        e' = hypot(fit_scale e, floor) (1 + inflation max(|f - n| / hypot(e, s) - 2, 0))
        w = s^2 / (s^2 + e'^2),  value = w f + (1 - w) n
        sigma = scale sqrt(1 / (1 / e'^2 + 1 / s^2) + disagreement w (1 - w) (f - n)^2).

    Attributes:
        fit_scale, floor: of the fit's error.
        inflation: of the fit's error, for each of their errors that the two are apart beyond two.
        disagreement: the share of the spread between the two that is in the joint error.
        scale: of the joint error, so that it holds 68 % of the truths.
    """

    fit_scale: float
    floor: float
    inflation: float
    disagreement: float
    scale: float

    @classmethod
    def fitted(
        cls, fit: Values, fit_sigma: Values, network: Values, network_sigma: Values, truth: Values
    ) -> Self:
        """The combination that makes these truths most probable; all arrays are (n,).

        Raises TooFewError for fewer than LEAST_COUNT galaxies with all five numbers.
        """
        arrays = np.array([fit, fit_sigma, network, network_sigma, truth], np.float64)
        known = np.isfinite(arrays).all(axis=0)
        if known.sum() < LEAST_COUNT:
            raise TooFewError(
                f"a combination is fitted on at least {LEAST_COUNT} galaxies that the network and "
                f"the fit have measured, received {known.sum()}: measure more"
            )
        fit, fit_sigma, network, network_sigma, expected = arrays[:, known]
        measured = (fit, fit_sigma, network, network_sigma)

        def made(logarithms: Values) -> Combination:
            fit_scale, floor, disagreement, inflation = (float(x) for x in np.exp(logarithms))
            return Combination(fit_scale, floor, inflation, disagreement, 1.0)

        def cost(logarithms: Values) -> float:
            value, sigma = made(logarithms).joined(*measured)
            z = (expected - value) / sigma
            narrow = (1.0 - _TAIL) * np.exp(-0.5 * z**2)
            wide = _TAIL / _TAIL_WIDTH * np.exp(-0.5 * (z / _TAIL_WIDTH) ** 2)
            return float(np.mean(np.log(sigma) - np.log(narrow + wide + 1e-300)))

        options = {"maxiter": 2000, "xatol": 1e-3, "fatol": 1e-6}
        best = made(minimize(cost, np.log(_START), method="Nelder-Mead", options=options).x)
        value, sigma = best.joined(*measured)
        scale = float(np.quantile(np.abs(expected - value) / sigma, 0.68))
        return cls(**asdict(best) | {"scale": scale})

    def joined(
        self, fit: Values, fit_sigma: Values, network: Values, network_sigma: Values
    ) -> tuple[Values, Values]:
        """Value and sigma, each (n,). Where one of the two is NaN, the other alone counts."""
        apart = np.abs(fit - network) / np.hypot(fit_sigma, network_sigma)
        error = np.hypot(self.fit_scale * fit_sigma, self.floor)
        error *= 1.0 + self.inflation * np.maximum(apart - _AGREEMENT, 0.0)
        weight = network_sigma**2 / (network_sigma**2 + error**2)
        value = weight * fit + (1.0 - weight) * network
        variance = 1.0 / (1.0 / error**2 + 1.0 / network_sigma**2)
        variance += self.disagreement * weight * (1.0 - weight) * (fit - network) ** 2
        sigma = self.scale * np.sqrt(variance)
        alone = np.hypot(self.fit_scale * fit_sigma, self.floor)
        no_fit, no_network = ~np.isfinite(fit + fit_sigma), ~np.isfinite(network + network_sigma)
        value = np.where(no_fit, network, np.where(no_network, fit, value))
        sigma = np.where(no_fit, network_sigma, np.where(no_network, alone, sigma))
        return value, np.where(np.isfinite(value), sigma, np.nan)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The inverse of `to_dict`; raises ValueError for other keys."""
        if set(values) != {field.name for field in fields(cls)}:
            raise ValueError(f"a combination is not made of {dict(values)!r:.200}")
        return cls(**values)
