"""Writer: the ONNX graph while converters write it, as steps and constants by name."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from halflight.nn.arrays import Array, Host, Shape, Weight
from halflight.nn.layer import Layer


@dataclass(frozen=True)
class Value:
    """A tensor by its name, and its shape without the batch axis, channels last."""

    name: str
    shape: Shape


@dataclass
class Step:
    """One ONNX operator, with the names of the tensors it reads ("": left out) and writes."""

    kind: str
    inputs: list[str]
    outputs: list[str]
    attributes: dict[str, Any] = field(default_factory=dict)


class Writer:
    """Collects steps in the order they run.

    Names are the layer's, a slash, and the operator's or the weight's. The weights of a shared
    layer are kept once, and so are other constants of equal content.

    Args:
        converters: how each class of layer is written.
        inexpressible: classes of layers that ONNX has no words for, with the reason.
        to_host: copies a weight's values from the model's back end.
        taken: names that nothing else may have (the model's inputs and outputs).
    """

    def __init__(
        self,
        converters: "Mapping[type[Layer], Converter]",
        inexpressible: Mapping[type[Layer], str],
        to_host: Callable[[Array], Host],
        taken: Sequence[str],
    ) -> None:
        """Begin an empty graph."""
        self._converters, self._inexpressible = converters, inexpressible
        self.steps: list[Step] = []
        self.constants: dict[str, Host] = {}
        self._layers: list[Layer] = []
        self._to_host = to_host
        self._taken = set(taken)
        self._known: dict[tuple[int, str, Shape, str], str] = {}

    def convert(self, layer: Layer, x: Value | Sequence[Value], shape: Shape) -> str:
        """Write one call of a layer and return the name of its output, of `shape` a sample.

        Raises:
            ValueError: the layer cannot be said in ONNX; the message names it and the reason.
        """
        with self._inside(layer):
            if type(layer) in self._inexpressible:
                raise self.error(self._inexpressible[type(layer)])
            if type(layer) not in self._converters:
                raise self.error(
                    "its class has no converter in halflight.export.converters.CONVERTERS"
                )
            return self._converters[type(layer)](self, layer, x, shape)

    @contextmanager
    def _inside(self, layer: Layer) -> Iterator[None]:
        """Name what is written in the block after `layer`, and after the layer it is inside of."""
        self._layers.append(layer)
        try:
            yield
        finally:
            self._layers.pop()

    def op(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Add an operator of one output and return the output's name."""
        return self.ops(kind, inputs, 1, **attributes)[0]

    def ops(self, kind: str, inputs: Sequence[str], outputs: int, **attributes: Any) -> list[str]:
        """Add an operator of several outputs and return their names."""
        names = [self._name(kind) for _ in range(outputs)]
        self.steps.append(Step(kind, list(inputs), names, attributes))
        return names

    def numbers(self, values: Any, label: str = "constant") -> str:
        """Add float32 numbers to compute with, however they were given; return the name."""
        return self._keep(np.asarray(values, np.float32), label, owner=0)

    def integers(self, values: Any, label: str) -> str:
        """Add int64 numbers that say where or how many, such as axes; return the name."""
        return self._keep(np.asarray(values, np.int64), label, owner=0)

    def weight(self, weight: Weight, arrange: Callable[[Host], Host] = lambda array: array) -> str:
        """Add a weight's values, rearranged by `arrange`, and return the constant's name."""
        array = arrange(self._to_host(weight.value)).astype(np.float32)
        return self._keep(array, weight.name.rpartition("/")[2], owner=id(weight))

    def transpose(self, x: str, order: Sequence[int]) -> str:
        """Reorder the axes, the batch axis included."""
        return self.op("Transpose", x, perm=list(order))

    def channels_first(self, x: str, rank: int) -> str:
        """Move the channels before the `rank` axes of space: ONNX's order."""
        return self.transpose(x, (0, rank + 1, *range(1, rank + 1)))

    def channels_last(self, x: str, rank: int) -> str:
        """Move the channels after the `rank` axes of space: our order."""
        return self.transpose(x, (0, *range(2, rank + 2), 1))

    def reshape(self, x: str, shape: Shape) -> str:
        """Give every sample that shape."""
        return self.op("Reshape", x, self.integers([0, *shape], "shape"))

    def regroup(self, x: str, shape: Shape) -> str:
        """Reshape with as many samples as it takes: shape is that of one."""
        return self.op("Reshape", x, self.integers([-1, *shape], "shape"))

    def error(self, reason: str) -> ValueError:
        """Return the error that names the layer being written."""
        label = ", ".join(layer.label for layer in self._layers)
        return ValueError(f"{label}: cannot be written as ONNX: {reason}")

    def _keep(self, values: Host, label: str, owner: int) -> str:
        """Return the name of the owner's constant of these values, new or known."""
        array = np.array(values, order="C")
        digest = hashlib.sha256(array.tobytes()).hexdigest()
        key = (owner, array.dtype.str, array.shape, digest)
        if key not in self._known:
            self._known[key] = self._name(label)
            self.constants[self._known[key]] = array
        return self._known[key]

    def _name(self, label: str) -> str:
        base = "/".join([*(str(layer.name) for layer in self._layers), label])
        number, name = 0, base
        while name in self._taken:
            number += 1
            name = f"{base}_{number}"
        self._taken.add(name)
        return name


Converter = Callable[[Writer, Any, Any, Shape], str]
"""converter(writer, layer, x, shape) -> the name of the output, of `shape` a sample.

x is a Value, or a list of them for a layer that takes a list.
"""
