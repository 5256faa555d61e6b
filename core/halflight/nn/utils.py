"""What Keras keeps in its `utils`: one-hot labels, and a picture of a model."""

import os
from pathlib import Path
from typing import Any

import numpy as np

from halflight.files import write_bytes
from halflight.nn.arrays import Host
from halflight.nn.checks import COUNT, require
from halflight.nn.diagram import Drawing, draw
from halflight.nn.hosts import host
from halflight.nn.network import Network

__all__ = ["plot_model", "to_categorical"]


def to_categorical(x: Any, num_classes: int | None = None) -> Host:
    """Return class numbers (...) as one-hot float32 rows (..., num_classes).

    A last axis of one number is left out. Without `num_classes` there are as many classes as the
    largest number says.

    Raises:
        ValueError: a value is no class number of 0 to num_classes - 1, or there is none.
    """
    labels = host("to_categorical", x)
    if labels.ndim > 1 and labels.shape[-1] == 1:
        labels = labels[..., 0]
    if labels.dtype.kind not in "biuf" or not labels.size or (labels != np.floor(labels)).any():
        raise ValueError(
            f"to_categorical: needs class numbers, received {labels.dtype} {labels.shape}"
        )
    largest = int(labels.max())
    classes = require("to_categorical", "num_classes", num_classes or max(largest + 1, 1), COUNT)
    if labels.min() < 0 or largest >= classes:
        raise ValueError(
            f"to_categorical: class numbers must be 0 to {classes - 1}, "
            f"received {labels.min()} to {labels.max()}"
        )
    return np.eye(classes, dtype=np.float32)[labels.astype(np.intp)]


def plot_model(
    model: Network,
    to_file: str | os.PathLike[str] | None = "model.svg",
    show_shapes: bool = False,
    show_layer_names: bool = False,
) -> Drawing:
    """Write a model's graph as an SVG file, and return it for a notebook to show.

    Args:
        model: a built model.
        to_file: *.svg; None writes nothing.
        show_shapes, show_layer_names: what a box says beside the layer's class.

    Raises:
        ValueError: the file's name has another ending.
    """
    if to_file is not None and Path(to_file).suffix.lower() != ".svg":
        raise ValueError(f"plot_model: to_file must end in .svg, received {os.fspath(to_file)!r}")
    drawing = draw(model.graph, shapes=show_shapes, names=show_layer_names)
    if to_file is not None:
        write_bytes(to_file, drawing.svg.encode())
    return drawing
