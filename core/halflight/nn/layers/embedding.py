"""Embedding: every integer has a trained vector."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from halflight.nn.arrays import Array, Shape
from halflight.nn.checks import BOOLEAN, COUNT, check
from halflight.nn.configuration import UNLESS_DEFAULT
from halflight.nn.constraints import Constraint
from halflight.nn.constraints import get as get_constraint
from halflight.nn.initializers import Initializer
from halflight.nn.initializers import get as get_initializer
from halflight.nn.layer import Layer, Tensor
from halflight.nn.layers.masking import NotEqual
from halflight.nn.regularizers import L1L2
from halflight.nn.regularizers import get as get_regularizer


@dataclass(eq=False)
class Embedding(Layer):
    """(...) integers from 0 to input_dim - 1 -> (..., output_dim): rows of `embeddings`.

    It is called on an Input of dtype "int32". Weight decay acts on the table. With `mask_zero` 0
    is no word but fills a sequence (time,) up: layers behind leave its steps out.

    Raises:
        ValueError: in `forward`, by its kernel, for an integer outside the table.
    """

    input_dim: int
    output_dim: int
    embeddings_initializer: str | Initializer = "uniform"
    embeddings_regularizer: str | L1L2 | None = None
    embeddings_constraint: str | Constraint | None = None
    mask_zero: bool = field(default=False, metadata=UNLESS_DEFAULT)

    takes_integers: ClassVar[bool] = True

    def check(self) -> None:
        """Require positive sizes and known names."""
        check(self, COUNT, "input_dim")
        check(self, COUNT, "output_dim")
        check(self, BOOLEAN, "mask_zero")
        self.embeddings_initializer = get_initializer(self.embeddings_initializer)
        self.embeddings_regularizer = get_regularizer(self.embeddings_regularizer)
        self.embeddings_constraint = get_constraint(self.embeddings_constraint)

    def build(self, shape: Shape) -> Shape:
        """Declare embeddings (input_dim, output_dim)."""
        if self.mask_zero and len(shape) != 1:
            raise self.error("mask_zero needs one integer a step, (time,)", shape)
        self.embeddings = self.param(
            "embeddings",
            (self.input_dim, self.output_dim),
            get_initializer(self.embeddings_initializer),
            decay=True,
            regularizer=get_regularizer(self.embeddings_regularizer),
            constraint=get_constraint(self.embeddings_constraint),
        )
        return (*shape, self.output_dim)

    def compute_mask(self, tensors: Sequence[Tensor], mask: Tensor | None) -> Tensor | None:
        """Return which integers are not zero."""
        return NotEqual(0, integers=True)(tensors[0]) if self.mask_zero else None

    def forward(self, y: Array, x: Array, training: bool) -> None:
        """Write the row of every integer of x (int32)."""
        self.kernels.embedding_forward(y, x, self.embeddings.value)

    def backward(self, dx: Array, dy: Array, x: Array, y: Array) -> None:
        """Add each gradient to the row that was read; integers have no gradient, so dx is None."""
        if self.trainable:
            self.kernels.embedding_backward(self.embeddings.grad, dy, x)

    @property
    def index_limit(self) -> int:
        """The length of the table."""
        return self.input_dim

    def flops(self, shape: Shape, output_shape: Shape) -> int:
        """Copies are not counted."""
        return 0
