"""layer_list: a stack of layers from their names and arguments as plain values."""

from collections.abc import Mapping, Sequence
from typing import Any

from halflight.nn.arrays import Shape
from halflight.nn.layer import Input
from halflight.nn.layers import LAYERS
from halflight.nn.model import Model


def build(
    layers: Sequence[tuple[str, Mapping[str, Any]]],
    *,
    input_shape: Shape,
    backend: str = "cpu",
    seed: int = 0,
) -> Model:
    """Return the model that calls every layer on the output of the one before it.

    Args:
        layers: names of layers, registered ones among them, each with its arguments as plain
            values.
        input_shape: of the first layer's input, without the batch axis.
        backend, seed: see `Model`.

    Raises:
        ValueError: the list is empty, or a layer is unknown or refuses an argument or its input;
            the message counts the entries from 1.
    """
    image = x = Input(input_shape, name="image")
    for number, (name, arguments) in enumerate(layers, start=1):
        try:
            x = LAYERS.construct({"class": name, "config": arguments})(x)
        except ValueError as error:
            raise ValueError(f"entry {number} of the layers, {name}: {error}") from error
    return Model(image, x, backend=backend, seed=seed)
