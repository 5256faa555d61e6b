"""Whole models on disk: a folder with the architecture (JSON) and the weights (safetensors)."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from core.nn.configuration import construct, plain
from core.nn.files import write_whole
from core.nn.graph import Graph
from core.nn.layers import LAYERS
from core.nn.model import Model
from core.nn.tensor import Input, Tensor
from core.nn.weights import check_arrays

FORMAT = 2


def save_model(model: Model, path: str | os.PathLike[str]) -> None:
    """Write `path`/model.json and `path`/weights.safetensors, each whole or not at all."""
    folder = Path(path)
    text = json.dumps(architecture(model.graph), indent=1, allow_nan=False)
    model.save_weights(folder / "weights.safetensors")
    write_whole(folder / "model.json", (text + "\n").encode())


def load_model(path: str | os.PathLike[str], *, backend: str = "cpu", seed: int = 0) -> Model:
    """Read a folder that `save_model` wrote; compile the model before training it further.

    Only layers of `core.nn.layers.LAYERS` can be built, from plain values. The weights' names and
    shapes are compared with the architecture before memory is allocated.

    Raises:
        ValueError: the architecture is malformed, or the weights are not its own.
        FileNotFoundError: a file is missing.
    """
    folder = Path(path)
    file = folder / "model.json"
    try:
        description = json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{file}: not valid JSON: {error}") from error
    try:
        inputs, outputs = _rebuild(description)
        graph = Graph(inputs, outputs)
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from error
    shapes = {name: weight.shape for name, weight in graph.weights.items()}
    check_arrays(folder / "weights.safetensors", shapes)
    model = Model(inputs, outputs, backend=backend, seed=seed)
    model.load_weights(folder / "weights.safetensors")
    return model


def architecture(graph: Graph) -> dict[str, Any]:
    """Return the graph as plain values: tensors are numbered, the inputs first, then the calls."""
    return {
        "format": FORMAT,
        "inputs": [
            {"name": name, "shape": list(tensor.shape), "dtype": tensor.dtype}
            for name, tensor in zip(graph.input_names, graph.inputs, strict=True)
        ],
        "layers": [plain(layer) for layer in graph.layers],
        "calls": [{"layer": node.layer.name, "inputs": list(node.inputs)} for node in graph.nodes],
        "outputs": list(graph.outputs),
    }


def _rebuild(description: Any) -> tuple[list[Tensor], list[Tensor]]:
    """Call the described layers one after the other."""
    keys = {"format", "inputs", "layers", "calls", "outputs"}
    if not isinstance(description, dict) or set(description) != keys:
        _fail(f"needs exactly the keys {sorted(keys)}", description)
    if description["format"] != FORMAT:
        _fail(f"this program reads format {FORMAT}", description["format"])
    tensors: list[Tensor] = []
    for entry in _listed(description["inputs"], {"name", "shape", "dtype"}):
        if not isinstance(entry["name"], str) or not isinstance(entry["shape"], list):
            _fail("an input needs a name and a shape", entry)
        tensors.append(Input(tuple(entry["shape"]), entry["name"], entry["dtype"]))
    inputs = list(tensors)
    layers = {}
    for entry in _listed(description["layers"], {"class", "config"}):
        layer = construct(entry, LAYERS, "layer")
        if layer.name is None or layer.name in layers:
            _fail("every layer needs a name of its own", layer.name)
        layers[layer.name] = layer
    for entry in _listed(description["calls"], {"layer", "inputs"}):
        if not isinstance(entry["layer"], str) or entry["layer"] not in layers:
            _fail("a call needs a known layer", entry["layer"])
        layer = layers[entry["layer"]]
        if not isinstance(entry["inputs"], list) or not entry["inputs"]:
            _fail("a call needs a list of tensor numbers", entry["inputs"])
        read = [_tensor(tensors, number) for number in entry["inputs"]]
        tensors.append(layer(read if layer.takes_list or len(read) > 1 else read[0]))
    if not isinstance(description["outputs"], list):
        _fail("outputs must be a list of tensor numbers", description["outputs"])
    return inputs, [_tensor(tensors, number) for number in description["outputs"]]


def _listed(entries: Any, keys: set[str]) -> list[dict[str, Any]]:
    if not isinstance(entries, list):
        _fail("needs a list", entries)
    for entry in entries:
        if not isinstance(entry, dict) or set(entry) != keys:
            _fail(f"every entry needs exactly the keys {sorted(keys)}", entry)
    return entries


def _tensor(tensors: Sequence[Tensor], number: Any) -> Tensor:
    if type(number) is not int or not 0 <= number < len(tensors):
        _fail(f"a tensor number is an integer of 0 to {len(tensors) - 1}", number)
    return tensors[number]


def _fail(rule: str, received: object) -> NoReturn:
    raise ValueError(f"model description: {rule}, received {received!r:.200}")
