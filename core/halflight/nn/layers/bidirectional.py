"""Bidirectional: a sequence read in both directions by two recurrent layers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from halflight.nn.arrays import Array, Shape
from halflight.nn.checks import check, choice
from halflight.nn.layer import Tensor
from halflight.nn.layers.recurring import Recurring
from halflight.nn.layers.states import Part, flat, with_states
from halflight.nn.layers.wrapper import Wrapper

_MODES = ("concat", "sum", "mul", "ave")


@dataclass(eq=False)
class Bidirectional(Wrapper):
    """Merges what `layer` says of the sequence and what a second such layer says of it backwards.

    The two have the layer's configuration, but weights of their own, named `forward_<name>` and
    `backward_<name>`. The backward layer's sequence is turned around before merging, so that steps
    match. `merge_mode` is "concat" (the last axis), "sum", "mul" (product), "ave" (mean), or None:
    the layer then returns both. Schuster & Paliwal 1997.
    """

    merge_mode: str | None = "concat"

    uses_mask: ClassVar[bool] = True
    takes_states: ClassVar[bool] = True

    def check(self) -> None:
        """Require a recurrent layer and a known mode."""
        check(self, choice(*_MODES).or_none(), "merge_mode")
        layer = self.check_layer()
        if not isinstance(layer, Recurring):
            raise self.error("layer must be a SimpleRNN, LSTM, GRU or ConvLSTM", layer.label)
        self.forward_layer: Recurring = self.copy_of_layer(name=f"forward_{layer.name}")
        self.backward_layer: Recurring = self.copy_of_layer(
            name=f"backward_{layer.name}", go_backwards=not layer.go_backwards
        )
        self.backward_layer.mirrored = True
        self.keep(layer, self.forward_layer, self.backward_layer)

    def compute_mask(self, tensors: Sequence[Tensor], mask: Tensor | None) -> Tensor | None:
        """Return the input's mask for a sequence."""
        return self.forward_layer.compute_mask(tensors, mask)

    def __call__(
        self,
        inputs: Tensor | Sequence[Tensor],
        mask: Tensor | None = None,
        initial_state: Tensor | Sequence[Tensor] | None = None,
    ) -> Any:
        """Add this layer to the graph; see `Recurring`.

        The first half of `initial_state` is the forward layer's, the second the backward layer's;
        so are the states that the layer ends in, where `layer` has `return_state`. A `merge_mode`
        of None returns a list that begins with both outputs, the forward layer's first.
        """
        tensor = super().__call__(with_states(self, inputs, initial_state), mask)
        return self._apart(tensor) if self.returns_list else tensor

    @property
    def return_state(self) -> bool:
        """Whether the layers inside return their states."""
        return self.forward_layer.return_state

    @property
    def returns_list(self) -> bool:
        """Whether a call returns a list of tensors."""
        return self.return_state or self.merge_mode is None

    @property
    def output(self) -> Any:
        """The tensor that this layer writes, or the list of them; see `Layer`."""
        output = super().output
        return self._apart(output) if self.returns_list else output

    def _apart(self, packed: Tensor) -> list[Tensor]:
        """Return the outputs and the states of what the layer writes side by side."""
        layer, width = self.forward_layer, packed.shape[-1]
        states = 2 * layer.state_count if self.return_state else 0
        outputs = 2 if self.merge_mode is None else 1
        wide = width * self._factor
        parts = [
            Part(number, states, wide, layer.return_sequences, outputs=outputs)(packed)
            for number in range(outputs)
        ]
        numbers = range(outputs, outputs + states)
        return parts + [Part(n, states, width, outputs=outputs)(packed) for n in numbers]

    @property
    def _factor(self) -> int:
        """How many times as wide the output is as a layer's."""
        return 2 if self.merge_mode == "concat" else 1

    def _merged_shape(self, part: Shape) -> Shape:
        """Return the shape of both outputs as one; None puts them one after the other, as rows."""
        if self.merge_mode is not None:
            return (*part[:-1], self._factor * part[-1])
        return (2 * part[0], *part[1:]) if self.many else (2, *part)

    def build(self, shape: Any) -> Shape:
        """Build both layers; their outputs, their gradients and one input gradient are scratch."""
        layer, given = self.forward_layer, shape if isinstance(shape, list) else [shape]
        self.initial = (len(given) - 1 - self.masked) // 2
        if self.initial not in (0, layer.state_count) or (len(given) - self.masked) % 2 == 0:
            rule = f"begins with {2 * layer.state_count} states, half of them the backward layer's"
            raise self.error(rule, given[1:])
        ahead, behind = self.halves(given)
        part_shape, requests = self.build_inside(self.forward_layer, ahead)
        self._requests += requests
        self._requests += self.build_inside(self.backward_layer, behind)[1]
        self.wholes = [self.scratch(name, part_shape) for name in ("ahead", "behind")]
        self.whole_gradients = [
            self.scratch(f"d{name}", part_shape) for name in ("ahead", "behind")
        ]
        self.second_dx = self.scratch("dx", given[0])
        self.part_shape, self.many = part_shape, layer.return_sequences
        if not layer.return_state:
            self.parts, self.gradients = self.wholes, self.whole_gradients
            return self._merged_shape(part_shape)
        count = layer.state_count
        rows, *one = part_shape[0] - count, *part_shape[1:]
        self.many = True  # outputs are rows, of which there may be one
        output = (rows, *one)
        self.parts = [self.scratch(f"output {name}", output) for name in ("ahead", "behind")]
        self.gradients = [self.scratch(f"doutput {name}", output) for name in ("ahead", "behind")]
        self.merged = self.scratch("merged", self._merged_shape(output))
        self.ends = self.scratch("states", (count * math.prod(one),))
        together = 1 if self.merge_mode in ("sum", "mul", "ave") else 2
        return (together * rows + 2 * count, *one)

    def halves(self, given: Any) -> tuple[Any, Any]:
        """Return what either layer is given: the sequence, its states, the mask."""
        if not isinstance(given, list) or len(given) == 1:
            return (given[0], given[0]) if isinstance(given, list) else (given, given)
        end = [given[-1]] if self.masked else []
        first = given[1 : 1 + self.initial]
        second = given[1 + self.initial : 1 + 2 * self.initial]
        return [given[0], *first, *end], [given[0], *second, *end]

    def forward(self, y: Array, x: Any, training: bool) -> None:
        """Run both layers and merge."""
        wholes, parts = [w.value for w in self.wholes], [p.value for p in self.parts]
        layers = (self.forward_layer, self.backward_layer)
        for layer, whole, given in zip(layers, wholes, self.halves(x), strict=True):
            layer.forward(whole, given, training)
        if not self.return_state:
            self._merge(y, *parts)
            return
        merged, ends = self.merged.value, self.ends.value
        for part, whole in zip(parts, wholes, strict=True):
            self.kernels.concatenate_backward(flat(part), flat(whole), 0)
        self._merge(merged, *parts)
        self.kernels.concatenate_forward(flat(y), 0, flat(merged))
        for number, whole in enumerate(wholes):
            self.kernels.concatenate_backward(ends, flat(whole), flat(parts[0]).shape[1])
            offset = flat(merged).shape[1] + number * ends.shape[1]
            self.kernels.concatenate_forward(flat(y), offset, ends)

    def backward(self, dx: Any, dy: Array, x: Any, y: Array) -> None:
        """Share the gradient out, run both layers backwards and add what they write."""
        wholes, dwholes = ([s.value for s in p] for p in (self.wholes, self.whole_gradients))
        parts, gradients = ([s.value for s in p] for p in (self.parts, self.gradients))
        if not self.return_state:
            self._unmerge(dy, parts, gradients)
        else:
            merged, ends = self.merged.value, self.ends.value
            self.kernels.concatenate_backward(flat(merged), flat(dy), 0)
            self._unmerge(merged, parts, gradients)
            for number, (whole, part) in enumerate(zip(dwholes, gradients, strict=True)):
                offset = flat(merged).shape[1] + number * ends.shape[1]
                self.kernels.concatenate_backward(ends, flat(dy), offset)
                self.kernels.concatenate_forward(flat(whole), 0, flat(part))
                self.kernels.concatenate_forward(flat(whole), flat(part).shape[1], ends)
        first, second = self.halves(dx)
        first_dx = first[0] if isinstance(first, list) else first
        second_dx = None if first_dx is None else self.second_dx.value
        if isinstance(second, list):
            second[0] = second_dx
            if self.masked:
                second[-1] = None  # which the forward layer has written
        else:
            second = second_dx
        x_first, x_second = self.halves(x)
        self.forward_layer.backward(first, dwholes[0], x_first, wholes[0])
        self.backward_layer.backward(second, dwholes[1], x_second, wholes[1])
        if first_dx is not None:
            self.kernels.accumulate(first_dx, second_dx)

    def _merge(self, y: Array, ahead: Array, behind: Array) -> None:
        """Write the outputs of both as one."""
        if self.merge_mode is None:
            y, ahead, behind = flat(y), flat(ahead), flat(behind)
        if self.merge_mode in ("concat", None):
            self.kernels.concatenate_forward(y, 0, ahead)
            self.kernels.concatenate_forward(y, ahead.shape[-1], behind)
        elif self.merge_mode == "mul":
            self.kernels.multiply_forward(y, ahead, behind)
        else:
            self.kernels.add_forward(y, ahead, behind)
            if self.merge_mode == "ave":
                self.kernels.scale(y.reshape(-1), 0.5)

    def _unmerge(self, dy: Array, parts: list[Array], gradients: list[Array]) -> None:
        """Write the gradients of both outputs; may overwrite dy."""
        (ahead, behind), (dahead, dbehind) = parts, gradients
        if self.merge_mode is None:
            dy, dahead, dbehind = flat(dy), flat(dahead), flat(dbehind)
        if self.merge_mode in ("concat", None):
            self.kernels.concatenate_backward(dahead, dy, 0)
            self.kernels.concatenate_backward(dbehind, dy, dahead.shape[-1])
        elif self.merge_mode == "mul":
            self.kernels.multiply_forward(dahead, dy, behind)
            self.kernels.multiply_forward(dbehind, dy, ahead)
        else:
            if self.merge_mode == "ave":
                self.kernels.scale(dy.reshape(-1), 0.5)
            self.kernels.copy(dahead, dy)
            self.kernels.copy(dbehind, dy)

    def flops(self, shape: Any, output_shape: Shape) -> int:
        """Those of both layers; merging is one operation a value, but for "concat" and "ave"."""
        merging = {"concat": 0, None: 0, "ave": 2}.get(self.merge_mode, 1) * math.prod(output_shape)
        return 2 * self.forward_layer.flops(shape, output_shape) + merging
