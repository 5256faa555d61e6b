"""Callback: what may be done around epochs and batches, and what a backup keeps of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from halflight.nn.checks import NOT_NEGATIVE, choice, require
from halflight.nn.compiled import Compiled, TrainableNetwork
from halflight.nn.history import History

Logs = Mapping[str, float]
State = tuple[dict[str, Any], dict[str, NDArray[Any]]]
"""Plain values (JSON can hold them) and arrays."""


@dataclass(eq=False)
class Run:
    """Everything about one `fit` that its callbacks may read; BackupAndRestore also rewinds it."""

    compiled: Compiled
    callbacks: Sequence[Callback]
    steps: int
    epochs: int
    epoch: int
    """The epoch under way, or the next one."""
    replayable: bool = True
    """Whether an epoch's batches can be asked for again."""
    validates: bool = False
    """Whether every epoch ends with a validation."""
    history: History = field(default_factory=History)
    watcher: Callback | None = None
    """A further callback that tells of the progress: it comes first, and a backup knows none."""

    @property
    def everyone(self) -> list[Callback]:
        """The watcher, if any, and the callbacks."""
        return [*([self.watcher] if self.watcher else []), *self.callbacks]

    def better(self) -> dict[str, str | None]:
        """Return the keys of every epoch's record, with "lower" or "higher" where one is better."""
        found = self.compiled.objective.better()
        known = {**found, "learning_rate": None}
        if self.validates:
            known |= {f"val_{name}": better for name, better in found.items()}
        return known


class Callback:
    """Hooks of a training run; each does nothing unless a subclass says otherwise.

    A callback may set `self.model.stop_training = True`. One that remembers something from epoch to
    epoch returns it from `get_state`, so that a resumed run goes on as if it had never stopped.
    """

    run: Run
    watches = False
    """Whether it only looks: a run may be resumed with or without it."""

    def __getstate__(self) -> dict[str, Any]:
        """Return what a copy is made of: all but the run that it is in."""
        return {name: part for name, part in self.__dict__.items() if name != "run"}

    def attach(self, run: Run) -> None:
        """Take note of the run; called once, before everything else."""
        self.run = run

    @property
    def model(self) -> TrainableNetwork:
        """The model in training."""
        return self.run.compiled.network

    def on_train_begin(self) -> None:
        """Called before the first epoch."""

    def on_train_ready(self) -> None:
        """Called when every callback has seen the beginning: the time to restore."""

    def on_epoch_begin(self, epoch: int) -> None:
        """Called before an epoch (counted from 0)."""

    def on_train_batch_begin(self, batch: int) -> None:
        """Called before a step."""

    def on_train_batch_end(self, batch: int, logs: Logs) -> None:
        """Called after a step with "loss", "mean_loss" (of the epoch so far) and "finite".

        On a GPU the step is not done yet: a look into `logs` waits for it.
        """

    def on_train_failure(self, batch: int, loss: float) -> None:
        """Called when a step of the epoch was not finite: on a GPU perhaps some steps later.

        No weight has changed since before that step. Training ends with an error, unless a
        callback sets `self.model.stop_training`.
        """

    def on_test_begin(self) -> None:
        """Called before the validation of an epoch."""

    def on_test_end(self) -> None:
        """Called after the validation of an epoch."""

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Called after an epoch and its validation, with its record."""

    def on_epoch_complete(self, epoch: int, logs: Logs) -> None:
        """Called when every callback has seen the end of the epoch: the time to save."""

    def on_train_end(self) -> None:
        """Called after the last epoch, unless training ended in an exception."""

    def get_state(self) -> State:
        """Return what a resumed run needs."""
        return {}, {}

    def set_state(self, values: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take up what `get_state` returned."""


class Monitor:
    """Judges whether a monitored value is the best so far.

    Args:
        name: the record's key, such as "val_loss".
        mode: "min", "max", or "auto": as the loss or metric of that name says of itself.
        min_delta: what does not improve by more than this is no improvement.
    """

    def __init__(self, name: str, mode: str, min_delta: float = 0.0) -> None:
        """Check the arguments.

        Raises:
            ValueError: an unknown mode or a negative min_delta.
        """
        self.name = name
        self.mode = require(f"monitor {name!r}", "mode", mode, choice("auto", "min", "max"))
        self.min_delta = require(f"monitor {name!r}", "min_delta", min_delta, NOT_NEGATIVE)
        self.sign = -1.0 if mode == "max" else 1.0

    def begin(self, run: Run) -> None:
        """Find out which values are better in a training that is about to begin.

        Raises:
            ValueError: its records will lack the value, or nothing says which are better.
        """
        known = run.better()
        require_keys("the monitored", [self.name], known)
        if self.mode == "auto":
            better = known[self.name]
            if better is None:
                raise ValueError(
                    f"monitor {self.name!r}: nothing says whether lower or higher is better (a "
                    'metric does by its attribute `better`): give mode="min" or mode="max"'
                )
            self.sign = -1.0 if better == "higher" else 1.0

    def value(self, logs: Logs) -> float:
        """Return the monitored value.

        Raises:
            ValueError: the record lacks it.
        """
        require_keys("the monitored", [self.name], logs)
        return float(logs[self.name])

    def improves(self, value: float, best: float | None) -> bool:
        """Whether `value` beats `best`; NaN never does."""
        if best is None:
            return not np.isnan(value)
        return self.sign * value < self.sign * best - self.min_delta


def require_keys(what: str, names: Iterable[str], known: Iterable[str]) -> None:
    """Raise ValueError for the first of `names` that is no key of an epoch's record."""
    keys = list(known)
    for name in names:
        if name not in keys:
            raise ValueError(
                f"{what} {name!r} is not in the epoch's record; it has {keys}"
                + (" (pass validation_data)" if name.startswith("val_") else "")
            )
