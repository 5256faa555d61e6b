"""The training loop: steps, epochs, validation, and the callbacks around them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from core.nn.callbacks.callback import Callback
from core.nn.data import Batch, BatchSource, Host, check_batch
from core.nn.history import History

if TYPE_CHECKING:
    from core.nn.losses import Loss
    from core.nn.model import Model
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
    history: History = field(default_factory=History)


@dataclass(frozen=True)
class StepResult:
    """What one training step found."""

    loss: float
    """Weighted mean over the batch."""
    weight: float
    """Sum of the weights."""
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
    optimizer, _ = _compiled(model)
    if not model.graph.needs_gradient()[model.graph.output]:
        raise ValueError("fit: nothing to train: every layer with weights is frozen")
    run = Run(model, list(callbacks), source.steps, epochs, initial_epoch)
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
        logs, finite = _epoch(run, source, optimizer)
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
    for callback in run.callbacks:
        callback.on_train_end()
    return run.history


def evaluate(model: Model, source: BatchSource) -> dict[str, float]:
    """Return the loss and the metrics over epoch 0 of `source`, in inference mode."""
    _, loss = _compiled(model)
    kernels = model.kernels
    total = weights = 0.0
    for metric in model.metrics:
        metric.reset()
    for batch in _batches(model, source, 0):
        size = len(batch.target)
        executor = model.executor(size, training=False)
        prediction = executor.forward([kernels.to_device(array) for array in batch.inputs])
        values, dprediction = executor.loss_arrays(size)
        target, weight = kernels.to_device(batch.target), kernels.to_device(batch.weight)
        loss(kernels, values, dprediction, prediction, target, weight)
        total += _weighted_sum(kernels.to_host(values), batch.weight)
        weights += float(batch.weight.sum(dtype=np.float64))
        _update_metrics(model, batch, prediction)
    return {"loss": total / weights, **{metric.name: metric.result() for metric in model.metrics}}


def train_step(model: Model, batch: Batch) -> StepResult:
    """Make one step: forward, loss, backward, update.

    If the loss or a gradient is not finite, the weights, the optimizer and the moving statistics
    stay as they were before the step.
    """
    optimizer, loss = _compiled(model)
    kernels, parameters = model.kernels, model.parameters
    size, step = len(batch.target), optimizer.iterations
    executor = model.executor(size, training=True)
    kernels.copy(parameters.states_before, parameters.states)
    prediction = executor.forward([kernels.to_device(array) for array in batch.inputs], step)
    values, dprediction = executor.loss_arrays(size)
    target, weight = kernels.to_device(batch.target), kernels.to_device(batch.weight)
    loss(kernels, values, dprediction, prediction, target, weight)
    total_weight = float(batch.weight.sum(dtype=np.float64))
    mean = _weighted_sum(kernels.to_host(values), batch.weight) / total_weight
    finite = math.isfinite(mean)
    if finite:
        _update_metrics(model, batch, prediction)
        kernels.fill(parameters.gradients, 0.0)
        executor.backward(size, step)
        finite = optimizer.gradients_finite()
    if finite:
        optimizer.step()
    else:
        kernels.copy(parameters.states, parameters.states_before)
    return StepResult(mean, total_weight, finite)


def _epoch(run: Run, source: BatchSource, optimizer: Optimizer) -> tuple[dict[str, float], bool]:
    """Train for one epoch; return its record, and whether every step was finite."""
    model = run.model
    total = weights = rate = 0.0
    for metric in model.metrics:
        metric.reset()
    for number, batch in enumerate(_batches(model, source, run.epoch)):
        for callback in run.callbacks:
            callback.on_train_batch_begin(number)
        rate = optimizer.current_learning_rate()
        result = train_step(model, batch)
        total += result.loss * result.weight
        weights += result.weight
        logs = {"loss": result.loss, "mean_loss": total / weights, "finite": result.finite}
        for callback in run.callbacks:
            callback.on_train_batch_end(number, logs)
        if not result.finite:
            if not model.stop_training:
                raise FloatingPointError(
                    f"epoch {run.epoch}, batch {number}: the loss is {result.loss} and a loss or "
                    "gradient is not finite; the weights are those before this step. Lower the "
                    "learning rate, or add TerminateOnNaN() to stop without an error"
                )
            return {}, False
        if model.stop_training:
            break
    metrics = {metric.name: metric.result() for metric in model.metrics}
    return {"loss": total / weights, **metrics, "learning_rate": rate}, True


def _batches(model: Model, source: BatchSource, epoch: int) -> Iterator[Batch]:
    """Yield an epoch's batches, checked, and check that there are as many as promised."""
    _, loss = _compiled(model)
    width = loss.target_width(model.output_shape)
    names, shapes, dtype = model.input_names, model.input_shapes, model.kernels.FLOAT
    number = 0
    for number, raw in enumerate(source.batches(epoch), start=1):
        try:
            yield check_batch(raw, names, shapes, width, dtype)
        except ValueError as error:
            raise ValueError(f"epoch {epoch}, batch {number - 1}: {error}") from error
    if number != source.steps or number == 0:
        raise ValueError(
            f"epoch {epoch}: the batch source promised {source.steps} batches (at least one), "
            f"and yielded {number}"
        )


def _update_metrics(model: Model, batch: Batch, prediction: object) -> None:
    if model.metrics:
        host = model.kernels.to_host(prediction)
        for metric in model.metrics:
            metric.update(batch.target, host, batch.weight)


def _weighted_sum(values: Host, weight: Host) -> float:
    with np.errstate(invalid="ignore"):  # an infinite loss is reported, not warned about
        return float(np.sum(values.astype(np.float64) * weight))


def _compiled(model: Model) -> tuple[Optimizer, Loss]:
    if model.optimizer is None or model.loss is None:
        raise ValueError("the model has no optimizer and loss yet: call compile() first")
    return model.optimizer, model.loss
