"""Runs a graph forward and backward in memory that was planned once for a largest batch."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from halflight.kernels import Backend
from halflight.nn.arrays import Array, Scratch, Shape
from halflight.nn.fusion import fuse
from halflight.nn.graph import Graph, Node
from halflight.nn.layer import Layer
from halflight.nn.memory import Lifetime, pack
from halflight.nn.shortage import too_large, too_large_for


@dataclass(frozen=True)
class _Step:
    """One call of a layer with the arrays it works on, for one batch size."""

    layer: Layer
    inputs: tuple[int, ...]
    output: int
    stream: int
    scratch: tuple[tuple[Scratch, Array], ...]
    targets: tuple[Array, ...]
    """Where the gradient of each input is written; None where nobody needs it."""
    sums: tuple[tuple[Array, Array], ...]
    """(sum, part): gradients to add up because a tensor is read more than once."""
    backward: bool
    reads_list: bool

    def bind(self, step: int) -> None:
        """Hand the layer the memory and the random stream of this call."""
        self.layer.stream, self.layer.step = self.stream, step
        for scratch, array in self.scratch:
            scratch.value = array


@dataclass
class _Frame:
    """All arrays for one batch size: leading views of the executor's memory."""

    values: list[Array]
    gradients: dict[int, Array]
    steps: list[_Step]


