"""Losses: what training makes small, as names of kernels with the shapes they compare."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from numpy.typing import NDArray

from core.kernels import Backend
from core.nn.configuration import configuration
from core.nn.layer import Array, Shape


@dataclass(eq=False)
class Loss:
    """A value for each sample; training follows the gradient of their weighted mean."""

    kernel: ClassVar[str]
    """Name of the kernel: (loss, dprediction, prediction, target, weight)."""
    needs_target: ClassVar[bool] = True
    """False for a loss that compares with nothing."""

    def __call__(
        self,
        kernels: Backend,
        loss: Array,
        dprediction: Array,
        prediction: Array,
        target: Array,
        weight: Array,
    ) -> None:
        """Write the loss of each sample (batch,), and d(weighted mean) / d(prediction)."""
        getattr(kernels, self.kernel)(loss, dprediction, prediction, target, weight)

    def target_width(self, output_shape: Shape) -> int:
        """Return how many target values go with a model's output.

        Raises:
            ValueError: the loss does not fit an output of that shape.
        """
        if len(output_shape) != 1:
            raise ValueError(
                f"{type(self).__name__}: the model's output must be a vector, received the shape "
                f"{output_shape}"
            )
        return output_shape[0]

    def target_shape(self, output_shape: Shape) -> Shape:
        """Return the shape of the targets of one sample, for an output of that shape.

        Raises:
            ValueError: the loss does not fit an output of that shape.
        """
        return (*output_shape[:-1], self.target_width(output_shape[-1:]))

    def check_target(self, target: NDArray[Any]) -> None:
        """Raise ValueError for rows of targets, (rows, T), that the loss does not take."""

    def get_config(self) -> dict[str, Any]:
        """Return the constructor arguments as plain values."""
        return configuration(self)


@dataclass(eq=False)
class GaussianNLL(Loss):
    """Negative log-likelihood of independent Gaussians: T means, then T natural log-variances.

    0.5 * sum over t of (ln 2 pi + log_variance + (target - mean)^2 / exp(log_variance)), for an
    output of 2T values and T targets. Nix & Weigend 1994, equation 2, with the constant.
    """

    kernel: ClassVar[str] = "gaussian_nll"

    def target_width(self, output_shape: Shape) -> int:
        """Return T for an output of 2T values."""
        width = super().target_width(output_shape)
        if width % 2:
            raise ValueError(
                "GaussianNLL: the model's output must be T means and T log-variances, "
                f"received {width} value(s)"
            )
        return width // 2


@dataclass(eq=False)
class MeanSquaredError(Loss):
    """Mean over the outputs of (prediction - target)^2."""

    kernel: ClassVar[str] = "mean_squared_error"


@dataclass(eq=False)
class MeanAbsoluteError(Loss):
    """Mean over the outputs of |prediction - target|."""

    kernel: ClassVar[str] = "mean_absolute_error"


@dataclass(eq=False)
class BinaryCrossentropy(Loss):
    """softplus(z) - target * z for one logit z and a target of 0 to 1.

    Only logits are taken (Keras's from_logits=True, which is the default here): the logarithm of a
    sigmoid loses all digits where the sigmoid saturates.
    """

    from_logits: bool = True
    kernel: ClassVar[str] = "binary_crossentropy_from_logits"

    def __post_init__(self) -> None:
        """Refuse probabilities."""
        if self.from_logits is not True:
            raise ValueError(
                "BinaryCrossentropy: from_logits must be True (end the model in a linear layer), "
                f"received {self.from_logits!r}"
            )

    def target_width(self, output_shape: Shape) -> int:
        """Require one logit."""
        width = super().target_width(output_shape)
        if width != 1:
            raise ValueError(f"BinaryCrossentropy: needs one logit, received {width} outputs")
        return width


LOSSES: Mapping[str, type[Loss]] = {
    "gaussian_nll": GaussianNLL,
    "mean_squared_error": MeanSquaredError,
    "mse": MeanSquaredError,
    "mean_absolute_error": MeanAbsoluteError,
    "mae": MeanAbsoluteError,
    "binary_crossentropy": BinaryCrossentropy,
}


def get(loss: str | Loss) -> Loss:
    """Return a loss from its name, or itself.

    Raises:
        ValueError: no loss has that name.
    """
    if isinstance(loss, Loss):
        return loss
    if loss not in LOSSES:
        raise ValueError(f"unknown loss {loss!r}; known are {', '.join(LOSSES)}")
    return LOSSES[loss]()
