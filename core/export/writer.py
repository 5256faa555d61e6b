"""Writer: the ONNX graph while converters write it, as steps and constants by name."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.nn.layer import Array, Layer, Shape, Weight

Host = NDArray[Any]


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

    Names are the layer's, a slash, and the operator's or the weight's. Constants of equal content
    are kept once, so a shared layer's weights are too.

    Args:
        to_host: copies a weight's values from the model's back end.
        opset: version of ONNX's operators.
        taken: names that nothing else may have (the model's inputs and outputs).
    """

    def __init__(self, to_host: Callable[[Array], Host], opset: int, taken: Sequence[str]) -> None:
        """Begin an empty graph."""
        self.opset = opset
        self.steps: list[Step] = []
        self.constants: dict[str, Host] = {}
        self.layer: Layer | None = None
        """The layer that is being written."""
        self._to_host = to_host
        self._taken = set(taken)
        self._known: dict[tuple[str, Shape, str], str] = {}

    def op(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Add an operator of one output and return the output's name."""
        return self.ops(kind, inputs, 1, **attributes)[0]

    def ops(self, kind: str, inputs: Sequence[str], outputs: int, **attributes: Any) -> list[str]:
        """Add an operator of several outputs and return their names."""
        names = [self._name(kind) for _ in range(outputs)]
        self.steps.append(Step(kind, list(inputs), names, attributes))
        return names

    def constant(self, values: Any, label: str = "constant") -> str:
        """Add a constant, floats as float32 and integers as int64, and return its name."""
        array = np.asarray(values)
        integer = array.dtype.kind in "iu"
        array = np.array(array, dtype=np.int64 if integer else np.float32, order="C")
        key = (array.dtype.str, array.shape, hashlib.sha256(array.tobytes()).hexdigest())
        if key not in self._known:
            self._known[key] = self._name(label)
            self.constants[self._known[key]] = array
        return self._known[key]

    def weight(self, weight: Weight, arrange: Callable[[Host], Host] = lambda array: array) -> str:
        """Add a weight's values, rearranged by `arrange`, and return the constant's name."""
        return self.constant(self.values(weight, arrange), weight.name)

    def values(self, weight: Weight, arrange: Callable[[Host], Host] = lambda array: array) -> Host:
        """Return a weight's values on the host, rearranged.

        Raises:
            ValueError: a value is not finite, or too large for float32.
        """
        array = self._to_host(weight.value)
        if not (np.abs(array) <= np.finfo(np.float32).max).all():
            raise self.error(f"the weight {weight.name!r} holds NaN or what float32 cannot hold")
        return arrange(array)

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
        return self.op("Reshape", x, self.constant([0, *shape], "shape"))

    def regroup(self, x: str, shape: Shape) -> str:
        """Reshape with as many samples as it takes: shape is that of one."""
        return self.op("Reshape", x, self.constant([-1, *shape], "shape"))

    def reduce(self, kind: str, x: str, axes: Sequence[int], *, keepdims: bool) -> str:
        """Add ReduceMean, ReduceMax, ...; since opset 18 their axes are an input."""
        if self.opset < 18 and kind != "ReduceSum":
            return self.op(kind, x, axes=list(axes), keepdims=int(keepdims))
        return self.op(kind, x, self.constant(list(axes), "axes"), keepdims=int(keepdims))

    def error(self, reason: str) -> ValueError:
        """Return the error that names the layer being written."""
        label = self.layer.label if self.layer else "Model"
        return ValueError(f"{label}: cannot be written as ONNX: {reason}")

    def size(self) -> int:
        """Return the bytes of all constants."""
        return sum(array.nbytes for array in self.constants.values())

    def _name(self, label: str) -> str:
        scope = self.layer.name if self.layer else "model"
        number, name = 0, f"{scope}/{label}"
        while name in self._taken:
            number += 1
            name = f"{scope}/{label}_{number}"
        self._taken.add(name)
        return name
