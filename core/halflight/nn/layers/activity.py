"""ActivityRegularization: a penalty on what a layer says, not on its weights."""

from dataclasses import dataclass
from typing import ClassVar

from halflight.nn.arrays import Array, Scratch, Shape
from halflight.nn.checks import NOT_NEGATIVE, check
from halflight.nn.layer import Layer


@dataclass(eq=False)
class ActivityRegularization(Layer):
    """x itself; l1 * sum |x| + l2 * sum x^2 over the batch is added to the loss, as in Keras 3.

    The sum is not divided by the number of samples. A layer is called once. Layers with kernels
    put one behind themselves for their `activity_regularizer`.
    """

    l1: float = 0.0
    l2: float = 0.0

    passes_mask: ClassVar[bool] = True

    def check(self) -> None:
        """Require factors of zero or more."""
        check(self, NOT_NEGATIVE, "l1", "l2")
        self.activity: Scratch | None = None  # type: ignore[misc]

    def build(self, shape: Shape) -> Shape:
        """Declare the penalty."""
        if self.activity is not None:
            raise self.error("is called once: put another behind the other output", shape)
        self.activity = self.scratch("penalty", (1,), per_sample=False)  # type: ignore[misc]
        return shape

    def forward(self, y: Array, x: Array, training: bool) -> None:
        """Write x, and the penalty."""
        assert self.activity is not None
        self.kernels.copy(y, x)
        self.kernels.regularize(self.activity.value, None, x, self.l1, self.l2)

    def backward(self, dx: Array, dy: Array, x: Array, y: Array) -> None:
        """Add the penalty's slope."""
        assert self.activity is not None
        self.kernels.copy(dx, dy)
        self.kernels.regularize(self.activity.value, dx, x, self.l1, self.l2)

    def flops(self, shape: Shape, output_shape: Shape) -> int:
        """Inference only copies."""
        return 0
