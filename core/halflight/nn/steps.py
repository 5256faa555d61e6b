"""Steps: a batch forward, its losses, and in training backward and the update.

Nothing here waits for the device. A step whose losses or gradients are not finite leaves the
weights, the optimizer's arrays and the states as they were, and so do all steps after it, until
`restart`; the ledger says which it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from halflight.nn.data import Fed, Host
from halflight.nn.journal import Journal
from halflight.nn.layer import Array
from halflight.nn.ledger import Entry, Ledger
from halflight.nn.penalties import apply_constraints, regularized, write_penalties

if TYPE_CHECKING:
    from halflight.nn.executor import Executor
    from halflight.nn.model import Model
    from halflight.nn.objective import Objective
    from halflight.nn.optimizers import Optimizer


@dataclass(frozen=True)
class Compiled:
    """What a compiled model trains with."""

    optimizer: Optimizer
    objective: Objective


def compiled(model: Model) -> Compiled:
    """Return what the model was compiled with.

    Raises:
        ValueError: it was not, or its weights have moved into a larger model since.
    """
    if model.optimizer is None or model.objective is None:
        raise ValueError("the model has no optimizer and loss yet: call compile() first")
    if model.compiled_for is not model.parameters:
        raise ValueError(
            "the model's weights have moved into a larger model since compile(): compile it again"
        )
    return Compiled(model.optimizer, model.objective)


def new_ledger(model: Model) -> Ledger:
    """Return a ledger for the steps of a compiled model as its layers are trainable now."""
    widths = [shape[-1] for shape in model.output_shapes]
    penalties = len(regularized(model.layers))
    return Ledger(model.kernels, compiled(model).objective, widths, penalties)


def restart(model: Model) -> None:
    """Begin to train: everything has been finite so far."""
    model.kernels.fill(model.parameters.finite, 1.0)


def train(model: Model, batch: Fed, ledger: Ledger) -> None:
    """Make one step: forward, losses, backward, update."""
    optimizer, parameters, kernels = compiled(model).optimizer, model.parameters, model.kernels
    size, step = batch.samples, optimizer.iterations
    executor = model.executor(size, training=True)
    entry = ledger.open(batch.host, training=True)
    kernels.copy(parameters.states_before, parameters.states)
    outputs = executor.forward(batch.inputs, step)
    parameters.begin_gradients()
    _write_losses(model, batch, executor, outputs, entry)
    executor.backward(size, step)
    parameters.end_gradients()
    write_penalties(kernels, model.layers, entry.penalties, gradients=True)
    for numbers in (*entry.losses, *entry.penalties, parameters.gradients):
        kernels.keep_finite(parameters.finite, numbers)
    kernels.copy(entry.finite, parameters.finite)
    optimizer.step()
    apply_constraints(kernels, parameters, model.layers)
    kernels.copy_if(parameters.states, parameters.states_before, parameters.finite, False)
    ledger.close()


def evaluate(model: Model, batch: Fed, ledger: Ledger) -> None:
    """Find the losses and predictions of a batch in inference mode."""
    executor = model.executor(batch.samples, training=False)
    entry = ledger.open(batch.host, training=False)
    outputs = executor.forward(batch.inputs)
    _write_losses(model, batch, executor, outputs, entry)
    write_penalties(model.kernels, model.layers, entry.penalties, gradients=False)
    ledger.close()


def predict(model: Model, batches: Iterable[Sequence[Host]]) -> list[list[Host]]:
    """Return the outputs for batches of checked inputs: for each output, batch by batch."""
    kernels, journal = model.kernels, Journal(model.kernels)
    staging, found = kernels.Staging(), []
    for arrays in batches:
        executor = model.executor(len(arrays[0]), training=False)
        outputs = executor.forward(staging(arrays))
        shapes = [tuple(output.shape) for output in outputs]
        if not journal.has_room(*shapes):
            found += journal.read()
            journal.has_room(*shapes)
        for output, shape in zip(outputs, shapes, strict=True):
            kernels.copy(journal.array(shape), output)
    found += journal.read()
    count = len(model.output_names)
    return [found[number::count] for number in range(count)]


def _write_losses(
    model: Model, batch: Fed, executor: Executor, outputs: Sequence[Array], entry: Entry
) -> None:
    """Write the losses, their gradients by the outputs, and the predictions."""
    kernels = model.kernels
    gradients = executor.output_gradients(batch.samples)
    for number, head in enumerate(compiled(model).objective.heads):
        gradient, output = _rows(gradients[number]), _rows(outputs[number])
        target, weight = batch.targets[number], batch.weights[number]
        head.loss(kernels, entry.losses[number], gradient, output, target, weight)
        if head.weight != 1.0:
            kernels.scale(gradient.reshape(gradient.size), head.weight)
        prediction = entry.predictions[number]
        if prediction is not None:
            kernels.copy(prediction, output)


def _rows(array: Array) -> Array:
    width = array.shape[array.ndim - 1]
    return array if array.ndim == 2 else array.reshape((array.size // width, width))
