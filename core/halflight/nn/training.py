"""The training loop: epochs, validation, and the callbacks around them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing

from halflight.nn.callbacks.callback import Callback, Run
from halflight.nn.compiled import Compiled
from halflight.nn.data import Batch, RawBatch, check_batch, naming
from halflight.nn.history import History
from halflight.nn.loader import Loader, staged
from halflight.nn.sources import BatchSource
from halflight.nn.step_results import StepResults
from halflight.nn.steps import evaluate as evaluate_step
from halflight.nn.steps import new_results, restart
from halflight.nn.steps import train as train_step


class BatchLogs(Mapping[str, float]):
    """What callbacks are told after a step; to look is to wait for the device.

    "loss" and "mean_loss", of the epoch so far, are those of the step, or of an earlier one that
    was not finite.
    """

    def __init__(self, results: StepResults, step: int) -> None:
        """Look at nothing yet."""
        self._results, self._step = results, step

    def __getitem__(self, name: str) -> float:
        """Return one of the three."""
        record, failed = self._results.record(self._step), self._results.failure
        finite = failed is None or failed.step > self._step
        return {"loss": record.loss, "mean_loss": record.mean, "finite": finite}[name]

    def __iter__(self) -> Iterator[str]:
        """Go through their names."""
        return iter(("loss", "mean_loss", "finite"))

    def __len__(self) -> int:
        """Return 3."""
        return 3


def fit(
    compiled: Compiled,
    source: BatchSource,
    validation: BatchSource | None,
    epochs: int,
    initial_epoch: int,
    callbacks: Sequence[Callback],
    watcher: Callback | None = None,
) -> History:
    """Train until `epochs` epochs are done or a callback sets `model.stop_training`.

    Raises:
        ValueError: no trainable weight; no row of an epoch counts.
        RuntimeError: another thread trains these weights.
        FloatingPointError: the loss or a gradient is not finite, and no callback stopped for it.
    """
    model = compiled.network
    needed = model.graph.needs_gradient()
    if not any(needed[output] for output in model.graph.outputs):
        raise ValueError("fit: nothing to train: every layer with weights is frozen")
    replayable = getattr(source, "replayable", True)
    run = Run(
        compiled,
        list(callbacks),
        source.steps,
        epochs,
        initial_epoch,
        replayable,
        validates=validation is not None,
        watcher=watcher,
    )
    with model.training("fit"):
        _fit(run, source, validation)
    return run.history


def _fit(run: Run, source: BatchSource, validation: BatchSource | None) -> None:
    """Train for all epochs that are left."""
    compiled, model = run.compiled, run.compiled.network
    for callback in run.everyone:
        callback.attach(run)
    model.refresh()
    model.stop_training = False
    for callback in run.everyone:
        callback.on_train_begin()
    for callback in run.everyone:
        callback.on_train_ready()
    batches = loader_of(compiled, source)
    held_out = None if validation is None else loader_of(compiled, validation)
    while run.epoch < run.epochs and not model.stop_training:
        for callback in run.everyone:
            callback.on_epoch_begin(run.epoch)
        logs = _epoch(run, batches)
        if logs is None:
            break
        if held_out is not None:
            for callback in run.everyone:
                callback.on_test_begin()
            logs |= {f"val_{name}": value for name, value in evaluate(compiled, held_out).items()}
            for callback in run.everyone:
                callback.on_test_end()
        epoch, run.epoch = run.epoch, run.epoch + 1
        run.history.append({"epoch": epoch, **logs})
        for callback in run.everyone:
            callback.on_epoch_end(epoch, logs)
        for callback in run.everyone:
            callback.on_epoch_complete(epoch, logs)
    with model.writing("fit"):
        compiled.optimizer.finalize()
    for callback in run.everyone:
        callback.on_train_end()


def loader_of(compiled: Compiled, source: BatchSource) -> Loader:
    """Return the batches of a source for a compiled network."""
    return Loader(compiled.network.kernels, compiled.objective.rules, source)


def evaluate(compiled: Compiled, loader: Loader) -> dict[str, float]:
    """Return the loss and the metrics over epoch 0, in inference mode."""
    results = new_results(compiled)
    with compiled.network.reading(), closing(loader.batches(0)) as batches:
        for batch in batches:
            evaluate_step(compiled, batch, results)
        results.read()
    return results.objective.logs()


def train_on_batch(compiled: Compiled, raw: RawBatch) -> dict[str, float]:
    """Make one step, and return the batch's loss and metrics.

    Raises:
        FloatingPointError: the loss or a gradient is not finite; no weight was changed.
    """
    with compiled.network.training("train_on_batch"):
        compiled.network.refresh()
        results = train_alone(compiled, check_batch(raw, compiled.objective.rules))
    failed = results.failure
    if failed is not None:
        raise FloatingPointError(f"the loss is {failed.loss} and a loss or gradient is not finite")
    return results.objective.logs()


def train_alone(compiled: Compiled, batch: Batch) -> StepResults:
    """Make one step on one batch, and wait for what it finds."""
    results = new_results(compiled)
    restart(compiled)
    train_step(compiled, staged(compiled.network.kernels.Staging(), batch), results)
    _settle(compiled, results)
    return results


def _epoch(run: Run, loader: Loader) -> dict[str, float] | None:
    """Train for one epoch; return its record, or None if a step was not finite."""
    compiled, model = run.compiled, run.compiled.network
    results = new_results(compiled)
    restart(compiled)
    rate, number = 0.0, -1
    with closing(loader.batches(run.epoch)) as batches:
        for batch in batches:
            number += 1
            for callback in run.everyone:
                callback.on_train_batch_begin(number)
            rate = compiled.optimizer.current_learning_rate()
            train_step(compiled, batch, results)
            logs = BatchLogs(results, number)
            for callback in run.everyone:
                callback.on_train_batch_end(number, logs)
            if results.failure is not None or model.stop_training:
                break
    _settle(compiled, results)
    failed = results.failure
    if failed is None:
        with naming(f"epoch {run.epoch}"):
            return {**results.objective.logs(), "learning_rate": rate}
    for callback in run.everyone:
        callback.on_train_failure(failed.step, failed.loss)
    if not model.stop_training:
        raise FloatingPointError(
            f"epoch {run.epoch}, batch {failed.step}: the loss is {failed.loss} and a loss "
            "or gradient is not finite; the weights are those before this step. Lower "
            "the learning rate, or add TerminateOnNaN() to stop without an error"
        )
    return None


def _settle(compiled: Compiled, results: StepResults) -> None:
    """Wait for all steps; take back the count of those that changed nothing."""
    results.read()
    compiled.optimizer.iterations -= results.undone
