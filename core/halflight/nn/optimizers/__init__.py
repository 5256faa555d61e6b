"""Optimizers: the first-order methods of Keras 3, under its names."""

from collections.abc import Mapping
from typing import Any

from halflight.nn.configuration import construct
from halflight.nn.optimizers.adagrad import Adadelta, Adagrad, RMSprop
from halflight.nn.optimizers.adam import Adam, Adamax, AdamW, Nadam
from halflight.nn.optimizers.optimizer import Optimizer
from halflight.nn.optimizers.sgd import SGD, Lion

__all__ = [
    "OPTIMIZERS",
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Lion",
    "Nadam",
    "Optimizer",
    "RMSprop",
    "get",
]

_CLASSES: Mapping[str, type[Optimizer]] = {
    cls.__name__: cls for cls in (SGD, Adagrad, Adadelta, RMSprop, Adam, AdamW, Nadam, Adamax, Lion)
}
OPTIMIZERS: Mapping[str, type[Optimizer]] = {name.lower(): cls for name, cls in _CLASSES.items()}


def get(optimizer: str | Optimizer | Mapping[str, Any]) -> Optimizer:
    """Return an optimizer from its name in any case, its configuration, or itself.

    Raises:
        ValueError: no optimizer has that name.
    """
    if isinstance(optimizer, Optimizer):
        return optimizer
    if isinstance(optimizer, str):
        if optimizer.lower() not in OPTIMIZERS:
            raise ValueError(f"unknown optimizer {optimizer!r}; known are {', '.join(OPTIMIZERS)}")
        return OPTIMIZERS[optimizer.lower()]()
    built: Optimizer = construct(optimizer, _CLASSES, "optimizer")
    return built
