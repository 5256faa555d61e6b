"""How the outputs of a row follow its targets: correlations, with Keras's names."""

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from halflight.nn.metrics.metric import Mean, Values


class _Correlation(Mean):
    """Base of means over rows of a correlation over each row's outputs."""

    better: ClassVar[str] = "higher"

    def per_row(self, target: Values, prediction: Values) -> Values:
        """Return the correlation of each row; 0 where nothing varies."""
        if prediction.shape != target.shape:
            raise self.error(f"targets {target.shape} need as many predictions", prediction.shape)
        t, p = target.astype(np.float64), prediction.astype(np.float64)
        means = t.mean(axis=1), p.mean(axis=1)
        dt, dp = (a - mean[:, np.newaxis] for a, mean in zip((t, p), means, strict=True))
        scale = self.scale((dt**2).mean(axis=1), (dp**2).mean(axis=1), means[0] - means[1])
        varies = scale > 0.0
        return np.where(varies, (dt * dp).mean(axis=1) / np.where(varies, scale, 1.0), 0.0)

    def scale(self, target: Values, prediction: Values, offset: Values) -> Values:
        """Return what covariances are divided by, for variances and differences of means."""
        raise NotImplementedError


@dataclass(eq=False)
class PearsonCorrelation(_Correlation):
    """Mean over rows of covariance / (deviation of targets * deviation of predictions)."""

    name: str = field(default="pearson_correlation", kw_only=True)

    def scale(self, target: Values, prediction: Values, offset: Values) -> Values:
        """Return the product of the deviations."""
        return np.sqrt(target * prediction)


@dataclass(eq=False)
class ConcordanceCorrelation(_Correlation):
    """Mean over rows of 2 covariance / (both variances + squared difference of means).

    1 only where predictions equal targets: Lin 1989, eq. 1.
    """

    name: str = field(default="concordance_correlation", kw_only=True)

    def scale(self, target: Values, prediction: Values, offset: Values) -> Values:
        """Return half the sum of variances and squared difference."""
        return 0.5 * (target + prediction + offset**2)
