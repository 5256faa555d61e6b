"""Masks of outputs, found from a model's inputs on the host: losses and metrics leave steps out."""

from collections.abc import Sequence
from dataclasses import dataclass

from halflight.nn.arrays import Host
from halflight.nn.layer import Layer, Tensor


@dataclass(frozen=True)
class Steps:
    """Which steps of an output count: an input's own values, or what a layer makes of others."""

    number: int | None
    """The input that is the mask, or None."""
    layer: Layer | None
    """What makes the mask, or None."""
    parts: tuple["Steps", ...]
    """What that layer reads."""
    unknown: str
    """What the mask depends on beside the inputs; "" where there is nothing."""

    def __call__(self, inputs: Sequence[Host]) -> Host:
        """Return the mask (batch, time) for a batch of inputs."""
        if self.number is not None:
            return inputs[self.number]
        assert self.layer is not None
        found: Host = self.layer.on_host([part(inputs) for part in self.parts])
        return found


def steps_of(mask: Tensor | None, inputs: Sequence[Tensor]) -> Steps | None:
    """Return how a mask follows from these inputs; None for none."""
    if mask is None:
        return None
    for number, tensor in enumerate(inputs):
        if tensor is mask:
            return Steps(number, None, (), "")
    if mask.call is None:
        return Steps(None, None, (), f"the Input {mask.name!r}")
    layer = mask.call.layer
    if not layer.makes_masks:
        return Steps(None, layer, (), layer.label)
    parts = tuple(part for part in (steps_of(read, inputs) for read in mask.call.inputs) if part)
    return Steps(None, layer, parts, next((part.unknown for part in parts if part.unknown), ""))
