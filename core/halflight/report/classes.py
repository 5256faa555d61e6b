"""What a classification's figures are drawn from: methods, wrong cases, maps of layers."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from halflight.methods import in_order
from halflight.report.figures import (
    activations,
    completeness_and_purity,
    hardest,
    reliability,
    roc,
)
from halflight.scores.classes import labelled_rows

FIGURES: dict[str, Callable[..., Figure]] = {
    "reliability": reliability.draw,
    "roc": roc.draw,
    "completeness_and_purity": completeness_and_purity.draw,
    "hardest": hardest.draw,
    "activations": activations.draw,
}
LAYERS = (1, 3, 6)
"""Those whose maps are shown, by their place among the layers that have any."""


def side_by_side(
    task: Any, predictions: pd.DataFrame, objects: pd.DataFrame, *, dataset: str, against: str
) -> dict[str, pd.DataFrame]:
    """By method, in the order of `halflight.methods.METHODS`: rows with value, rank and label."""
    found = {
        method: table
        for of, by, method, table in labelled_rows(task, predictions, objects)
        if (of, by) == (dataset, against)
    }
    return {name: found[name] for name in in_order(found)}


def wrong_cases(table: pd.DataFrame, most: int) -> pd.DataFrame:
    """The objects whose own class was thought least probable, the worst first."""
    own = np.where(table["label"] > 0.5, table["value"], 1.0 - table["value"])
    wrong = table.assign(own=own)[own < 0.5]
    return wrong.sort_values(["own", "id"], kind="stable").head(most).drop(columns="own")


def maps_of(
    network: Any, inputs: dict[str, NDArray[np.float32]], submodel: Callable[..., Any]
) -> dict[str, NDArray[np.float32]]:
    """What layers 1, 3 and 6 of those with maps make of stamps: (objects, side, side, channels).

    network: a `halflight.nn.Model`; inputs: of a few stamps; submodel: makes a model of inputs and
    several tensors.
    """
    tensors = maps(network)
    chosen = [tensors[number - 1] for number in LAYERS if number <= len(tensors)]
    outputs = [*(tensor for _, tensor in chosen), *network.outputs]  # which read every input
    found = submodel(network.inputs, outputs).predict(inputs)
    return {name: np.asarray(found[number]) for number, (name, _) in enumerate(chosen)}


def maps(network: Any) -> Sequence[tuple[str, Any]]:
    """Layers whose output is maps after a rectifier, by name, in the order that they compute."""
    found, seen = [], set()

    def visit(tensor: Any) -> None:
        if id(tensor) in seen:
            return
        seen.add(id(tensor))
        if tensor.call is None:
            return
        for each in tensor.call.inputs:
            visit(each)
        if type(tensor.call.layer).__name__ in ("ReLU", "LeakyReLU") and len(tensor.shape) == 3:
            found.append((tensor.call.layer.name, tensor))

    for output in network.outputs:
        visit(output)
    return found
