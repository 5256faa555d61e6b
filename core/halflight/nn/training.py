"""The training loop: epochs, validation, and the callbacks around them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from halflight.nn import steps
from halflight.nn.callbacks.callback import Callback
from halflight.nn.data import Batch, RawBatch, check_batch
from halflight.nn.feed import Feed, staged
from halflight.nn.history import History
from halflight.nn.ledger import Ledger
from halflight.nn.sources import BatchSource
from halflight.nn.steps import compiled

if TYPE_CHECKING:
    from halflight.nn.model import Model


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
class StepResult:
    """What one training step found."""

    loss: float
    """The objective on this batch."""
    finite: bool
    """Whether the loss and all gradients were; if not, no weight was changed."""


class BatchLogs(Mapping[str, float]):
    """What callbacks are told after a step; to look is to wait for the device.

    "loss" and "mean_loss", of the epoch so far, are those of the step, or of an earlier one that
    was not finite.
    """

    def __init__(self, ledger: Ledger, step: int) -> None:
        """Look at nothing yet."""
        self._ledger, self._step = ledger, step

    def __getitem__(self, name: str) -> float:
        """Return one of the three."""
        record, failed = self._ledger.record(self._step), self._ledger.failure
        finite = failed is None or failed.step > self._step
        return {"loss": record.loss, "mean_loss": record.mean, "finite": finite}[name]

    def __iter__(self) -> Iterator[str]:
        """Go through their names."""
        return iter(("loss", "mean_loss", "finite"))

    def __len__(self) -> int:
        """Return 3."""
        return 3


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
    feed = feed_of(model, source)
    judged = None if validation is None else feed_of(model, validation)
    while run.epoch < epochs and not model.stop_training:
        for callback in run.callbacks:
            callback.on_epoch_begin(run.epoch)
        logs = _epoch(run, feed)
        if logs is None:
            break
        if judged is not None:
            logs |= {f"val_{name}": value for name, value in evaluate(model, judged).items()}
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


def feed_of(model: Model, source: BatchSource) -> Feed:
    """Return the batches of a source for a compiled model."""
    return Feed(model.kernels, compiled(model).objective.rules, source)


def evaluate(model: Model, feed: Feed) -> dict[str, float]:
    """Return the loss and the metrics over epoch 0, in inference mode."""
    ledger = steps.new_ledger(model)
    with closing(feed.batches(0)) as batches:
        for batch in batches:
            steps.evaluate(model, batch, ledger)
    ledger.read()
    return compiled(model).objective.logs()


def train_on_batch(model: Model, raw: RawBatch) -> dict[str, float]:
    """Make one step, and return the batch's loss and metrics.

    Raises:
        FloatingPointError: the loss or a gradient is not finite; no weight was changed.
    """
    objective = compiled(model).objective
    model.refresh()
    result = train_step(model, check_batch(raw, objective.rules))
    if not result.finite:
        raise FloatingPointError(f"the loss is {result.loss} and a loss or gradient is not finite")
    return objective.logs()


def train_step(model: Model, batch: Batch) -> StepResult:
    """Make one step on one batch, and wait for what it finds; the objective holds it alone."""
    ledger = steps.new_ledger(model)
    steps.restart(model)
    steps.train(model, staged(model.kernels.Staging(), batch), ledger)
    _settle(model, ledger, 1)
    return StepResult(ledger.record(0).loss, ledger.failure is None)


def _epoch(run: Run, feed: Feed) -> dict[str, float] | None:
    """Train for one epoch; return its record, or None if a step was not finite."""
    model = run.model
    optimizer, objective = compiled(model).optimizer, compiled(model).objective
    ledger = steps.new_ledger(model)
    steps.restart(model)
    rate, number = 0.0, -1
    with closing(feed.batches(run.epoch)) as batches:
        for batch in batches:
            number += 1
            for callback in run.callbacks:
                callback.on_train_batch_begin(number)
            rate = optimizer.current_learning_rate()
            steps.train(model, batch, ledger)
            logs = BatchLogs(ledger, number)
            for callback in run.callbacks:
                callback.on_train_batch_end(number, logs)
            if ledger.failure is not None or model.stop_training:
                break
    _settle(model, ledger, number + 1)
    if ledger.failure is None:
        return {**objective.logs(), "learning_rate": rate}
    failed = ledger.failure
    for callback in run.callbacks:
        callback.on_train_failure(failed.step, failed.loss)
    if not model.stop_training:
        raise FloatingPointError(
            f"epoch {run.epoch}, batch {failed.step}: the loss is {failed.loss} and a loss "
            "or gradient is not finite; the weights are those before this step. Lower "
            "the learning rate, or add TerminateOnNaN() to stop without an error"
        )
    return None


def _settle(model: Model, ledger: Ledger, launched: int) -> None:
    """Wait for all steps; take back the count of those that changed nothing."""
    ledger.read()
    if ledger.failure is not None:
        compiled(model).optimizer.iterations -= launched - ledger.failure.step
