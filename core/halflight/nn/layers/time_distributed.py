"""TimeDistributed: one layer for every step of a sequence."""

from dataclasses import dataclass
from typing import ClassVar

from halflight.nn.arrays import Array, Scratch, Shape
from halflight.nn.layers.wrapper import Wrapper


@dataclass(eq=False)
class TimeDistributed(Wrapper):
    """(time, ...) -> (time, ...): applies `layer` to every step, with the same weights.

    All steps of a batch are one batch to the layer inside: batch statistics are taken over samples
    and steps, and dropout draws anew for every step.
    """

    passes_mask: ClassVar[bool] = True

    def check(self) -> None:
        """Require a layer of one output."""
        layer = self.check_layer()
        if getattr(layer, "returns_list", False):
            raise self.error("layer must write one tensor", f"several of {layer.label}")
        self.keep(layer)

    @property
    def always_writes_dx(self) -> bool:  # type: ignore[override]
        """Whether the layer inside does."""
        return self.inside[0].always_writes_dx

    def build(self, shape: Shape) -> Shape:
        """Build the layer for one step; its scratch has room for all of them."""
        if len(shape) < 2:
            raise self.error("needs a sequence (time, ...)", shape)
        steps, *rest = shape
        output_shape, requests = self.build_inside(self.inside[0], tuple(rest))
        self.lent: list[tuple[Scratch, Scratch, Shape]] = []
        for number, request in enumerate(requests):
            if request.per_sample:
                all_steps = (steps, *request.shape)
                own = self.scratch(f"{number}", all_steps, integer=request.integer)
                self.lent.append((request.scratch, own, request.shape))
            else:
                self._requests.append(request)
        return (steps, *output_shape)

    def forward(self, y: Array, x: Array, training: bool) -> None:
        """Run the layer on all steps at once."""
        self._lend()
        self.inside[0].forward(_merged(y), _merged(x), training)

    def backward(self, dx: Array, dy: Array, x: Array, y: Array) -> None:
        """Run the layer backwards on all steps at once."""
        self._lend()
        inner_dx = None if dx is None else _merged(dx)
        self.inside[0].backward(inner_dx, _merged(dy), _merged(x), _merged(y))

    def flops(self, shape: Shape, output_shape: Shape) -> int:
        """Those of the layer inside, a step."""
        return shape[0] * self.inside[0].flops(shape[1:], output_shape[1:])

    def _lend(self) -> None:
        for inner, own, shape in self.lent:
            inner.value = own.value.reshape(-1, *shape)


def _merged(array: Array) -> Array:
    """Samples and steps as one axis; a view."""
    return array.reshape(-1, *array.shape[2:])
