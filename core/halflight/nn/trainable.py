"""Which weights gradients change now, and where they lie in the memory of all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from halflight.nn.arrays import Weight
from halflight.nn.layer import Layer
from halflight.nn.parameters import Parameters


@dataclass(frozen=True)
class Span:
    """A stretch of trainable weights that an optimizer updates in one call."""

    start: int
    stop: int
    decay: bool
    factor: float = 1.0
    """Of the learning rate."""


def trainable(layers: Sequence[Layer]) -> list[tuple[Layer, Weight]]:
    """Return the weights that gradients change now, in the order of their layers."""
    return [
        (layer, weight)
        for layer in layers
        if layer.trainable
        for weight in layer.weights.values()
        if weight.trained
    ]


def spans(
    parameters: Parameters,
    layers: Sequence[Layer],
    multipliers: Mapping[str, float] | None = None,
    *,
    decays: bool = True,
) -> list[Span]:
    """Return the stretches of values that `layers` train, as long as possible, in order.

    Args:
        layers: all of a model's, or some of them where models share weights.
        multipliers: factors of the learning rate by patterns of layer names; the first that
            matches counts, and 1 where none does.
        decays: whether there is weight decay at all.

    Raises:
        ValueError: a pattern matches no layer; the message lists the names.
    """
    factors = _factors([layer.name or "" for layer in layers], multipliers or {})
    pieces = [
        Span(*parameters.place(weight), weight.decay and decays, factors[layer.name or ""])
        for layer, weight in trainable(layers)
    ]
    spans: list[Span] = []
    for piece in sorted(pieces, key=lambda span: span.start):
        last = spans[-1] if spans else None
        if last and last == replace(piece, start=last.start, stop=piece.start):
            piece = replace(spans.pop(), stop=piece.stop)
        spans.append(piece)
    return spans


def _factors(names: Sequence[str], multipliers: Mapping[str, float]) -> dict[str, float]:
    """Return every layer's factor of the learning rate."""
    for pattern in multipliers:
        if not any(fnmatchcase(name, pattern) for name in names):
            raise ValueError(
                f"learning_rate_multipliers: no layer matches {pattern!r}; the layers are {names}"
            )
    return {
        name: next((f for pattern, f in multipliers.items() if fnmatchcase(name, pattern)), 1.0)
        for name in names
    }
