"""The graph of a model: its inputs and the calls of its layers, numbered in the order they run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from halflight.nn.arrays import ScratchRequest, Shape, Weight
from halflight.nn.layer import Layer, Tensor
from halflight.nn.lengths import require_shapes, varies
from halflight.nn.masks import Steps, steps_of
from halflight.nn.naming import snake_case
from halflight.nn.tensor import Call


@dataclass(frozen=True)
class Node:
    """One call of a layer: the numbers of the tensors it reads and of the one it writes."""

    layer: Layer
    inputs: tuple[int, ...]
    output: int
    requests: tuple[ScratchRequest, ...]
    masked: bool = False
    """Whether the last input is a mask."""

    @property
    def reads_list(self) -> bool:
        """Whether the layer is given a list."""
        return self.layer.takes_list or len(self.inputs) > 1

    def reads(self, values: Sequence[Any]) -> Any:
        """Return what the layer is given of the values of all tensors: one, or a list."""
        read = [values[number] for number in self.inputs]
        return read if self.reads_list else read[0]

    def connect(self, tensors: Sequence[Tensor]) -> Tensor:
        """Call the layer anew, on these in the place of all tensors."""
        read = [tensors[number] for number in self.inputs]
        return self.layer.call_on(read, masked=self.masked)


class Graph:
    """Every tensor between `inputs` and `outputs`, numbered: the inputs first, then call by call.

    The order is that of a depth-first walk from the outputs, so it depends on the graph alone;
    layers without a name get one by it: conv2d, conv2d_1, ... An input may be any tensor: what lies
    before it is not part of the graph.

    Raises:
        ValueError: no path from an input, an input that is not listed or not used, a name twice.
    """

    def __init__(self, inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> None:
        """Walk from `outputs` back to `inputs`."""
        numbers = {id(tensor): number for number, tensor in enumerate(inputs)}
        if not inputs or len(numbers) != len(inputs):
            raise ValueError("Model: inputs must be one or more different tensors")
        if not outputs or len({id(tensor) for tensor in outputs}) != len(outputs):
            raise ValueError("Model: outputs must be one or more different tensors")
        if any(id(tensor) in numbers for tensor in outputs):
            raise ValueError("Model: an output is an input itself: put a layer between them")
        self.tensors: list[Tensor] = [*inputs, *_walk(outputs, numbers)]
        self.nodes: list[Node] = []
        for tensor in self.tensors[len(inputs) :]:
            call = tensor.call
            assert call is not None
            read = tuple(numbers[id(source)] for source in call.inputs)
            numbers[id(tensor)] = len(numbers)
            self.nodes.append(
                Node(call.layer, read, numbers[id(tensor)], call.requests, call.masked)
            )
        self.shapes: list[Shape] = [tensor.shape for tensor in self.tensors]
        self.outputs = [numbers[id(tensor)] for tensor in outputs]
        self.output_masks: list[Steps | None] = [
            steps_of(tensor.mask, inputs) for tensor in outputs
        ]
        used = {number for node in self.nodes for number in node.inputs}
        unused = [tensor.name for i, tensor in enumerate(inputs) if i not in used]
        if unused:
            raise ValueError(f"Model: the outputs do not depend on the input(s) {unused}")
        self.input_names = _named(["input_layer"] * len(inputs), [t.name for t in inputs])
        self.layers = list(dict.fromkeys(node.layer for node in self.nodes))
        _name(self.layers)
        self.output_names = _numbered([tensor.call.layer.name for tensor in outputs if tensor.call])

    def __getstate__(self) -> dict[str, Any]:
        """Return what a copy is made of: tensors one by one, as a chain may be long."""
        flat = [(t.shape, t.name, t.dtype, t.tried, t.samples) for t in self.tensors]
        return self.__dict__ | {"tensors": flat}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Tie a copy's tensors together again."""
        self.__dict__.update(state)
        self.tensors = [
            Tensor(shape, name, None, dtype, tried=tried, samples=samples[0] if samples else None)
            for shape, name, dtype, tried, *samples in state["tensors"]  # four in older pickles
        ]
        for node in self.nodes:
            read = tuple(self.tensors[number] for number in node.inputs)
            tensor = self.tensors[node.output]
            tensor.call = Call(node.layer, read, node.requests, node.masked)
            mask = read[-1] if node.masked else node.layer.mask_of(read)
            tensor.mask = node.layer.compute_mask(read[: len(read) - node.masked], mask)
            node.layer.add_output(tensor)

    @property
    def inputs(self) -> list[Tensor]:
        """The input tensors."""
        return self.tensors[: len(self.input_names)]

    @property
    def weights(self) -> Mapping[str, Weight]:
        """Every weight by its full name, `layer/weight`."""
        return {
            f"{layer.name}/{name}": weight
            for layer in self.layers
            for name, weight in layer.weights.items()
        }

    def layer_shapes(self, node: Node) -> tuple[Shape | list[Shape], Shape]:
        """Return what `node`'s layer was built for, and the shape it writes."""
        return node.reads(self.shapes), self.shapes[node.output]

    def index_limit(self, number: int) -> int | None:
        """Return what the values of an integer input must be below: as every reader demands."""
        limits = [node.layer.index_limit for node in self.nodes if number in node.inputs]
        return min((limit for limit in limits if limit is not None), default=None)

    @property
    def varies(self) -> bool:
        """Whether a length differs from batch to batch."""
        return any(varies(shape) for shape in self.shapes[: len(self.input_names)])

    def at(self, shapes: Sequence[Shape]) -> "Graph":
        """Build all layers for inputs of these shapes, and return the graph of that.

        The layers fit it until they are built for others.

        Raises:
            ValueError: a layer does not fit, or is called twice and not on the same shapes.
        """
        require_shapes("Model", self.shapes[: len(self.input_names)], shapes)
        found = object.__new__(Graph)
        found.__dict__.update(self.__dict__ | {"shapes": list(shapes), "nodes": []})
        built: dict[Layer, list[Shape]] = {}
        for node in self.nodes:
            read = [found.shapes[number] for number in node.inputs]
            if built.setdefault(node.layer, read) != read:
                rule = f"is shared: in one batch every call needs the shapes {built[node.layer]}"
                raise node.layer.error(rule, read)
            shape, requests = node.layer.build_for(read, masked=node.masked)
            found.shapes.append(shape)
            found.nodes.append(replace(node, requests=requests))
        return found

    def require_samples(self, samples: int) -> None:
        """Raise ValueError where an Input asks for batches of another size."""
        for name, tensor in zip(self.input_names, self.inputs, strict=True):
            if tensor.samples not in (None, samples):
                raise ValueError(
                    f"input {name!r}: its Input asks for batches of {tensor.samples} samples: give "
                    f"batch_size={tensor.samples}, which must divide their number, received "
                    f"{samples}"
                )

    def flops(self) -> int:
        """Floating-point operations of one sample's forward pass.

        Raises:
            ValueError: they follow from a length that varies: see `at`.
        """
        if self.varies:
            raise ValueError(
                "flops: they follow from lengths that vary from batch to batch, received inputs of "
                f"the shapes {self.shapes[: len(self.input_names)]}"
            )
        return sum(node.layer.flops(*self.layer_shapes(node)) for node in self.nodes)

    def needs_gradient(self) -> list[bool]:
        """Return, for every tensor, whether a trainable weight lies on the way to it."""
        needed = [False] * len(self.shapes)
        for node in self.nodes:
            trains = node.layer.trainable and any(w.trained for w in node.layer.weights.values())
            reached = trains or any(needed[number] for number in node.inputs)
            needed[node.output] = reached and node.layer.has_gradient
        return needed


