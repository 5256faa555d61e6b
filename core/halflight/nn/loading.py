"""Whole models from disk: what `saving` wrote, checked before anything of it is built."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from halflight.nn.architecture import fail, rebuild
from halflight.nn.graph import Graph
from halflight.nn.losses import get as get_loss
from halflight.nn.metrics import get as get_metric
from halflight.nn.model import Model
from halflight.nn.optimizers import get as get_optimizer
from halflight.nn.registry import custom
from halflight.nn.saving import FORMAT, MODEL, OPTIMIZER, WEIGHTS, digest
from halflight.nn.weights import WeightsError, check_arrays, read_arrays
from halflight.reading import read_json

# The largest description read, in bytes; ResNet-152 takes 0.2 MB.
LARGEST = 4 * 2**20


def load_model(
    path: str | os.PathLike[str],
    *,
    backend: str = "cpu",
    seed: int = 0,
    compile: bool = True,  # noqa: A002
    custom_objects: Mapping[str, type] | None = None,
) -> Model:
    """Read a folder that `save_model` wrote; a compiled model goes on where it stood.

    Only layers, losses, optimizers and so on of this package can be built, from plain values. The
    weights' names and shapes are compared with the architecture before memory is allocated.

    Args:
        path: the folder.
        backend: see `Network`.
        seed: of the dropout, and of layers that are added.
        custom_objects: classes of your own by the names that the file has for them, for this call
            alone; those that are registered need not be named.
        compile: restore optimizer, losses and metrics; False leaves the model uncompiled.

    Raises:
        ValueError: the architecture is malformed, or the weights are not its own.
        FileNotFoundError: a file is missing.
    """
    with custom(custom_objects):
        return _load(Path(path), backend, seed, compile)


def _load(folder: Path, backend: str, seed: int, compiled: bool) -> Model:
    description = read_json(folder / MODEL, largest=LARGEST)
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
    if compiled and training is not None:
        _compile(model, training, folder)
    return model


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
        optimizer = get_optimizer(training["optimizer"])
        model.compile(
            optimizer,
            [get_loss(loss) for loss in training["losses"]],
            [[get_metric(metric) for metric in listed] for listed in training["metrics"]],
            training["loss_weights"],
        )
    except ValueError as error:
        raise ValueError(f"{folder / MODEL}: {error}") from error
    file = folder / OPTIMIZER
    slots, belongs_to = read_arrays(file, optimizer.state_shapes())
    if belongs_to != digest(folder / WEIGHTS):
        raise WeightsError(
            f"{file}: belongs to other weights than {WEIGHTS}: a save was interrupted; "
            "load_model(..., compile=False) reads the weights alone"
        )
    try:
        optimizer.set_state(slots, training["state"])
    except ValueError as error:
        raise ValueError(f"{folder / MODEL}: {error}") from error
