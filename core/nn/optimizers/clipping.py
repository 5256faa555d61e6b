"""Gradient clipping: by value, by each weight's norm, or by the common norm of all."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.kernels import Backend
from core.nn.layer import Array, Layer
from core.nn.parameters import Parameters, Span, trainable

if TYPE_CHECKING:
    from core.nn.optimizers.optimizer import Optimizer


def clip_gradients(
    optimizer: Optimizer,
    kernels: Backend,
    parameters: Parameters,
    layers: Sequence[Layer],
    spans: Sequence[Span],
) -> None:
    """Clip the gradients of `spans` as the optimizer says (Pascanu et al. 2013, section 3.2)."""
    gradients = [parameters.gradients[span.start : span.stop] for span in spans]
    if optimizer.clipvalue is not None:
        for part in gradients:
            kernels.clip(part, optimizer.clipvalue)
    if optimizer.clipnorm is not None:
        for _, weight in trainable(layers):
            _limit(kernels, parameters.number, [weight.grad.reshape(-1)], optimizer.clipnorm)
    if optimizer.global_clipnorm is not None:
        _limit(kernels, parameters.number, gradients, optimizer.global_clipnorm)


def _limit(kernels: Backend, number: Array, parts: Sequence[Array], largest: float) -> None:
    """Scale all parts down so that their common norm is at most `largest`."""
    squares = 0.0
    for part in parts:
        kernels.sum_of_squares(number, part)
        squares += float(kernels.to_host(number)[0])
    norm = math.sqrt(squares)
    if norm > largest:
        for part in parts:
            kernels.scale(part, largest / norm)
