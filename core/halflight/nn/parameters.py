"""The memory of all weights: one flat buffer of values, one of gradients, one of states."""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

import numpy as np

from halflight.kernels import Backend
from halflight.nn.layer import Array, Layer, Weight
from halflight.nn.memory import aligned


def stream(seed: int, name: str) -> int:
    """Return the random stream of `name` under `seed`: a 63-bit number that no other name gets."""
    digest = hashlib.sha256(f"{seed}/{name}".encode()).digest()
    return int.from_bytes(digest[:8], "little") >> 1


@dataclass(frozen=True)
class Span:
    """A stretch of trainable weights that an optimizer updates in one call."""

    start: int
    stop: int
    decay: bool
    factor: float = 1.0
    """Of the learning rate."""


class Parameters:
    """Hands every weight of a model its view of three flat buffers, and draws its initial value.

    Trained weights that decay come first, the others follow, so that an optimizer needs two calls
    when nothing is frozen. Every weight begins at a multiple of 16 values; the gaps stay zero.
    A weight's initial value depends on (seed, full name) alone.
    """

    def __init__(
        self,
        kernels: Backend,
        weights: Mapping[str, Weight],
        seed: int,
    ) -> None:
        """Allocate and initialise all `weights`."""
        self._kernels = kernels
        self._starts: dict[int, int] = {}
        ordered = sorted(weights.items(), key=lambda item: not item[1].decay)  # stable
        trained = {name: weight for name, weight in ordered if weight.trained}
        states = {name: weight for name, weight in ordered if not weight.trained}
        self.values = self._allocate(trained, seed)
        self.states = self._allocate(states, seed)
        self.gradients = kernels.zeros(self.values.shape)
        self.states_before = kernels.zeros(self.states.shape)
        self.finite = kernels.to_device(np.ones(1))
        """1 as long as all losses and gradients of a training are finite."""
        self._trained = list(trained.values())
        for weight in self._trained:
            weight.grad = self.view(self.gradients, weight)

    def begin_gradients(self) -> None:
        """Make all gradients zero, or fresh: large ones are not written twice."""
        start = 0
        for weight in self._trained:
            weight.fresh = weight.replaces
            if weight.fresh:
                self._zero(start, self._starts[id(weight)])
                start = self._stop(weight)
        self._zero(start, len(self.gradients))

    def end_gradients(self) -> None:
        """Make those gradients zero that the backward pass did not reach."""
        for weight in self._trained:
            if weight.take_fresh():
                self._kernels.fill(weight.grad, 0.0)

    def _zero(self, start: int, stop: int) -> None:
        if start < stop:
            self._kernels.fill(self.gradients[start:stop], 0.0)

    def spans(
        self,
        layers: Sequence[Layer],
        multipliers: Mapping[str, float] | None = None,
        *,
        decays: bool = True,
    ) -> list[Span]:
        """Return the stretches of `values` that `layers` train, as long as possible, in order.

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
            Span(
                self._starts[id(weight)],
                self._stop(weight),
                weight.decay and decays,
                factors[layer.name or ""],
            )
            for layer, weight in trainable(layers)
        ]
        spans: list[Span] = []
        for piece in sorted(pieces, key=lambda span: span.start):
            last = spans[-1] if spans else None
            if last and last == replace(piece, start=last.start, stop=piece.start):
                piece = replace(spans.pop(), stop=piece.stop)
            spans.append(piece)
        return spans

    def _allocate(self, weights: Mapping[str, Weight], seed: int) -> Array:
        total = 0
        for weight in weights.values():
            self._starts[id(weight)] = total
            total += aligned(math.prod(weight.shape))
        host = np.zeros(max(total, 1), self._kernels.FLOAT)
        for name, weight in weights.items():
            rng = np.random.Generator(np.random.Philox(key=[seed, stream(seed, name)]))
            initial = weight.initializer(weight.shape, rng)
            self.view(host, weight)[...] = initial
        flat = self._kernels.to_device(host)
        for weight in weights.values():
            weight.value = self.view(flat, weight)
        return flat

    def view(self, flat: Array, weight: Weight) -> Array:
        """Return the part of a flat buffer, as long as `values`, that belongs to `weight`."""
        start = self._starts[id(weight)]
        return flat[start : start + math.prod(weight.shape)].reshape(weight.shape)

    def _stop(self, weight: Weight) -> int:
        return self._starts[id(weight)] + aligned(math.prod(weight.shape))


def trainable(layers: Sequence[Layer]) -> list[tuple[Layer, Weight]]:
    """Return the weights that gradients change now, in the order of their layers."""
    return [
        (layer, weight)
        for layer in layers
        if layer.trainable
        for weight in layer.weights.values()
        if weight.trained
    ]


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
