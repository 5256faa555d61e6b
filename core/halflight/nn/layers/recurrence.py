"""Recurrence: how the layer's equations meet masks, states to begin with, and what is left out."""

from collections.abc import Sequence
from typing import Any

from halflight.nn.arrays import Array
from halflight.nn.layers.packing import Packing
from halflight.nn.layers.stepwise import Stepwise


class Recurrence:
    """The run of a `Recurring` layer through sequences (times, features), and back.

    `count` sequences of states are read; a layer that `begins` is given the states before the
    first step. Others begin with zeros, or with the layer's `begun`. Scratch is the layer's.
    """

    def __init__(self, layer: Any, times: int, features: int, count: int, *, begins: bool) -> None:
        """Declare what the kernel of whole sequences needs, or what the steps one by one do."""
        self._layer, self._begins, self._masked = layer, begins, layer.masked
        if layer.masked:
            sizes = (times, features, layer.units)
            self._packing = Packing(layer, *sizes, reverse=layer.go_backwards, count=count)
        if layer.dropout:
            self._thinned = layer.scratch("thinned", (times, features))
            self._thinned_gradients = layer.scratch(
                "thinned gradients", (times, features), late=True
            )
        self._steps: Stepwise | None = None
        begun = begins or layer.begun
        if layer.is_fused and not begun and not layer.recurrent_dropout and count == 1:
            layer.build_states(times)
            return
        make, functions = layer.stepwise()
        shape = (times, layer.gates, layer.units)
        self._steps = make(layer, shape, functions, reverse=layer.go_backwards)
        self._projected = layer.scratch("projected", (times, layer.gates * layer.units))
        self._kept = layer.scratch("kept", (layer.units,)) if layer.recurrent_dropout else None

    def given(self, x: Any) -> tuple[Any, list[Array], Array]:
        """Return the sequence, the states to begin with, and the mask (None: all steps count)."""
        if not self._begins and not self._masked:
            return x, [], None
        sequence, *initial = x
        mask = initial.pop() if self._masked else None
        return sequence, initial, mask

    def begun(self, x: Any) -> tuple[Any, list[Array], Array]:
        """Return the same of the input, with what a stateful layer begins with."""
        sequence, initial, mask = self.given(x)
        return sequence, initial or [scratch.value for scratch in self._layer.begun], mask

    def read(self, states: list[Array], x: Any, training: bool) -> None:
        """Write the states of the input, of its steps that count where there is a mask."""
        sequence, initial, mask = self.begun(x)
        if not self._masked:
            self._run(states, initial, sequence, training)
            return
        kernels, packing = self._layer.kernels, self._packing
        packing.pack(kernels, sequence, mask)
        packed = [scratch.value for scratch in packing.states]
        self._run(packed, initial, packing.steps.value, training)
        packing.spread(kernels, states, mask)

    def unread(self, dx: Any, dstates: list[Array], x: Any, states: list[Array]) -> None:
        """Write dx, or [dx, the initial states', the mask's]; add to the weights' gradients."""
        sequence, initial, mask = self.begun(x)
        target, dinitial, dmask = self.given(dx)
        if not self._masked:
            self._unrun(target, dinitial, dstates, (sequence, initial, states))
            return
        kernels, packing = self._layer.kernels, self._packing
        slopes = packing.gather(kernels, dstates, mask)
        packed = [scratch.value for scratch in packing.states]
        inner = None if target is None else packing.step_gradients.value
        self._unrun(inner, dinitial, slopes, (packing.steps.value, initial, packed))
        if target is not None:
            packing.unpack(kernels, target, mask)
        if dmask is not None:
            kernels.fill(dmask, 0.0)

    def _run(self, states: list[Array], initial: list[Array], x: Array, training: bool) -> None:
        """Write the states, without some of the features, and of the state, in training."""
        layer, kernels = self._layer, self._layer.kernels
        if layer.dropout and training:
            thinned = self._thinned.value
            kernels.spatial_dropout_forward(thinned, x, layer.dropout, *layer.random)
            x = thinned
        if self._steps is None:
            layer.recur(states[0], x)
            return
        kept = None
        if self._kept is not None and training:
            kept, (seed, step) = self._kept.value, layer.random
            kernels.fill(kept, 1.0)
            kernels.dropout_forward(kept, kept, layer.recurrent_dropout, seed ^ 2, step)
        projected = self._projected.value
        layer.project(projected, x, layer.projected_bias)
        self._steps.forward(states, projected, layer.recurrent_kernel.value, initial, kept)

    def _unrun(
        self,
        dx: Array,
        dinitial: Sequence[Array],
        dstates: list[Array],
        read: tuple[Array, list[Array], list[Array]],
    ) -> None:
        """Write dx and dinitial, each None where nobody needs it; read: x, initial, states."""
        layer, kernels, (x, initial, states) = self._layer, self._layer.kernels, read
        slopes = dx
        if layer.dropout:
            x = self._thinned.value
            slopes = None if dx is None else self._thinned_gradients.value
        if self._steps is None:
            layer.unroll(slopes, dstates[0], x, states[0])
        else:
            dprojected, dw = self._projected.value, layer.recurrent_grad
            kept = None if self._kept is None else self._kept.value
            running = self._steps.backward(dprojected, dw, dstates, initial, kept)
            for target, gradient in zip(dinitial, running, strict=False):
                if target is not None:
                    kernels.copy(target, gradient)
            layer.unproject(slopes, dprojected, x, layer.projected_bias_grad)
        if layer.dropout and dx is not None:
            kernels.spatial_dropout_backward(dx, slopes, layer.dropout, *layer.random)
