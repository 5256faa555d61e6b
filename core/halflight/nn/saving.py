"""Whole models on disk: a folder with architecture (JSON), weights and optimizer (safetensors)."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from halflight.files import write_bytes
from halflight.nn import losses, metrics, optimizers
from halflight.nn.architecture import describe, fail, read_json, rebuild
from halflight.nn.configuration import plain
from halflight.nn.graph import Graph
from halflight.nn.model import Model
from halflight.nn.weights import WeightsError, check_arrays, read_arrays, write_arrays

FORMAT = 2
MODEL, WEIGHTS, OPTIMIZER = "model.json", "weights.safetensors", "optimizer.safetensors"


def save_model(model: Model, path: str | os.PathLike[str]) -> None:
    """Write model.json, weights.safetensors and, where compiled, optimizer.safetensors.

    Each file is written whole or not at all; the optimizer's names the weights that it goes with.
    """
    folder = Path(path)
    description = {
        "format": FORMAT,
        "architecture": describe(model.graph),
        "training": _training(model),
    }
    text = json.dumps(description, indent=1, allow_nan=False)
    model.save_weights(folder / WEIGHTS)
    write_bytes(folder / MODEL, (text + "\n").encode())
    if model.optimizer is not None:
        write_arrays(folder / OPTIMIZER, model.optimizer.get_state(), _digest(folder / WEIGHTS))
    else:
        (folder / OPTIMIZER).unlink(missing_ok=True)


def load_model(
    path: str | os.PathLike[str],
    *,
    backend: str = "cpu",
    seed: int = 0,
    compile: bool = True,  # noqa: A002
) -> Model:
    """Read a folder that `save_model` wrote; a compiled model goes on where it stood.

    Only layers, losses, optimizers and so on of this package can be built, from plain values. The
    weights' names and shapes are compared with the architecture before memory is allocated.

    Args:
        path: the folder.
        backend: see `Network`.
        seed: of the dropout, and of layers that are added.
        compile: restore optimizer, losses and metrics; False leaves the model uncompiled.

    Raises:
        ValueError: the architecture is malformed, or the weights are not its own.
        FileNotFoundError: a file is missing.
    """
    folder = Path(path)
    description = read_json(folder / MODEL)
    try:
        training = _parts(description)
        inputs, outputs = rebuild(description["architecture"])
        graph = Graph(inputs, outputs)
    except ValueError as error:
        raise ValueError(f"{folder / MODEL}: {error}") from error
    shapes = {name: weight.shape for name, weight in graph.weights.items()}
    check_arrays(folder / WEIGHTS, shapes)
    model = Model(inputs, outputs if len(outputs) > 1 else outputs[0], backend=backend, seed=seed)
    model.load_weights(folder / WEIGHTS)
    if compile and training is not None:
        _compile(model, training, folder)
    return model


def _training(model: Model) -> dict[str, Any] | None:
    if model.optimizer is None or model.objective is None:
        return None
    heads = model.objective.heads
    return {
        "optimizer": plain(model.optimizer),
        "state": model.optimizer.scalars(),
        "losses": [plain(head.loss) for head in heads],
        "loss_weights": [head.weight for head in heads],
        "metrics": [[plain(metric) for metric in head.metrics] for head in heads],
    }


def _parts(description: Any) -> dict[str, Any] | None:
    """Check the outer form of a description, and return its part about training."""
    keys = {"format", "architecture", "training"}
    if not isinstance(description, dict) or set(description) != keys:
        fail(f"needs exactly the keys {sorted(keys)}", description)
    if description["format"] != FORMAT:
        fail(f"this program reads format {FORMAT}", description["format"])
    training: dict[str, Any] | None = description["training"]
    if training is not None:
        keys = {"optimizer", "state", "losses", "loss_weights", "metrics"}
        if not isinstance(training, dict) or set(training) != keys:
            fail(f"training needs exactly the keys {sorted(keys)}", training)
        if not all(isinstance(training[key], list) for key in ("losses", "metrics")):
            fail("losses and metrics need lists", training)
        if not isinstance(training["state"], dict):
            fail("state needs a mapping", training["state"])
    return training


def _compile(model: Model, training: dict[str, Any], folder: Path) -> None:
    try:
        model.compile(
            optimizers.get(training["optimizer"]),
            [losses.get(loss) for loss in training["losses"]],
            [[metrics.get(metric) for metric in listed] for listed in training["metrics"]],
            training["loss_weights"],
        )
    except ValueError as error:
        raise ValueError(f"{folder / MODEL}: {error}") from error
    assert model.optimizer is not None
    file = folder / OPTIMIZER
    slots, belongs_to = read_arrays(file, model.optimizer.state_shapes())
    if belongs_to != _digest(folder / WEIGHTS):
        raise WeightsError(
            f"{file}: belongs to other weights than {WEIGHTS}: a save was interrupted; "
            "load_model(..., compile=False) reads the weights alone"
        )
    try:
        model.optimizer.set_state(slots, training["state"])
    except ValueError as error:
        raise ValueError(f"{folder / MODEL}: {error}") from error


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
