"""What regularizers and constraints do in a training step, weight by weight."""

from collections.abc import Sequence

from halflight.kernels import Backend
from halflight.nn.arrays import Array, Weight
from halflight.nn.layer import Layer
from halflight.nn.parameters import Parameters
from halflight.nn.regularizers import L1L2
from halflight.nn.trainable import trainable


def regularized(layers: Sequence[Layer]) -> list[tuple[Weight, L1L2]]:
    """Return the weights that have a penalty, with it. Frozen layers have none."""
    return [
        (weight, weight.regularizer)
        for _, weight in trainable(layers)
        if weight.regularizer is not None
    ]


def regularizing(layers: Sequence[Layer]) -> list[Layer]:
    """Return the layers whose output has a penalty."""
    return [layer for layer in layers if layer.activity is not None]


def write_penalties(
    kernels: Backend, layers: Sequence[Layer], penalties: Sequence[Array], *, gradients: bool
) -> None:
    """Write each penalty (1,), and add its gradient to that of the loss if `gradients`.

    Called after the backward pass: the sum belongs to the loss, once a batch, as in Keras. Layers
    that regularize activities have computed theirs.
    """
    numbers = list(penalties)
    for layer in regularizing(layers):
        assert layer.activity is not None
        kernels.copy(numbers.pop(), layer.activity.value)
    for (weight, regularizer), penalty in zip(regularized(layers), numbers, strict=True):
        gradient = weight.grad if gradients else None
        kernels.regularize(penalty, gradient, weight.value, regularizer.l1, regularizer.l2)


def apply_constraints(kernels: Backend, parameters: Parameters, layers: Sequence[Layer]) -> None:
    """Bring constrained weights back to where they may be; called after the optimizer's step.

    Frozen layers keep their weights, and so do all after a step that was not finite.
    """
    for _, weight in trainable(layers):
        if weight.constraint is not None:
            units = weight.shape[-1] if len(weight.shape) > 1 else 1
            columns = weight.value.reshape((weight.value.size // units, units))
            weight.constraint.apply(kernels, columns, parameters.finite)