class Executor:
    """The memory and the order of work for batches of up to `capacity` samples.

    Times are 0 .. L-1 for the forward calls, L for the loss, and 2L - i for the backward pass of
    call i; every buffer lives from its first to its last use, and all share one arena. Nothing is
    computed backwards below the lowest trainable weight.
    """

    def __init__(
        self,
        graph: Graph,
        kernels: Backend,
        streams: Sequence[int],
        capacity: int,
        *,
        training: bool,
    ) -> None:
        """Plan all memory; `streams` are the random streams of the graph's nodes."""
        self.capacity, self.training = capacity, training
        self._graph, self._kernels, self._streams = graph, kernels, streams
        self._nodes = fuse(graph, training=training)
        self._needed = graph.needs_gradient() if training else [False] * len(graph.shapes)
        self._shapes: dict[tuple[object, ...], Shape] = {}
        self._lifetimes: dict[tuple[object, ...], Lifetime] = {}
        self._plan()
        offsets, total = pack(list(self._lifetimes.values()))
        self._offsets = dict(zip(self._lifetimes, offsets, strict=True))
        try:
            self._arena = kernels.empty((max(total, 1),))
            self._whole = self._allocate_whole()
        except MemoryError as full:
            raise self._too_large(total) from full
        self._frames: dict[int, _Frame] = {}

    @property
    def shapes(self) -> list[Shape]:
        """Those of all tensors, without the batch axis."""
        return self._graph.shapes

    @property
    def rows(self) -> list[int]:
        """How many rows a sample of each output has."""
        return [math.prod(self.shapes[number][:-1]) for number in self._graph.outputs]

    def forward(self, inputs: Sequence[Array], step: int = 0) -> list[Array]:
        """Run every layer on `inputs` (device arrays, one batch size) and return the outputs."""
        frame = self._frame(inputs[0].shape[0])
        frame.values[: len(inputs)] = inputs
        for call in frame.steps:
            call.bind(step)
            x = [frame.values[number] for number in call.inputs]
            y = frame.values[call.output]
            try:
                call.layer.forward(y, x if call.reads_list else x[0], self.training)
            except MemoryError as full:
                raise too_large_for(_name(call.layer), inputs[0].shape[0], full) from full
        return [frame.values[number] for number in self._graph.outputs]

    def output_gradients(self, batch: int) -> list[Array]:
        """Return where the gradient of the loss by each output goes."""
        frame = self._frame(batch)
        return [frame.gradients[number] for number in self._graph.outputs]

    def backward(self, batch: int, step: int = 0) -> None:
        """Add to every trainable weight's gradient, after `forward` and the loss of one batch."""
        frame = self._frame(batch)
        for call in reversed(frame.steps):
            if not call.backward:
                continue
            call.bind(step)
            x = [frame.values[number] for number in call.inputs]
            dy, y = frame.gradients[call.output], frame.values[call.output]
            try:
                if call.reads_list:
                    call.layer.backward(list(call.targets), dy, x, y)
                else:
                    call.layer.backward(call.targets[0], dy, x[0], y)
            except MemoryError as full:
                raise too_large_for(_name(call.layer), batch, full) from full
            for total, part in call.sums:
                self._kernels.accumulate(total, part)

    def _plan(self) -> None:
        """Find the first and last use of every activation, gradient and per-sample scratch."""
        graph, needed = self._graph, self._needed
        end = len(self._nodes)
        for output in graph.outputs:
            self._need("gradient", output, at=end)
            self._need("value", output, at=2 * end + 1)
        for i, node in enumerate(self._nodes):
            moments = [i, 2 * end - i] if needed[node.output] else [i]
            for moment in moments:
                for number in (*node.inputs, node.output):
                    if number >= len(graph.input_names):
                        self._need("value", number, at=moment)
                for j, request in enumerate(node.requests):
                    late = request.late and moment == i
                    if request.per_sample and not request.integer and not late:
                        self._need("scratch", i, j, at=moment, shape=request.shape)
        for i, node in reversed(list(enumerate(self._nodes))):
            if needed[node.output]:
                self._need("gradient", node.output, at=2 * end - i)
                for position, number in enumerate(node.inputs):
                    self._plan_target(i, node, position, number, 2 * end - i)

    def _plan_target(self, i: int, node: Node, position: int, number: int, moment: int) -> None:
        """Write a gradient in place the first time, beside it later; spare ones go unread."""
        if self._needed[number] and ("gradient", number) not in self._lifetimes:
            self._need("gradient", number, at=moment)
        elif self._needed[number] or node.layer.always_writes_dx:
            shape = self._graph.shapes[number]
            self._need("part", i, position, at=moment, shape=shape)
            if self._needed[number]:
                self._need("gradient", number, at=moment)

    def _need(self, *key: object, at: int, shape: Shape | None = None) -> None:
        """Extend the life of the buffer `key` to the time `at`."""
        if key not in self._lifetimes:
            assert isinstance(key[1], int)
            self._shapes[key] = self._graph.shapes[key[1]] if shape is None else shape
            size = self.capacity * math.prod(self._shapes[key])
            self._lifetimes[key] = Lifetime(size, at, at)
        known = self._lifetimes[key]
        self._lifetimes[key] = Lifetime(known.size, min(known.first, at), max(known.last, at))

    def _allocate_whole(self) -> dict[tuple[int, int], Array]:
        """Allocate the scratch that is not in the arena: integers, and one a layer."""
        return {
            (i, j): self._kernels.empty(
                (self.capacity, *request.shape) if request.per_sample else request.shape,
                np.int32 if request.integer else self._kernels.FLOAT,
            )
            for i, node in enumerate(self._nodes)
            for j, request in enumerate(node.requests)
            if request.integer or not request.per_sample
        }

    def _too_large(self, total: int) -> MemoryError:
        """Return the error of an arena of `total` values that found no memory."""
        width = np.dtype(self._kernels.FLOAT).itemsize
        writers = {node.output: node for node in self._nodes}
        layers: dict[str, int] = {}
        for (kind, number, *_), buffer in self._lifetimes.items():
            assert isinstance(number, int)
            node = self._nodes[number] if kind in ("scratch", "part") else writers.get(number)
            name = _name(node.layer) if node else self._graph.input_names[number]
            layers[name] = max(layers.get(name, 0), width * buffer.size)
        per_sample, constant = -(-width * total // self.capacity), 0
        for request in (request for node in self._nodes for request in node.requests):
            size = (4 if request.integer else width) * math.prod(request.shape)
            if request.per_sample and request.integer:
                per_sample += size
            elif not request.per_sample:
                constant += size
        free = self._kernels.free_memory()
        return too_large(self.capacity, layers, per_sample, constant, free, training=self.training)

    def _frame(self, batch: int) -> _Frame:
        """Return the views for one batch size, made the first time that it is seen."""
        if not 0 < batch <= self.capacity:
            raise ValueError(
                f"Executor: planned for 1 to {self.capacity} samples, received {batch}"
            )
        if batch not in self._frames:
            graph = self._graph
            produced = range(len(graph.input_names), len(graph.shapes))
            self._frames[batch] = _Frame(
                values=[None] * len(graph.input_names)
                + [
                    self._view(batch, "value", number)
                    if ("value", number) in self._lifetimes
                    else None
                    for number in produced
                ],
                gradients={
                    number: self._view(batch, "gradient", number)
                    for number in range(len(graph.shapes))
                    if ("gradient", number) in self._lifetimes
                },
                steps=[self._step(batch, i, node) for i, node in enumerate(self._nodes)],
            )
        return self._frames[batch]

    def _view(self, batch: int, *key: object) -> Array:
        shape = (batch, *self._shapes[key])
        offset = self._offsets[key]
        return self._arena[offset : offset + math.prod(shape)].reshape(shape)

    def _step(self, batch: int, i: int, node: Node) -> _Step:
        targets: list[Array] = []
        sums: list[tuple[Array, Array]] = []
        for position, number in enumerate(node.inputs):
            if not self._needed[node.output]:
                targets.append(None)
            elif ("part", i, position) in self._lifetimes:
                part = self._view(batch, "part", i, position)
                targets.append(part)
                if self._needed[number]:
                    sums.append((self._view(batch, "gradient", number), part))
            else:
                needed = self._needed[number]
                targets.append(self._view(batch, "gradient", number) if needed else None)
        scratch: list[tuple[Scratch, Array]] = []
        for j, request in enumerate(node.requests):
            if request.late and ("scratch", i, j) not in self._lifetimes:
                continue  # nothing is computed backwards here
            if (i, j) not in self._whole:
                array = self._view(batch, "scratch", i, j)
            elif request.per_sample:
                array = self._whole[i, j][:batch]
            else:
                array = self._whole[i, j]
            scratch.append((request.scratch, array))
        return _Step(
            layer=node.layer,
            inputs=node.inputs,
            output=node.output,
            stream=self._streams[node.output - len(self._graph.input_names)],
            scratch=tuple(scratch),
            targets=tuple(targets),
            sums=tuple(sums),
            backward=self._needed[node.output],
            reads_list=node.reads_list,
        )


def _name(layer: Layer) -> str:
    return layer.name or type(layer).__name__
