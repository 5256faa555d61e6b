"""The symbolic tensors that layers are called on: together they draw a model's graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from halflight.nn.arrays import ScratchRequest, Shape
from halflight.nn.checks import COUNT, Rule, broken, is_integer, require

SIZES = Rule(
    "positive integers, or None for a length that varies",
    lambda value: (
        isinstance(value, tuple | list)
        and len(value) > 0
        and all(size is None or (is_integer(size) and size >= 1) for size in value)
    ),
    tuple,
)


@dataclass(eq=False)
class Tensor:
    """A shape without its batch axis, and the call that produces it (None: an input).

    A length that varies from batch to batch is None in the shape.
    """

    shape: tuple[int, ...]
    name: str | None = None
    call: Call | None = None
    dtype: str = "float32"
    """"float32" (whatever the back end's precision) or "int32"."""
    mask: Tensor | None = None
    """Which of its steps count, (time,) of 1 and 0; None: all."""
    tried: tuple[Shape, Shape] | None = None
    """Where a length varies: the shapes that layers were built for (see `lengths`)."""
    samples: int | None = None
    """How many samples every batch of an input has; None: any number."""


@dataclass(eq=False)
class Call:
    """One use of a layer."""

    layer: Any
    """The Layer."""
    inputs: tuple[Tensor, ...]
    requests: tuple[ScratchRequest, ...]
    masked: bool = False
    """Whether the last input is a mask."""


def check_mask(layer: Any, steps: tuple[int, ...], mask: Tensor) -> None:
    """Raise ValueError unless a mask has a value for each of the steps (time,)."""
    if mask.dtype != "float32" or not steps or mask.shape != steps:
        rule = f"a mask has a value for each step, {steps} of float32"
        raise layer.error(rule, f"{mask.shape} of {mask.dtype}")


def Input(  # noqa: N802  Keras's name
    shape: tuple[int, ...] | None = None,
    name: str | None = None,
    dtype: str = "float32",
    *,
    batch_size: int | None = None,
    batch_shape: tuple[int | None, ...] | None = None,
) -> Tensor:
    """Return a symbolic input: `shape` has no batch axis, so an image is (height, width, channels).

    An Input of dtype "int32" holds indices, for an Embedding. A None in `shape` is a length that
    may differ from batch to batch: (None, 3) is a sequence of any number of steps. `batch_size` is
    how many samples every batch must have, as stateful layers need it; `batch_shape` says it and
    the shape at once.

    Raises:
        ValueError: `shape` holds something else than positive integers and None, or the dtype or
            the batch size is another one; both `batch_shape` and another are given.
    """
    label = f"Input {name!r}"
    if batch_shape is not None:
        if shape is not None or batch_size is not None:
            received = {"shape": shape, "batch_size": batch_size, "batch_shape": batch_shape}
            raise broken(label, "batch_shape is in the place of shape and batch_size", received)
        batch_size, *shape = require(label, "batch_shape", batch_shape, SIZES)
    sizes = require(label, "shape", shape, SIZES)
    samples = require(label, "batch_size", batch_size, COUNT.or_none())
    if dtype not in ("float32", "int32"):
        raise ValueError(f'{label}: dtype must be "float32" or "int32", received {dtype!r}')
    return Tensor(tuple(sizes), name=name, dtype=dtype, samples=samples)


def InputLayer(  # noqa: N802  Keras's name
    shape: tuple[int, ...] | None = None,
    batch_size: int | None = None,
    dtype: str = "float32",
    *,
    batch_shape: tuple[int | None, ...] | None = None,
    input_shape: tuple[int, ...] | None = None,
    name: str | None = None,
) -> Tensor:
    """Return what `Input` does, as the first entry of a `Sequential`; `input_shape` is `shape`.

    Raises ValueError as `Input`, and where both `shape` and `input_shape` are given.
    """
    if shape is not None and input_shape is not None:
        raise broken("InputLayer", "takes shape or input_shape", [shape, input_shape])
    sizes = shape if input_shape is None else input_shape
    return Input(sizes, name, dtype, batch_size=batch_size, batch_shape=batch_shape)
