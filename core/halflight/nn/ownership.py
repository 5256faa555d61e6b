"""Who owns the weights: networks that share layers share one memory of weights."""

import threading
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

from halflight.kernels import Backend
from halflight.nn.arrays import Weight
from halflight.nn.layer import Layer, Owner
from halflight.nn.parameters import Parameters
from halflight.nn.turns import Turns


class Ownership:
    """Layers whose weights lie in one memory, which is allocated when it is first needed."""

    def __init__(self, layers: Sequence[Layer], kernels: Backend, seed: int) -> None:
        """Take the layers over."""
        self._take({"layers": list(layers), "_kernels": kernels, "_seed": seed})

    def _take(self, state: dict[str, Any]) -> None:
        self.layers: list[Layer] = state["layers"]
        self._kernels: Backend = state["_kernels"]
        self._seed: int = state["_seed"]
        self.turns = Turns()
        self._allocating = threading.Lock()
        self._parameters: Parameters | None = None
        for layer in self.layers:
            layer.owner, layer.kernels = self, self._kernels

    def __getstate__(self) -> dict[str, Any]:
        """Return what a copy is made of: the layers, which keep the values of their weights."""
        return {name: getattr(self, name) for name in ("layers", "_kernels", "_seed")}

    __setstate__ = _take

    def allocated(self) -> Parameters:
        """Return the memory. Weights that had a value before keep it; the others are drawn."""
        with self._allocating:
            if self._parameters is None:
                weights: dict[str, Weight] = {}
                for layer in self.layers:
                    for key, weight in layer.weights.items():
                        name = f"{layer.name}/{key}"
                        if weight.value is not None:
                            name = f"{name} ({len(weights)})"  # others may have the same name
                        weights[name] = weight
                self._parameters = Parameters(self._kernels, weights, self._seed)
            return self._parameters


def join(layers: Sequence[Layer], kernels: Backend, seed: int) -> None:
    """Give `layers`, and all that share weights' memory with them, one common ownership.

    Raises:
        ValueError: a layer belongs to a network on another back end.
        RuntimeError: another thread trains weights that would move.
    """
    before: list[Owner] = list(dict.fromkeys(layer.owner for layer in layers if layer.owner))
    for layer in layers:
        if layer.owner and layer.kernels is not kernels:
            raise layer.error(
                f"belongs to a model on another back end than {kernels.name!r}", layer.kernels.name
            )
    if len(before) == 1 and all(layer.owner for layer in layers):
        return
    with ExitStack() as turns:
        for owner in sorted(before, key=id):  # in one order, so that no two threads wait in circles
            owner.turns.require_untrained("a model around its layers")
            turns.enter_context(owner.turns.writing("a model around its layers"))
            owner.allocated()  # each draws its weights by its own seed
        everyone = [layer for owner in before for layer in owner.layers] + list(layers)
        Ownership(list(dict.fromkeys(everyone)), kernels, seed)
