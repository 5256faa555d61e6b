"""The symbolic tensors that layers are called on: together they draw a model's graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from halflight.nn.arrays import ScratchRequest
from halflight.nn.checks import integers, require

SIZES = integers("positive integers", least=1)


@dataclass(eq=False)
class Tensor:
    """A shape without its batch axis, and the call that produces it (None: an input)."""

    shape: tuple[int, ...]
    name: str | None = None
    call: Call | None = None
    dtype: str = "float32"
    """"float32" (whatever the back end's precision) or "int32"."""
    mask: Tensor | None = None
    """Which of its steps count, (time,) of 1 and 0; None: all."""


@dataclass(eq=False)
class Call:
    """One use of a layer."""

    layer: Any
    """The Layer."""
    inputs: tuple[Tensor, ...]
    requests: tuple[ScratchRequest, ...]
    masked: bool = False
    """Whether the last input is a mask."""


def Input(  # noqa: N802  Keras's name
    shape: tuple[int, ...], name: str | None = None, dtype: str = "float32"
) -> Tensor:
    """Return a symbolic input: `shape` has no batch axis, so an image is (height, width, channels).

    An Input of dtype "int32" holds indices, for an Embedding.

    Raises:
        ValueError: `shape` is not a sequence of positive integers, or the dtype is another one.
    """
    sizes = require(f"Input {name!r}", "shape", shape, SIZES)
    if dtype not in ("float32", "int32"):
        raise ValueError(f'Input {name!r}: dtype must be "float32" or "int32", received {dtype!r}')
    return Tensor(sizes, name=name, dtype=dtype)
