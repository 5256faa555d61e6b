"""register: makes a user's own layer, loss, metric, ... known by name, to be saved and loaded."""

from typing import Any, TypeVar

from halflight.nn.constraints import CONSTRAINTS
from halflight.nn.initializers import INITIALIZERS
from halflight.nn.layers import LAYERS
from halflight.nn.losses import LOSSES
from halflight.nn.metrics import METRICS
from halflight.nn.optimizers import OPTIMIZERS
from halflight.nn.registry import Registry
from halflight.nn.regularizers import REGULARIZERS
from halflight.nn.schedules import SCHEDULES

C = TypeVar("C", bound=type)

REGISTRIES: tuple[Registry[Any], ...] = (
    *(LAYERS, LOSSES, METRICS, OPTIMIZERS, SCHEDULES, INITIALIZERS, CONSTRAINTS, REGULARIZERS),
)


def register(cls: C) -> C:
    """Let saved models, lists of layers and names ask for a class of your own; a decorator.

    The class is a dataclass that extends Layer, Loss, Metric, Optimizer, LearningRateSchedule,
    Initializer, Constraint or L1L2:

        @register
        @dataclass(eq=False)
        class Scale(Layer):
            factor: float = 1.0
            ...

    Files can then build it, and it alone, from its own arguments. Register it before loading.

    Returns:
        The class.

    Raises:
        TypeError: it is no such class.
        ValueError: its name is taken.
    """
    for registry in REGISTRIES:
        if isinstance(cls, type) and issubclass(cls, registry.base):
            return registry.register(cls)
    bases = ", ".join(registry.base.__name__ for registry in REGISTRIES)
    raise TypeError(f"register: needs a class that extends one of {bases}, received {cls!r}")
