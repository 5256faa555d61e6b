"""Wrapping: what stands before and behind a network in an ONNX file; here, nothing."""

from collections.abc import Mapping, Sequence

from halflight.export.writer import Value, Writer
from halflight.nn.arrays import Shape


class Wrapping:
    """Leaves a network as it is; a subclass adds steps before its inputs and behind its outputs."""

    metadata: Mapping[str, str] = {}
    """Of the file."""
    inputs: Mapping[str, Shape] = {}
    """Those of the file beside the network's, without the axis "batch", by name."""

    def before(self, writer: Writer, inputs: Sequence[Value]) -> list[Value]:
        """Write what comes before the network; return what it reads, an entry an input."""
        return list(inputs)

    def behind(self, writer: Writer, outputs: Mapping[str, Value]) -> dict[str, Value]:
        """Write what comes behind the network; return the file's outputs by name."""
        return dict(outputs)
