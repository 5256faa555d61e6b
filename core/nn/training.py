"""The training loop: steps, epochs, validation, and the callbacks around them."""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from core.nn.callbacks.callback import Callback
from core.nn.data import Batch, Host, RawBatch, check_batch
from core.nn.executor import Executor
from core.nn.history import History
from core.nn.layer import Array
from core.nn.penalties import apply_constraints, apply_regularizers, penalty
from core.nn.prefetch import dealt_out
from core.nn.sources import BatchSource

if TYPE_CHECKING:
    from core.nn.model import Model
    from core.nn.objective import Objective
    from core.nn.optimizers import Optimizer


@dataclass(eq=False)
class Run:
    """Everything about one `fit` that its callbacks may read; BackupAndRestore also rewinds it."""

    model: Model
    callbacks: Sequence[Callback]
    steps: int
    epochs: int
    epoch: int
    """The epoch under way, or the next one."""
    replayable: bool = True
    """Whether an epoch's batches can be dealt out again."""
    history: History = field(default_factory=History)


@dataclass(frozen=True)
class Compiled:
    """What a compiled model trains with."""

    optimizer: Optimizer
    objective: Objective


@dataclass(frozen=True)
class StepResult:
    """What one training step found."""

    loss: float
    """The objective on this batch."""
    finite: bool
    """Whether the loss and all gradients were; if not, no weight was changed."""


def fit(
    model: Model,
    source: BatchSource,
    validation: BatchSource | None,
    epochs: int,
    initial_epoch: int,
    callbacks: Sequence[Callback],
) -> History:
    """Train until `epochs` epochs are done or a callback sets `model.stop_training`.

    Raises:
        ValueError: not compiled, or no trainable weight.
        FloatingPointError: the loss or a gradient is not finite, and no callback stopped for it.
    """
    optimizer = compiled(model).optimizer
    needed = model.graph.needs_gradient()
    if not any(needed[output] for output in model.graph.outputs):
        raise ValueError("fit: nothing to train: every layer with weights is frozen")
    replayable = getattr(source, "replayable", True)
    run = Run(model, list(callbacks), source.steps, epochs, initial_epoch, replayable)
    for callback in run.callbacks:
        callback.attach(run)
    model.refresh()
    model.stop_training = False
    for callback in run.callbacks:
        callback.on_train_begin()
    for callback in run.callbacks:
        callback.on_train_ready()
    while run.epoch < epochs and not model.stop_training:
        for callback in run.callbacks:
            callback.on_epoch_begin(run.epoch)
        logs, finite = _epoch(run, source)
        if not finite:
            break
        if validation is not None:
            logs |= {f"val_{name}": value for name, value in evaluate(model, validation).items()}
        epoch, run.epoch = run.epoch, run.epoch + 1
        run.history.append({"epoch": epoch, **logs})
        for callback in run.callbacks:
            callback.on_epoch_end(epoch, logs)
        for callback in run.callbacks:
            callback.on_epoch_complete(epoch, logs)
    optimizer.finalize()
    for callback in run.callbacks:
        callback.on_train_end()
    return run.history


def evaluate(model: Model, source: BatchSource) -> dict[str, float]:
    """Return the loss and the metrics over epoch 0 of `source`, in inference mode."""
    objective = compiled(model).objective
    objective.reset()
    with closing(_batches(model, source, 0)) as batches:
        for batch in batches:
            executor = model.executor(len(batch.inputs[0]), training=False)
            outputs = executor.forward([model.kernels.to_device(array) for array in batch.inputs])
            values, weights = _losses(model, batch, executor, outputs)
            objective.add(values, weights, penalty(model.kernels, model.parameters, model.layers))
            _update_metrics(model, batch, outputs)
    return objective.logs()


def train_on_batch(model: Model, raw: RawBatch) -> dict[str, float]:
    """Make one step, and return the batch's loss and metrics.

    Raises:
        FloatingPointError: the loss or a gradient is not finite; no weight was changed.
    """
    objective = compiled(model).objective
    model.refresh()
    objective.reset()
    result = train_step(model, check_batch(raw, objective.rules))
    if not result.finite:
        raise FloatingPointError(f"the loss is {result.loss} and a loss or gradient is not finite")
    return objective.logs()


