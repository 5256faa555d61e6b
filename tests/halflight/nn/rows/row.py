"""What the table says of one layer."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from halflight.nn import Input, Layer, Tensor

SEQUENCE = (9, 4)
IMAGE = (7, 6, 3)
VOLUME = (5, 4, 3, 2)


@dataclass(frozen=True)
class Row:
    """A configured layer, the shapes of its inputs and of its output, without the batch axis."""

    make: Callable[[], Layer]
    shapes: tuple[tuple[int, ...], ...]
    output: tuple[int, ...]
    gradient: bool = True
    """False where `backward` is a rule of learning and not a gradient."""
    moves: tuple[str, ...] | None = None
    """The weights that a training step moves; None: all, or none where the layer is frozen."""
    level: tuple[str, ...] = ()
    """Weights that the output does not depend on: their gradient is zero but for rounding."""
    integers: int | None = None
    """For a layer on integers: the smallest that its inputs must not hold."""
    masked: bool = False
    """Whether the last input is a mask, which is drawn with gaps."""
    refused: str | None = None
    """Why ONNX cannot say it, where it says others of the class."""

    def tensors(self) -> list[Tensor]:
        """Symbolic inputs."""
        dtype = "float32" if self.integers is None else "int32"
        whole = [Input(shape, dtype=dtype) for shape in self.shapes]
        return [*whole[:-1], Input(self.shapes[-1], name="mask")] if self.masked else whole

    def call(self, layer: Layer, tensors: list[Tensor]) -> Tensor:
        """The layer's output of these inputs."""
        return layer.call_on(tensors, masked=self.masked)

    def data(self, rng: np.random.Generator, samples: int) -> list[np.ndarray]:
        """Random inputs: normal, or integers in their range."""
        shapes = [(samples, *shape) for shape in self.shapes]
        if self.integers is not None:
            return [rng.integers(0, self.integers, shape, dtype=np.int32) for shape in shapes]
        arrays = [rng.normal(size=shape) for shape in shapes]
        if self.masked:
            arrays[-1] = (rng.random(shapes[-1]) < 0.6).astype(float)
        return arrays
