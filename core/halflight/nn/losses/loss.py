"""The base of every loss: the kernel it names, the targets it takes, and their check."""

from dataclasses import dataclass, field
from typing import Any, ClassVar, cast

import numpy as np
from numpy.typing import NDArray

from halflight.kernels import Backend, load
from halflight.nn.arrays import Array, Host, Shape
from halflight.nn.checks import broken, check, choice
from halflight.nn.configuration import UNLESS_DEFAULT, configuration
from halflight.nn.lengths import fits


@dataclass(eq=False)
class Loss:
    """A value for each row; training follows the gradient of their weighted mean.

    A row is a sample, or a position of a sample: an output of shape (batch, ..., k) is n rows of k
    values. A subclass is a dataclass whose fields are its configuration.

    `reduction` says what number a batch of losses l and weights w has: "mean_with_sample_weight"
    sum(w l) / sum(w); "sum_over_batch_size", Keras's default, or "mean", sum(w l) / rows (rows of
    weight 0 are rows); "sum" sum(w l). With None, or "none", a call returns every w l, and training
    follows their sum. A loss is called as in Keras: loss(y_true, y_pred, sample_weight=None).
    """

    reduction: str | None = field(
        default="mean_with_sample_weight", kw_only=True, repr=False, metadata=UNLESS_DEFAULT
    )

    kernel_name: ClassVar[str]
    needs_target: ClassVar[bool] = True
    """False for a loss that compares the prediction with nothing."""
    per_sample: ClassVar[bool] = False
    """True for a loss whose row is a whole sample: its kernel takes predictions (n, ..., k)."""

    def __post_init__(self) -> None:
        """Let the subclass check its configuration."""
        check(self, choice(*_REDUCTIONS).or_none(), "reduction")
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

    def targets(self, outputs: int) -> int | None:
        """Return how many target values go with a row of `outputs` values; None: any number."""
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

    def arrange(self, target: Host, counts: Host | None, weight: Host) -> Host:
        """Return host targets (n, t) as `write` takes them; mostly, as they are.

        counts (n, time): where the output has a mask, which steps count; weight (n,).
        """
        return target

    # What everyone else uses.

    def __call__(
        self, y_true: Any, y_pred: Any, sample_weight: Any = None
    ) -> float | NDArray[np.float64]:
        """Return the loss of arrays of the host, in float64: y_pred (batch, ..., k).

        sample_weight is (batch,), or has a value for each row. The result is a number, or an array
        (batch, ...) where `reduction` is None.

        Raises:
            ValueError: shapes, targets or weights do not fit.
        """
        prediction = np.asarray(y_pred, np.float64)
        if prediction.ndim < 2:
            raise self.error("y_pred needs the axes (batch, ..., k)", prediction.shape)
        places = prediction.shape[:1] if self.per_sample else prediction.shape[:-1]
        width = self.targets(prediction.shape[-1])
        target = np.asarray(y_true, np.float64)
        if width == 1 and target.shape == places:
            target = target[..., np.newaxis]
        if not fits((*places, width), target.shape):
            raise self.error(f"y_true must be of the shape {(*places, width)}", target.shape)
        self.check_target(target, prediction.shape[1:])
        weight = np.ones(places)
        if sample_weight is not None:
            given = np.asarray(sample_weight, np.float64)
            if given.shape not in (places[:1], places):
                raise self.error(f"sample_weight must be {places[:1]} or {places}", given.shape)
            weight *= given.reshape((*given.shape, *[1] * (weight.ndim - given.ndim)))
        counted = self.mask(target)
        weight = weight.reshape(-1) if counted is None else weight.reshape(-1) * counted
        if not weight.any():
            raise self.error("sample_weight must not be all zero", weight)
        whole = prediction if self.per_sample else rows(prediction)
        values, gradient = np.empty(weight.size), np.empty(whole.shape)
        arranged = self.arrange(rows(target), None, weight)
        self.write(load("reference"), values, gradient, whole, arranged, weight)
        if self.reduction in (None, "none"):
            return np.asarray((weight * values).reshape(places))
        mean = float(weight @ values / weight.sum())
        rest = weight if counted is None else weight[counted]
        return mean * self.factor(rest)

    def factor(self, weight: Host) -> float:
        """Return what a batch's weighted mean is multiplied by, for its rows' weights (n,)."""
        if self.reduction == "mean_with_sample_weight":
            return 1.0
        total = float(weight.sum(dtype=np.float64))
        return total / len(weight) if self.reduction in _MEANS else total

    def share(self, weight: Host, total: float) -> float:
        """Return a batch's part in the mean of several: its weights' sum, or its rows."""
        if self.reduction == "mean_with_sample_weight" or not total:
            return total
        return float(len(weight))

    def write(
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
        return cast(Shape, (*output_shape[:-1], self.targets(output_shape[-1])))

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


_MEANS = ("sum_over_batch_size", "mean")
_REDUCTIONS = ("mean_with_sample_weight", *_MEANS, "sum", "none")


def rows(target: Host) -> Host:
    """Targets (batch, ..., t) as rows (n, t)."""
    return target.reshape(-1, target.shape[-1])
