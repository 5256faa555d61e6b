"""Normalization: values of a mean and a variance that are known before training."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from halflight.nn.arrays import Array, Shape
from halflight.nn.checks import Rule, as_python, check, is_number
from halflight.nn.hosts import host
from halflight.nn.initializers import Initializer
from halflight.nn.layer import Layer

SMALLEST_DEVIATION = 1e-7
"""Keras's least divisor, for values that are all the same."""
_AXIS = Rule("-1 (the last) or None", lambda value: value is None or value == -1)


def _numbers(text: str, *, least: float = -math.inf) -> Rule:
    """Return the rule of a number or several, kept as a tuple."""

    def listed(value: Any) -> list[Any]:
        return list(value) if isinstance(value, tuple | list) else [value]

    return Rule(
        text,
        lambda value: (
            len(listed(value)) > 0
            and all(is_number(item) and item >= least for item in listed(value))
        ),
        lambda value: tuple(float(item) for item in listed(value)),
    )


@dataclass(frozen=True)
class _Known(Initializer):
    """These numbers, or one for all."""

    values: tuple[float, ...]

    def __call__(self, shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
        """Return them."""
        return np.broadcast_to(np.array(self.values), shape).copy()


@dataclass(eq=False)
class Normalization(Layer):
    """(x - mean) / sqrt(variance), of each value of the last axis, or of all with `axis` None.

    `mean` and `variance` are one number, or as many as the last axis has; `adapt` finds those of
    data. A deviation below 1e-7 counts as that. They are kept as weights, which training leaves.
    """

    axis: int | None = -1
    mean: Any = None
    variance: Any = None

    passes_mask: ClassVar[bool] = True

    def check(self) -> None:
        """Require both numbers, or none of them yet."""
        check(self, _AXIS, "axis")
        self.mean, self.variance = map(_plain, (self.mean, self.variance))
        check(self, _numbers("a number, or a list of them").or_none(), "mean")
        check(self, _numbers("0 or more, or a list of such", least=0).or_none(), "variance")
        if (self.mean is None) != (self.variance is None):
            raise self.error("mean and variance go together", [self.mean, self.variance])

    def adapt(self, data: Any) -> None:
        """Take mean and variance of data (samples, ...), of any shape that ends in the last axis.

        Raises:
            ValueError: the layer was called before, or data hold what is no finite number.
        """
        if self.weights:
            raise self.error("adapt() goes before the layer is called", "a layer in a model")
        array = host(f"{self.label}: data", data)
        if array.dtype.kind not in "biuf" or not array.size or not np.isfinite(array).all():
            rule = "data must be finite numbers, one or more"
            raise self.error(rule, f"{array.dtype} of the shape {array.shape}")
        if self.axis is not None and array.ndim < 2:
            raise self.error("data needs a last axis, or axis=None", array.shape)
        rows = array.reshape((-1, array.shape[-1] if self.axis is not None else 1))
        values = rows.astype(np.float64)
        self.mean, self.variance = values.mean(axis=0).tolist(), values.var(axis=0).tolist()
        self.check()

    def build(self, shape: Shape) -> Shape:
        """Declare both as weights, a value for each of the last axis."""
        if self.mean is None:
            raise self.error("knows no mean yet: call adapt(data), or give mean and variance", None)
        for name in ("mean", "variance"):
            count = len(getattr(self, name))
            if count not in (1, shape[-1]):
                raise self.error(f"has {count} values of {name} for a last axis", shape)
        least = SMALLEST_DEVIATION**2
        variances = tuple(max(value, least) for value in self.variance)
        self.center = self.state("mean", shape[-1:], _Known(self.mean))
        self.spread = self.state("variance", shape[-1:], _Known(variances))
        return shape

    def forward(self, y: Array, x: Array, training: bool) -> None:
        """Write y."""
        known = (self.center.value, self.spread.value, 0.0)
        self.kernels.batch_norm_forward_inference(y, x, None, None, *known)

    def backward(self, dx: Array, dy: Array, x: Array, y: Array) -> None:
        """Divide the gradient."""
        known = (None, self.center.value, self.spread.value, 0.0)
        self.kernels.batch_norm_backward_inference(dx, None, None, dy, x, *known)

    def flops(self, shape: Shape, output_shape: Shape) -> int:
        """Two operations a value."""
        return 2 * math.prod(output_shape)


def _plain(values: Any) -> Any:
    """Return an array as a list of Python's numbers; others stay."""
    return values.tolist() if isinstance(values, np.ndarray) else as_python(values)
