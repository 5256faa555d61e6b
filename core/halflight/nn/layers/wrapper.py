"""Wrapper: the base of layers that run another layer, with its weights as their own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from halflight.nn.arrays import Scratch, ScratchRequest, Shape
from halflight.nn.configuration import configuration
from halflight.nn.layer import LAYERS, Layer
from halflight.nn.naming import snake_case
from halflight.nn.remembering import Memory

LARGEST_DEPTH = 8
"""Wrappers inside each other; more could only be an attempt to exhaust the stack."""
_HANDED_DOWN = frozenset({"kernels", "stream", "step", "trainable"})


@dataclass(eq=False)
class Wrapper(Layer):
    """A layer that runs copies of `layer`, which may be given as its configuration.

    The weights are named `<layer's name>/<weight>`. Back end, random stream, step and `trainable`
    of the wrapper are always those of the layers inside; a frozen `layer` freezes the wrapper.
    """

    layer: Any
    inside: tuple[Layer, ...] = field(init=False, repr=False, default=())

    def __setattr__(self, name: str, value: Any) -> None:
        """Hand what a model sets down to the layers inside."""
        super().__setattr__(name, value)
        if name in _HANDED_DOWN:
            for layer in self.inside:
                setattr(layer, name, value)

    @property
    def activity(self) -> Scratch | None:  # type: ignore[override]
        """Where a layer inside writes the penalty on what it is given."""
        found = [layer.activity for layer in self.inside if layer.activity is not None]
        return found[0] if found else None

    @property
    def memories(self) -> Sequence[Memory]:
        """What the layers inside keep from batch to batch."""
        return [memory for layer in self.inside for memory in layer.memories]

    def check_layer(self) -> Layer:
        """Replace `layer` by a copy of its own, with a name; raise unless it is one that fits."""
        if not isinstance(self.layer, Mapping | Layer):
            raise self.error("layer must be a layer", self.layer)
        if 1 + _depth(self.layer) > LARGEST_DEPTH:
            raise self.error(f"at most {LARGEST_DEPTH} wrappers may be nested", "more")
        if isinstance(self.layer, Mapping):
            self.layer = LAYERS.construct(self.layer)
        elif self.layer.weights:
            raise self.error("layer must not be in use elsewhere", self.layer.label)
        else:
            self.layer = self.copy_of_layer()
        if self.layer.takes_list or self.layer.takes_integers:
            raise self.error("layer must take one tensor of floats", self.layer.label)
        self.layer.name = self.layer.name or snake_case(type(self.layer).__name__)
        return self.layer

    def copy_of_layer(self, **changed: Any) -> Any:
        """Return a new layer of the same configuration but for what is `changed`."""
        return type(self.layer)(**configuration(self.layer) | changed)

    def keep(self, *layers: Layer) -> None:
        """Take note of the layers inside, which freeze and thaw with the wrapper."""
        self.inside = layers
        self.trainable = self.trainable and self.layer.trainable

    def build_inside(self, layer: Layer, shape: Any) -> tuple[Shape, list[ScratchRequest]]:
        """Build a layer inside and adopt its weights; return its output's shape and requests."""
        layer._requests = []
        layer.masked = layer.uses_mask and self.masked
        output_shape = layer.build(shape)
        for key, weight in layer.weights.items():
            weight.name = f"{layer.name}/{key}"
            self.weights[weight.name] = weight
        return output_shape, layer._requests


def _depth(layer: Any) -> int:
    """Count the wrappers inside each other, without recursion and no further than allowed."""
    for depth in range(LARGEST_DEPTH):
        config = layer.get("config") if isinstance(layer, Mapping) else vars(layer)
        if not isinstance(config, Mapping) or "layer" not in config:
            return depth
        layer = config["layer"]
        if not isinstance(layer, Mapping | Layer):
            return depth + 1
    return LARGEST_DEPTH
