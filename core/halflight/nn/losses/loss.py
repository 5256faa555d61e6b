"""The base of every loss: the kernel it names, the targets it takes, and their check."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from halflight.kernels import Backend
from halflight.nn.arrays import Array, Host, Shape
from halflight.nn.checks import broken
from halflight.nn.configuration import configuration


@dataclass(eq=False)
class Loss:
    """A value for each row; training follows the gradient of their weighted mean.

    A row is a sample, or a position of a sample: an output of shape (batch, ..., k) is n rows of k
    values. A subclass is a dataclass whose fields are its configuration.
    """

    kernel_name: ClassVar[str]
    needs_target: ClassVar[bool] = True
    """False for a loss that compares the prediction with nothing."""

    def __post_init__(self) -> None:
        """Let the subclass check its configuration."""
        self.check()

    # What a subclass writes.

    @property
    def kernel(self) -> str:
        """Name of the kernel: (loss, dprediction, prediction, target, weight, *constants)."""
        return self.kernel_name

    @property
    def constants(self) -> tuple[Any, ...]:
        """The kernel's last arguments."""
        return ()

    @property
    def decision(self) -> float:
        """The prediction above which a binary class is the positive one."""
        return 0.5

    def positive(self, prediction: Host) -> NDArray[np.bool_]:
        """Return which predictions (n, k) are of the positive class: those above `decision`."""
        return prediction > self.decision

    def check(self) -> None:
        """Validate and normalise the configuration; raise `self.error(rule, received)`."""

    def targets(self, outputs: int) -> int:
        """Return how many target values go with a row of `outputs` values."""
        return outputs

    def check_target(self, target: Host, output_shape: Shape) -> None:
        """Check the values of host targets (batch, ..., t) for an output of `output_shape`.

        Raises:
            ValueError: a value that the loss is not made for; the message names the rule, the
                first bad value and its row.
        """

    def mask(self, target: Host) -> NDArray[np.bool_] | None:
        """Return which rows (n,) of host targets count; None where all do."""
        return None

    # What everyone else uses.

    def __call__(
        self,
        kernels: Backend,
        loss: Array,
        dprediction: Array,
        prediction: Array,
        target: Array | None,
        weight: Array,
    ) -> None:
        """Write the loss of each row (n,), and d(weighted mean) / d(prediction) (n, k).

        prediction (n, k); target (n, t), or None if not `needs_target`; weight (n,), where 0 masks.
        """
        kernel = getattr(kernels, self.kernel)
        kernel(loss, dprediction, prediction, target, weight, *self.constants)

    def target_shape(self, output_shape: Shape) -> Shape:
        """Return the shape of one sample's targets for a model's output.

        Raises:
            ValueError: the loss does not fit an output of that shape.
        """
        if not output_shape:
            raise self.error("the output needs at least one axis beside the batch", output_shape)
        return (*output_shape[:-1], self.targets(output_shape[-1]))

    def get_config(self) -> dict[str, Any]:
        """Return the constructor arguments as plain values."""
        return configuration(self)

    # What a subclass uses.

    def error(self, rule: str, received: object) -> ValueError:
        """Return the error that names this loss, the rule that was broken and what was received."""
        return broken(self, rule, received)

    def require(self, rule: str, target: Host, good: NDArray[np.bool_]) -> None:
        """Raise for the first value of `target` (n, t) that is not `good`, naming its row."""
        if not good.all():
            row, column = np.argwhere(~good)[0]
            value = target[row, column].item()
            raise ValueError(
                f"{type(self).__name__}: targets must be {rule}, received {value!r} in row {row}"
            )


def rows(target: Host) -> Host:
    """Targets (batch, ..., t) as rows (n, t)."""
    return target.reshape(-1, target.shape[-1])
