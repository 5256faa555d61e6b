"""Gradient clipping: by value, by each weight's norm, or by the common norm of all."""

from collections.abc import Sequence

from halflight.kernels import Backend
from halflight.nn.arrays import Array
from halflight.nn.layer import Layer
from halflight.nn.trainable import trainable


class Clipping:
    """Clips the gradients of trainable weights (Pascanu et al. 2013, section 3.2)."""

    def __init__(
        self, kernels: Backend, stretches: Sequence[Array], layers: Sequence[Layer]
    ) -> None:
        """Take the gradients, in few long stretches and one by one."""
        self._kernels, self._stretches = kernels, stretches
        weights = [weight.grad for _, weight in trainable(layers)]
        self._weights = [gradient.reshape(gradient.size) for gradient in weights]
        self._squares = kernels.empty((max(len(stretches), 1),))
        self._slots = [self._squares[i : i + 1] for i in range(len(stretches))]

    def __call__(
        self, clipvalue: float | None, clipnorm: float | None, global_clipnorm: float | None
    ) -> None:
        """Clip the gradients where they are, in each way that is given a limit."""
        kernels = self._kernels
        if clipvalue:
            for gradients in self._stretches:
                kernels.clip(gradients, clipvalue)
        if clipnorm:
            for gradient in self._weights:
                kernels.sum_of_squares(self._slots[0], gradient)
                kernels.limit_norm(gradient, self._slots[0], clipnorm)
        if global_clipnorm:
            for slot, gradients in zip(self._slots, self._stretches, strict=True):
                kernels.sum_of_squares(slot, gradients)
            for gradients in self._stretches:
                kernels.limit_norm(gradients, self._squares, global_clipnorm)
