"""Whole models on disk: a folder with architecture (JSON), weights and optimizer (safetensors)."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from halflight.files import write_bytes
from halflight.nn.architecture import describe
from halflight.nn.configuration import plain
from halflight.nn.losses.function import FunctionLoss
from halflight.nn.network import Network
from halflight.nn.objective import Objective
from halflight.nn.optimizers import Optimizer
from halflight.nn.weights import write_arrays

FORMAT = 2
MODEL, WEIGHTS, OPTIMIZER = "model.json", "weights.safetensors", "optimizer.safetensors"


def save_model(
    network: Network,
    optimizer: Optimizer | None,
    objective: Objective | None,
    path: str | os.PathLike[str],
) -> None:
    """Write model.json, weights.safetensors and, where there is one, optimizer.safetensors.

    Each file is written whole or not at all; the optimizer's names the weights that it goes with.
    """
    folder = Path(path)
    description = {
        "format": FORMAT,
        "architecture": describe(network.graph),
        "training": _training(optimizer, objective),
    }
    text = json.dumps(description, indent=1, allow_nan=False)
    network.save_weights(folder / WEIGHTS)
    write_bytes(folder / MODEL, (text + "\n").encode())
    if optimizer is not None:
        write_arrays(folder / OPTIMIZER, optimizer.get_state(), digest(folder / WEIGHTS))
    else:
        (folder / OPTIMIZER).unlink(missing_ok=True)


def digest(file: Path) -> str:
    """Return what tells one weights file from another."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _training(optimizer: Optimizer | None, objective: Objective | None) -> dict[str, Any] | None:
    if optimizer is None or objective is None:
        return None
    heads = objective.heads
    for head in heads:
        if isinstance(head.loss, FunctionLoss):
            raise ValueError(
                f"save: the {head.loss.label} is a plain function, which a file cannot hold: make "
                "it a class (halflight.nn.register), or save_weights() alone"
            )
    return {
        "optimizer": plain(optimizer),
        "state": optimizer.scalars(),
        "losses": [plain(head.loss) for head in heads],
        "loss_weights": [head.weight for head in heads],
        "metrics": [[plain(metric) for metric in head.metrics] for head in heads],
    }