def _name(layers: Sequence[Layer]) -> None:
    """Name the layers that have no name, or one that was given to them elsewhere and is taken."""
    bases = [snake_case(type(layer).__name__) for layer in layers]
    taken: set[str] = {layer.name for layer in layers if layer.name and not layer.named_by_graph}
    kept: list[str | None] = []
    for layer in layers:
        clashes = layer.named_by_graph and layer.name in taken
        kept.append(None if clashes else layer.name)
        if layer.name and layer.named_by_graph:
            taken.add(layer.name)
    for layer, name, chosen in zip(layers, kept, _named(bases, kept), strict=True):
        if name is None:
            layer.name, layer.named_by_graph = chosen, True


def _walk(outputs: Sequence[Tensor], known: Mapping[int, int]) -> list[Tensor]:
    """Return the produced tensors up to `outputs`, each after all that it reads."""
    ordered: list[Tensor] = []
    done = set(known)
    stack = [(tensor, False) for tensor in reversed(outputs)]
    while stack:
        tensor, ready = stack.pop()
        if id(tensor) in done:
            continue
        if tensor.call is None:
            raise ValueError(f"Model: the Input {tensor.name!r} is not among the model's inputs")
        if ready:
            done.add(id(tensor))
            ordered.append(tensor)
        else:
            stack.append((tensor, True))
            stack.extend((source, False) for source in reversed(tensor.call.inputs))
    return ordered


def _numbered(names: Sequence[str | None]) -> list[str]:
    """Make names unique by a number: of two outputs of layer "a", the second is "a_1"."""
    result: list[str] = []
    for name in names:
        number, chosen = 0, str(name)
        while chosen in result:
            number += 1
            chosen = f"{name}_{number}"
        result.append(chosen)
    return result


def _named(bases: Sequence[str], names: Sequence[str | None]) -> list[str]:
    """Fill in missing names as base, base_1, ..., skipping names that are taken."""
    taken = [name for name in names if name is not None]
    for given in taken:
        if taken.count(given) > 1:
            raise ValueError(f"Model: the name {given!r} is used twice; names must be unique")
    result: list[str] = []
    used, next_number = set(taken), dict.fromkeys(bases, 0)
    for base, name in zip(bases, names, strict=True):
        chosen = name
        while chosen is None or (name is None and chosen in used):
            number = next_number[base]
            next_number[base] += 1
            chosen = f"{base}_{number}" if number else base
        used.add(chosen)
        result.append(chosen)
    return result
