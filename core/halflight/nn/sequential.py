"""Sequential: a model that is a plain stack of layers."""

from collections.abc import Sequence

from halflight.nn.layer import Layer, Tensor
from halflight.nn.model import Model
from halflight.nn.network import Network


class Sequential(Model):
    """A model whose layers follow one another; the first entry is an `Input`."""

    def __init__(
        self, layers: Sequence[Tensor | Layer | Network], *, backend: str = "cpu", seed: int = 0
    ) -> None:
        """Call every layer, or model, on the output of the one before it.

        Raises:
            ValueError: the first entry is not an Input, or another one is not a layer.
        """
        first, *rest = layers if layers else [None]
        if not isinstance(first, Tensor) or first.call is not None or not rest:
            raise ValueError(f"Sequential: needs an Input(...), then layers, received {layers!r}")
        last: Tensor | list[Tensor] = first
        for layer in rest:
            if not isinstance(layer, Layer | Network) or not isinstance(last, Tensor):
                raise ValueError(
                    "Sequential: every entry but the first is a layer, or a model of one output, "
                    f"received {layer!r:.200}"
                )
            last = layer(last)
        super().__init__(first, last, backend=backend, seed=seed)
