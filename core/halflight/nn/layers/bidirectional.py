"""Bidirectional: a sequence read in both directions by two recurrent layers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from halflight.nn.arrays import Array, Shape
from halflight.nn.checks import check, choice
from halflight.nn.layer import Tensor
from halflight.nn.layers.recurrent import Recurrent
from halflight.nn.layers.wrapper import Wrapper

_MODES = ("concat", "sum", "mul", "ave")


@dataclass(eq=False)
class Bidirectional(Wrapper):
    """Merges what `layer` says of the sequence and what a second such layer says of it backwards.

    The two have the layer's configuration, but weights of their own, named `forward_<name>` and
    `backward_<name>`. The backward layer's sequence is turned around before merging, so that steps
    match. `merge_mode` is "concat" (the last axis), "sum", "mul" (product) or "ave" (mean).
    Schuster & Paliwal 1997.
    """

    merge_mode: str = "concat"

    uses_mask: ClassVar[bool] = True

    def check(self) -> None:
        """Require a recurrent layer and a known mode."""
        check(self, choice(*_MODES), "merge_mode")
        layer = self.check_layer()
        if not isinstance(layer, Recurrent):
            raise self.error("layer must be a SimpleRNN, LSTM or GRU", layer.label)
        self.forward_layer: Recurrent = self.copy_of_layer(name=f"forward_{layer.name}")
        self.backward_layer: Recurrent = self.copy_of_layer(
            name=f"backward_{layer.name}", go_backwards=not layer.go_backwards
        )
        self.backward_layer.mirrored = True
        self.keep(layer, self.forward_layer, self.backward_layer)

    def compute_mask(self, tensors: Sequence[Tensor], mask: Tensor | None) -> Tensor | None:
        """Return the input's mask for a sequence."""
        return self.forward_layer.compute_mask(tensors, mask)

    def build(self, shape: Any) -> Shape:
        """Build both layers; their outputs, their gradients and one input gradient are scratch."""
        output_shape, requests = self.build_inside(self.forward_layer, shape)
        self._requests += requests
        self._requests += self.build_inside(self.backward_layer, shape)[1]
        self.parts = [self.scratch(name, output_shape) for name in ("ahead", "behind")]
        self.gradients = [self.scratch(f"d{name}", output_shape) for name in ("ahead", "behind")]
        self.second_dx = self.scratch("dx", shape[0] if self.masked else shape)
        if self.merge_mode == "concat":
            return (*output_shape[:-1], 2 * output_shape[-1])
        return output_shape

    def forward(self, y: Array, x: Any, training: bool) -> None:
        """Run both layers and merge."""
        ahead, behind = (part.value for part in self.parts)
        self.forward_layer.forward(ahead, x, training)
        self.backward_layer.forward(behind, x, training)
        if self.merge_mode == "concat":
            self.kernels.concatenate_forward(y, 0, ahead)
            self.kernels.concatenate_forward(y, ahead.shape[-1], behind)
        elif self.merge_mode == "mul":
            self.kernels.multiply_forward(y, ahead, behind)
        else:
            self.kernels.add_forward(y, ahead, behind)
            if self.merge_mode == "ave":
                self.kernels.scale(y.reshape(-1), 0.5)

    def backward(self, dx: Any, dy: Array, x: Any, y: Array) -> None:
        """Share the gradient out, run both layers backwards and add what they write."""
        ahead, behind = (part.value for part in self.parts)
        dahead, dbehind = (gradient.value for gradient in self.gradients)
        if self.merge_mode == "concat":
            self.kernels.concatenate_backward(dahead, dy, 0)
            self.kernels.concatenate_backward(dbehind, dy, ahead.shape[-1])
        elif self.merge_mode == "mul":
            self.kernels.multiply_forward(dahead, dy, behind)
            self.kernels.multiply_forward(dbehind, dy, ahead)
        else:
            if self.merge_mode == "ave":
                self.kernels.scale(dy.reshape(-1), 0.5)
            self.kernels.copy(dahead, dy)
            self.kernels.copy(dbehind, dy)
        first_dx = dx[0] if self.masked else dx
        second_dx = None if first_dx is None else self.second_dx.value
        self.forward_layer.backward(dx, dahead, x, ahead)
        self.backward_layer.backward(
            [second_dx, None] if self.masked else second_dx, dbehind, x, behind
        )
        if first_dx is not None:
            self.kernels.accumulate(first_dx, second_dx)

    def flops(self, shape: Any, output_shape: Shape) -> int:
        """Those of both layers; merging is one operation a value, but for "concat" and "ave"."""
        merging = {"concat": 0, "ave": 2}.get(self.merge_mode, 1) * math.prod(output_shape)
        return 2 * self.forward_layer.flops(shape, output_shape) + merging
