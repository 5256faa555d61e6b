"""Affine: the base of normalisations that end in gamma * x + beta, and the arguments they share."""

from dataclasses import dataclass

from halflight.nn.arrays import Array, Shape, Weight
from halflight.nn.checks import BOOLEAN, NOT_NEGATIVE, check
from halflight.nn.constraints import Constraint
from halflight.nn.initializers import Initializer
from halflight.nn.layer import Layer
from halflight.nn.layers.weighted import look_up, weight_of
from halflight.nn.regularizers import L1L2


@dataclass(eq=False, kw_only=True)
class Affine(Layer):
    """A layer that divides by sqrt(variance + epsilon), then scales by gamma and adds beta.

    Without `scale` there is no gamma, without `center` no beta.
    """

    epsilon: float = 1e-3
    center: bool = True
    scale: bool = True
    beta_initializer: str | Initializer = "zeros"
    gamma_initializer: str | Initializer = "ones"
    beta_regularizer: str | L1L2 | None = None
    gamma_regularizer: str | L1L2 | None = None
    beta_constraint: str | Constraint | None = None
    gamma_constraint: str | Constraint | None = None

    def check_affine(self) -> None:
        """Require an epsilon of 0 or more and known names."""
        check(self, NOT_NEGATIVE, "epsilon")
        check(self, BOOLEAN, "center", "scale")
        for role in ("beta", "gamma"):
            look_up(self, role)

    def require_last(self, axis: int, shape: Shape) -> None:
        """Raise unless `axis`, counted with the batch as 0, is the last one."""
        if isinstance(axis, bool) or axis not in (-1, len(shape)):
            raise self.error(f"axis must be the last of {shape} (Permute another there)", axis)

    def build_affine(self, *shape: int) -> None:
        """Declare gamma and beta: of a shape, such as one value a channel."""
        self.gamma: Weight | None = None
        self.beta: Weight | None = None
        if self.scale:
            self.gamma = weight_of(self, "gamma", "gamma", shape)
        if self.center:
            self.beta = weight_of(self, "beta", "beta", shape)

    @property
    def gamma_value(self) -> Array:
        """The values of gamma, or None, which stands for ones."""
        return self.gamma.value if self.gamma else None

    @property
    def beta_value(self) -> Array:
        """The values of beta, or None, which stands for zeros."""
        return self.beta.value if self.beta else None

    @property
    def gradients(self) -> tuple[Array, Array]:
        """Where the gradients of gamma and beta go; None where there is none or it is frozen."""
        return tuple(  # type: ignore[return-value]
            weight.grad if weight and self.trainable else None for weight in (self.gamma, self.beta)
        )
