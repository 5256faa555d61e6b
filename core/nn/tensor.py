"""Symbolic tensors: what layers are called on to draw a model's graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.nn.layer import Layer, ScratchRequest


@dataclass(eq=False)
class Tensor:
    """A shape without its batch axis, and the call that produces it (None: an input)."""

    shape: tuple[int, ...]
    name: str | None = None
    call: Call | None = None


@dataclass(eq=False)
class Call:
    """One use of a layer."""

    layer: Layer
    inputs: tuple[Tensor, ...]
    requests: tuple[ScratchRequest, ...]


def Input(shape: tuple[int, ...], name: str | None = None) -> Tensor:  # noqa: N802  Keras's name
    """Return a symbolic input: `shape` has no batch axis, so an image is (height, width, channels).

    Raises:
        ValueError: `shape` is not a sequence of positive integers.
    """
    sizes = tuple(shape)
    if not sizes or not all(type(size) is int and size > 0 for size in sizes):
        raise ValueError(f"Input {name!r}: shape must be positive integers, received {shape!r}")
    return Tensor(sizes, name=name)
