"""Who owns the weights: networks that share layers share one memory of weights."""

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from halflight.kernels import Backend
from halflight.nn.arrays import Weight
from halflight.nn.layer import Layer, Owner
from halflight.nn.parameters import Parameters


class Ownership:
    """Layers whose weights lie in one memory, which is allocated when it is first needed."""

    def __init__(self, layers: Sequence[Layer], kernels: Backend, seed: int) -> None:
        """Take the layers over."""
        self.layers, self._kernels, self._seed = list(layers), kernels, seed
        self._parameters: Parameters | None = None
        for layer in layers:
            layer.owner, layer.kernels = self, kernels

    def allocated(self) -> Parameters:
        """Return the memory. Weights that had a value before keep it; the others are drawn."""
        if self._parameters is None:
            weights: dict[str, Weight] = {}
            values: dict[str, NDArray[Any]] = {}
            for layer in self.layers:
                for key, weight in layer.weights.items():
                    name = f"{layer.name}/{key}"
                    if weight.value is not None:
                        name = f"{name} ({len(weights)})"  # nothing is drawn by this name
                        values[name] = self._kernels.to_host(weight.value)
                    weights[name] = weight
            self._parameters = Parameters(self._kernels, weights, self._seed)
            for name, value in values.items():
                self._kernels.copy(weights[name].value, self._kernels.to_device(value))
        return self._parameters


def join(layers: Sequence[Layer], kernels: Backend, seed: int) -> None:
    """Give `layers`, and all that share weights' memory with them, one common ownership.

    Raises:
        ValueError: a layer belongs to a network on another back end.
    """
    before: list[Owner] = list(dict.fromkeys(layer.owner for layer in layers if layer.owner))
    for layer in layers:
        if layer.owner and layer.kernels is not kernels:
            raise layer.error(
                f"belongs to a model on another back end than {kernels.name!r}", layer.kernels.name
            )
    if len(before) == 1 and all(layer.owner for layer in layers):
        return
    for owner in before:
        owner.allocated()  # each draws its weights by its own seed
    everyone = [layer for owner in before for layer in owner.layers] + list(layers)
    Ownership(list(dict.fromkeys(everyone)), kernels, seed)
