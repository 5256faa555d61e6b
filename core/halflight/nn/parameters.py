"""The memory of all weights: one flat buffer of values, one of gradients, one of states."""

import hashlib
import math
from collections.abc import Mapping

import numpy as np

from halflight.kernels import Backend
from halflight.nn.arrays import Array, Weight
from halflight.nn.memory import aligned


def stream(seed: int, name: str) -> int:
    """Return the random stream of `name` under `seed`: a 63-bit number that no other name gets."""
    digest = hashlib.sha256(f"{seed}/{name}".encode()).digest()
    return int.from_bytes(digest[:8], "little") >> 1


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
        """Allocate all `weights`, and draw those that have no value yet."""
        self._kernels = kernels
        self._starts: dict[Weight, int] = {}
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
                begin, stop = self.place(weight)
                self._zero(start, begin)
                start = stop
        self._zero(start, len(self.gradients))

    def end_gradients(self) -> None:
        """Make those gradients zero that the backward pass did not reach."""
        for weight in self._trained:
            if weight.take_fresh():
                self._kernels.fill(weight.grad, 0.0)

    def _zero(self, start: int, stop: int) -> None:
        if start < stop:
            self._kernels.fill(self.gradients[start:stop], 0.0)

    def place(self, weight: Weight) -> tuple[int, int]:
        """Return where `weight` begins in its flat buffer, and where the next one may."""
        start = self._starts[weight]
        return start, start + aligned(math.prod(weight.shape))

    def _allocate(self, weights: Mapping[str, Weight], seed: int) -> Array:
        total = 0
        for weight in weights.values():
            self._starts[weight] = total
            total += aligned(math.prod(weight.shape))
        host = np.zeros(max(total, 1), self._kernels.FLOAT)
        for name, weight in weights.items():
            known = weight.host()
            if known is None:
                rng = np.random.Generator(np.random.Philox(key=[seed, stream(seed, name)]))
                known = weight.initializer(weight.shape, rng)
            self.view(host, weight)[...] = known
        flat = self._kernels.to_device(host)
        for weight in weights.values():
            weight.value, weight.to_host = self.view(flat, weight), self._kernels.to_host
        return flat

    def view(self, flat: Array, weight: Weight) -> Array:
        """Return the part of a flat buffer, as long as `values`, that belongs to `weight`."""
        start = self._starts[weight]
        return flat[start : start + math.prod(weight.shape)].reshape(weight.shape)
