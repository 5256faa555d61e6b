"""What regularizers and constraints do in a training step, weight by weight."""

from collections.abc import Sequence

from core.kernels import Backend
from core.nn.layer import Layer
from core.nn.parameters import Parameters, trainable


def apply_regularizers(kernels: Backend, parameters: Parameters, layers: Sequence[Layer]) -> float:
    """Add the penalties' gradients to those of the loss, and return the sum of the penalties.

    Called after the backward pass: the sum belongs to the loss, once a batch, as in Keras. Frozen
    layers have no penalty.
    """
    return _penalties(kernels, parameters, layers, gradients=True)


def penalty(kernels: Backend, parameters: Parameters, layers: Sequence[Layer]) -> float:
    """Return the sum of the penalties and leave the gradients alone, as evaluation needs it."""
    return _penalties(kernels, parameters, layers, gradients=False)


def apply_constraints(kernels: Backend, layers: Sequence[Layer]) -> None:
    """Bring constrained weights back to where they may be; called after the optimizer's step.

    Frozen layers keep their weights.
    """
    for _, weight in trainable(layers):
        if weight.constraint is not None:
            units = weight.shape[-1] if len(weight.shape) > 1 else 1
            kernels.max_norm(weight.value.reshape(-1, units), weight.constraint.max_value)


def _penalties(
    kernels: Backend, parameters: Parameters, layers: Sequence[Layer], *, gradients: bool
) -> float:
    total = 0.0
    for _, weight in trainable(layers):
        if weight.regularizer is not None:
            gradient = weight.grad if gradients else None
            l1, l2 = weight.regularizer.l1, weight.regularizer.l2
            kernels.regularize(parameters.number, gradient, weight.value, l1, l2)
            total += float(kernels.to_host(parameters.number)[0])
    return total