def train_step(model: Model, batch: Batch) -> StepResult:
    """Make one step: forward, losses, backward, update.

    If the loss or a gradient is not finite, the weights, the optimizer and the moving statistics
    stay as they were before the step.
    """
    optimizer, objective = compiled(model).optimizer, compiled(model).objective
    kernels, parameters = model.kernels, model.parameters
    size, step = len(batch.inputs[0]), optimizer.iterations
    executor = model.executor(size, training=True)
    kernels.copy(parameters.states_before, parameters.states)
    outputs = executor.forward([kernels.to_device(array) for array in batch.inputs], step)
    values, weights = _losses(model, batch, executor, outputs)
    total = objective.total(values, 0.0)
    finite = math.isfinite(total)
    if finite:
        parameters.begin_gradients()
        _scale_gradients(model, executor, size)
        _update_metrics(model, batch, outputs)
        executor.backward(size, step)
        parameters.end_gradients()
        penalties = apply_regularizers(kernels, parameters, model.layers)
        total += penalties
        finite = math.isfinite(total) and optimizer.gradients_finite()
    if finite:
        objective.add(values, weights, penalties)
        optimizer.step()
        apply_constraints(kernels, model.layers)
    else:
        kernels.copy(parameters.states, parameters.states_before)
    return StepResult(total, finite)


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


def _epoch(run: Run, source: BatchSource) -> tuple[dict[str, float], bool]:
    """Train for one epoch; return its record, and whether every step was finite."""
    model = run.model
    optimizer, objective = compiled(model).optimizer, compiled(model).objective
    objective.reset()
    rate = 0.0
    with closing(_batches(model, source, run.epoch)) as batches:
        for number, batch in enumerate(batches):
            for callback in run.callbacks:
                callback.on_train_batch_begin(number)
            rate = optimizer.current_learning_rate()
            result = train_step(model, batch)
            mean = objective.loss() if result.finite else result.loss
            logs = {"loss": result.loss, "mean_loss": mean, "finite": result.finite}
            for callback in run.callbacks:
                callback.on_train_batch_end(number, logs)
            if not result.finite:
                if not model.stop_training:
                    raise FloatingPointError(
                        f"epoch {run.epoch}, batch {number}: the loss is {result.loss} and a loss "
                        "or gradient is not finite; the weights are those before this step. Lower "
                        "the learning rate, or add TerminateOnNaN() to stop without an error"
                    )
                return {}, False
            if model.stop_training:
                break
    return {**objective.logs(), "learning_rate": rate}, True


def _batches(model: Model, source: BatchSource, epoch: int) -> Generator[Batch, None, None]:
    """Yield an epoch's batches, checked, and check that there are as many as promised."""
    rules = compiled(model).objective.rules
    number = 0
    with closing(dealt_out(source, epoch)) as batches:
        for number, raw in enumerate(batches, start=1):
            try:
                yield check_batch(raw, rules)
            except ValueError as error:
                raise ValueError(f"epoch {epoch}, batch {number - 1}: {error}") from error
    if number != source.steps or number == 0:
        raise ValueError(
            f"epoch {epoch}: the batch source promised {source.steps} batches (at least one), "
            f"and yielded {number}"
        )


def _losses(
    model: Model, batch: Batch, executor: Executor, outputs: Sequence[Array]
) -> tuple[list[float], list[float]]:
    """Write the gradient of every output's loss; return the mean losses and the sums of weights."""
    kernels, heads = model.kernels, compiled(model).objective.heads
    arrays = executor.loss_arrays(len(batch.inputs[0]))
    means, sums = [], []
    for head, output, (values, gradient), target, weight in zip(
        heads, outputs, arrays, batch.targets, batch.weights, strict=True
    ):
        head.loss(
            kernels,
            values,
            _rows(gradient),
            _rows(output),
            kernels.to_device(target),
            kernels.to_device(weight),
        )
        total = float(weight.sum(dtype=np.float64))
        means.append(_weighted_sum(kernels.to_host(values), weight) / total)
        sums.append(total)
    return means, sums


def _scale_gradients(model: Model, executor: Executor, batch: int) -> None:
    """Multiply every output's gradient by the weight of its loss."""
    heads = compiled(model).objective.heads
    for head, (_, gradient) in zip(heads, executor.loss_arrays(batch), strict=True):
        if head.weight != 1.0:
            model.kernels.scale(gradient.reshape(-1), head.weight)


def _update_metrics(model: Model, batch: Batch, outputs: Sequence[Array]) -> None:
    heads = compiled(model).objective.heads
    for head, output, target, weight in zip(
        heads, outputs, batch.targets, batch.weights, strict=True
    ):
        if head.metrics:
            head.update_metrics(target, model.kernels.to_host(_rows(output)), weight)


def _rows(array: Array) -> Array:
    return array.reshape(-1, array.shape[-1])


def _weighted_sum(values: Host, weight: Host) -> float:
    with np.errstate(invalid="ignore"):  # an infinite loss is reported, not warned about
        return float(np.sum(values.astype(np.float64) * weight))
