"""Symbolic tensors: what layers are called on to draw a model's graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from halflight.nn.layer import Layer, ScratchRequest


@dataclass(eq=False)
class Tensor:
    """A shape without its batch axis, and the call that produces it (None: an input)."""

    shape: tuple[int, ...]
    name: str | None = None
    call: Call | None = None
    dtype: str = "float32"
    """"float32" (whatever the back end's precision) or "int32"."""


@dataclass(eq=False)
class Call:
    """One use of a layer."""

    layer: Layer
    inputs: tuple[Tensor, ...]
    requests: tuple[ScratchRequest, ...]


def Input(  # noqa: N802  Keras's name
    shape: tuple[int, ...], name: str | None = None, dtype: str = "float32"
) -> Tensor:
    """Return a symbolic input: `shape` has no batch axis, so an image is (height, width, channels).

    An Input of dtype "int32" holds indices, for an Embedding.

    Raises:
        ValueError: `shape` is not a sequence of positive integers, or the dtype is another one.
    """
    sizes = tuple(shape)
    if not sizes or not all(type(size) is int and size > 0 for size in sizes):
        raise ValueError(f"Input {name!r}: shape must be positive integers, received {shape!r}")
    if dtype not in ("float32", "int32"):
        raise ValueError(f'Input {name!r}: dtype must be "float32" or "int32", received {dtype!r}')
    return Tensor(sizes, name=name, dtype=dtype)
