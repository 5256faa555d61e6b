"""The memory of all weights: one flat buffer of values, one of gradients, one of states."""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.kernels import Backend
from core.nn.layer import Array, Layer, Weight
from core.nn.memory import aligned


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


class Parameters:
    """Hands every weight of a model its view of three flat buffers, and draws its initial value.

    Trained weights that decay come first, the others follow, so that an optimizer needs two calls
    when nothing is frozen. Every weight begins at a multiple of 16 values; the gaps stay zero.
    A weight's initial value depends on (seed, full name) alone.
    """

    def __init__(
        self,
        kernels: Backend,
        layers: Sequence[Layer],
        weights: Mapping[str, Weight],
        seed: int,
    ) -> None:
        """Allocate and initialise all `weights`."""
        self._kernels, self._layers = kernels, layers
        self._starts: dict[int, int] = {}
        ordered = sorted(weights.items(), key=lambda item: not item[1].decay)  # stable
        trained = {name: weight for name, weight in ordered if weight.trained}
        states = {name: weight for name, weight in ordered if not weight.trained}
        self.values = self._allocate(trained, seed)
        self.states = self._allocate(states, seed)
        self.gradients = kernels.zeros(self.values.shape)
        self.states_before = kernels.zeros(self.states.shape)
        for weight in trained.values():
            weight.grad = self._view(self.gradients, weight)

    def spans(self) -> list[Span]:
        """Return the trainable stretches of `values`, as long as possible, in order."""
        pieces = [
            Span(self._starts[id(weight)], self._stop(weight), weight.decay)
            for layer in self._layers
            if layer.trainable
            for weight in layer.weights.values()
            if weight.trained
        ]
        spans: list[Span] = []
        for piece in sorted(pieces, key=lambda span: span.start):
            if spans and spans[-1].stop == piece.start and spans[-1].decay == piece.decay:
                piece = Span(spans.pop().start, piece.stop, piece.decay)
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
            self._view(host, weight)[...] = initial
        flat = self._kernels.to_device(host)
        for weight in weights.values():
            weight.value = self._view(flat, weight)
        return flat

    def _view(self, flat: Array, weight: Weight) -> Array:
        start = self._starts[id(weight)]
        return flat[start : start + math.prod(weight.shape)].reshape(weight.shape)

    def _stop(self, weight: Weight) -> int:
        return self._starts[id(weight)] + aligned(math.prod(weight.shape))
