"""Gradient clipping: by value, by each weight's norm, or by the common norm of all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from halflight.kernels import Backend
from halflight.nn.layer import Array, Layer
from halflight.nn.parameters import trainable

if TYPE_CHECKING:
    from halflight.nn.optimizers.optimizer import Optimizer


class Clipping:
    """Clips gradients as an optimizer says (Pascanu et al. 2013, section 3.2)."""

    def __init__(
        self,
        optimizer: Optimizer,
        kernels: Backend,
        stretches: Sequence[Array],
        layers: Sequence[Layer],
    ) -> None:
        """Take the gradients of all trainable weights, in few long stretches and one by one."""
        self._optimizer, self._kernels, self._stretches = optimizer, kernels, stretches
        weights = [weight.grad for _, weight in trainable(layers)]
        self._weights = [gradient.reshape(gradient.size) for gradient in weights]
        self._squares = kernels.empty((max(len(stretches), 1),))
        self._slots = [self._squares[i : i + 1] for i in range(len(stretches))]

    def __call__(self) -> None:
        """Clip the gradients where they are."""
        kernels, optimizer = self._kernels, self._optimizer
        if optimizer.clipvalue is not None:
            for gradients in self._stretches:
                kernels.clip(gradients, optimizer.clipvalue)
        if optimizer.clipnorm is not None:
            for gradient in self._weights:
                kernels.sum_of_squares(self._slots[0], gradient)
                kernels.limit_norm(gradient, self._slots[0], optimizer.clipnorm)
        if optimizer.global_clipnorm is not None:
            for slot, gradients in zip(self._slots, self._stretches, strict=True):
                kernels.sum_of_squares(slot, gradients)
            for gradients in self._stretches:
                kernels.limit_norm(gradients, self._squares, optimizer.global_clipnorm)
