"""Losses as metrics, with Keras's names: the reference's own formulas, in float64."""

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from halflight.kernels import load
from halflight.nn.losses import LOSSES, Loss
from halflight.nn.metrics.metric import Mean, Values


@dataclass(eq=False)
class _OfLoss(Mean):
    """The weighted mean of a loss."""

    better: ClassVar[str] = "lower"
    sign: ClassVar[float] = 1.0

    def check(self) -> None:
        """Let the loss check its arguments."""
        self.loss()

    def loss(self) -> Loss:
        """Return the loss with the metric's own arguments."""
        config = {k: v for k, v in self.get_config().items() if k != "name"}
        return LOSSES[self.of](**config)

    of: ClassVar[str]
    """The name of the loss's class."""

    def per_row(self, target: Values, prediction: Values) -> Values:
        """Return the loss of each row."""
        if not len(target):
            return np.zeros(0)
        kernels, loss = load("reference"), self.loss()
        if target.shape[1] != loss.targets(prediction.shape[1]):
            raise self.error(f"targets {target.shape} do not go with predictions", prediction.shape)
        found, gradient = np.empty(len(target)), np.empty(prediction.shape)
        t, p = (np.ascontiguousarray(array, np.float64) for array in (target, prediction))
        loss.write(kernels, found, gradient, p, t, np.ones(len(target)))
        return self.sign * found


@dataclass(eq=False)
class BinaryCrossentropy(_OfLoss):
    """The loss of that name."""

    from_logits: bool = False
    label_smoothing: float = 0.0
    name: str = field(default="binary_crossentropy", kw_only=True)

    of = "BinaryCrossentropy"


@dataclass(eq=False)
class CategoricalCrossentropy(_OfLoss):
    """The loss of that name."""

    from_logits: bool = False
    label_smoothing: float = 0.0
    name: str = field(default="categorical_crossentropy", kw_only=True)

    of = "CategoricalCrossentropy"


@dataclass(eq=False)
class SparseCategoricalCrossentropy(_OfLoss):
    """The loss of that name."""

    from_logits: bool = False
    name: str = field(default="sparse_categorical_crossentropy", kw_only=True)

    of = "SparseCategoricalCrossentropy"


@dataclass(eq=False)
class Hinge(_OfLoss):
    """The loss of that name."""

    name: str = field(default="hinge", kw_only=True)

    of = "Hinge"


@dataclass(eq=False)
class SquaredHinge(_OfLoss):
    """The loss of that name."""

    name: str = field(default="squared_hinge", kw_only=True)

    of = "SquaredHinge"


@dataclass(eq=False)
class CategoricalHinge(_OfLoss):
    """The loss of that name."""

    name: str = field(default="categorical_hinge", kw_only=True)

    of = "CategoricalHinge"


@dataclass(eq=False)
class CosineSimilarity(_OfLoss):
    """The cosine of the angle between the vectors prediction and target."""

    name: str = field(default="cosine_similarity", kw_only=True)

    better: ClassVar[str] = "higher"
    sign = -1.0
    of = "CosineSimilarity"


@dataclass(eq=False)
class KLDivergence(_OfLoss):
    """The loss of that name."""

    name: str = field(default="kl_divergence", kw_only=True)

    of = "KLDivergence"


@dataclass(eq=False)
class LogCoshError(_OfLoss):
    """The loss LogCosh."""

    name: str = field(default="log_cosh_error", kw_only=True)

    of = "LogCosh"


@dataclass(eq=False)
class MeanAbsolutePercentageError(_OfLoss):
    """The loss of that name."""

    name: str = field(default="mean_absolute_percentage_error", kw_only=True)

    of = "MeanAbsolutePercentageError"


@dataclass(eq=False)
class MeanSquaredLogarithmicError(_OfLoss):
    """The loss of that name."""

    name: str = field(default="mean_squared_logarithmic_error", kw_only=True)

    of = "MeanSquaredLogarithmicError"


@dataclass(eq=False)
class Poisson(_OfLoss):
    """The loss of that name."""

    name: str = field(default="poisson", kw_only=True)

    of = "Poisson"
