"""A graph as plain values that JSON can hold, and back: only layers of the allow-list are built."""

from collections.abc import Sequence, Set
from typing import Any, NoReturn

from halflight.nn.configuration import plain
from halflight.nn.graph import Graph
from halflight.nn.layer import Input, Tensor
from halflight.nn.layers import LAYERS
from halflight.text import shown


def describe(graph: Graph) -> dict[str, Any]:
    """Return the graph as plain values: tensors are numbered, the inputs first, then the calls."""
    return {
        "inputs": [
            {"name": name, "shape": list(tensor.shape), "dtype": tensor.dtype}
            | ({"batch_size": tensor.samples} if tensor.samples else {})
            for name, tensor in zip(graph.input_names, graph.inputs, strict=True)
        ],
        "layers": [plain(layer) for layer in graph.layers],
        "calls": [
            {"layer": node.layer.name, "inputs": list(node.inputs)}
            | ({"masked": True} if node.masked else {})
            for node in graph.nodes
        ],
        "outputs": list(graph.outputs),
    }


def rebuild(description: Any) -> tuple[list[Tensor], list[Tensor]]:
    """Call the described layers one after the other; return the inputs and the outputs.

    Raises:
        ValueError: the description is malformed; the message names the rule and what was received.
    """
    keys = {"inputs", "layers", "calls", "outputs"}
    if not isinstance(description, dict) or set(description) != keys:
        fail(f"needs exactly the keys {sorted(keys)}", description)
    tensors: list[Tensor] = []
    for entry in _listed(description["inputs"], {"name", "shape", "dtype"}, {"batch_size"}):
        if not isinstance(entry["name"], str) or not isinstance(entry["shape"], list):
            fail("an input needs a name and a shape", entry)
        shape, samples = tuple(entry["shape"]), entry.get("batch_size")
        tensors.append(Input(shape, entry["name"], entry["dtype"], batch_size=samples))
    inputs = list(tensors)
    layers = {}
    for entry in _listed(description["layers"], {"class", "config"}):
        layer = LAYERS.construct(entry)
        if layer.name is None or layer.name in layers:
            fail("every layer needs a name of its own", layer.name)
        layers[layer.name] = layer
    for entry in _listed(description["calls"], {"layer", "inputs"}, {"masked"}):
        if not isinstance(entry["layer"], str) or entry["layer"] not in layers:
            fail("a call needs a known layer", entry["layer"])
        layer = layers[entry["layer"]]
        if not isinstance(entry["inputs"], list) or not entry["inputs"]:
            fail("a call needs a list of tensor numbers", entry["inputs"])
        read = [_tensor(tensors, number) for number in entry["inputs"]]
        tensors.append(layer.call_on(read, masked=entry.get("masked") is True))
    if not isinstance(description["outputs"], list):
        fail("outputs must be a list of tensor numbers", description["outputs"])
    return inputs, [_tensor(tensors, number) for number in description["outputs"]]


def fail(rule: str, received: object) -> NoReturn:
    """Raise the error of a malformed description."""
    raise ValueError(f"model description: {rule}, received {shown(received)}")


def _listed(entries: Any, keys: set[str], further: Set[str] = frozenset()) -> list[dict[str, Any]]:
    if not isinstance(entries, list):
        fail("needs a list", entries)
    for entry in entries:
        if not isinstance(entry, dict) or set(entry) - further != keys:
            fail(f"every entry needs exactly the keys {sorted(keys)}", entry)
    return entries


def _tensor(tensors: Sequence[Tensor], number: Any) -> Tensor:
    if type(number) is not int or not 0 <= number < len(tensors):
        fail(f"a tensor number is an integer of 0 to {len(tensors) - 1}", number)
    return tensors[number]
