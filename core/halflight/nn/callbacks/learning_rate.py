"""LearningRateScheduler and ReduceLROnPlateau: callbacks that set the learning rate."""

import sys
from collections.abc import Callable, Mapping
from typing import Any

from numpy.typing import NDArray

from halflight.nn.callbacks.callback import Callback, Logs, Monitor, State
from halflight.nn.checks import FRACTION, NOT_NEGATIVE, check, integer, require
from halflight.nn.schedules import LearningRateSchedule


class _SetsLearningRate(Callback):
    """What both share: a learning rate that is a number, to be read and set."""

    def on_train_begin(self) -> None:
        """Look at the optimizer.

        Raises:
            ValueError: its learning rate is a schedule, which knows better.
        """
        rate = self.run.compiled.optimizer.learning_rate
        if isinstance(rate, LearningRateSchedule):
            raise ValueError(
                f"{type(self).__name__}: sets the learning rate, so the optimizer needs a number, "
                f"received the schedule {rate!r}"
            )

    @property
    def rate(self) -> float:
        """The learning rate of the next step."""
        return self.run.compiled.optimizer.current_learning_rate()

    @rate.setter
    def rate(self, rate: float) -> None:
        self.run.compiled.optimizer.learning_rate = rate


class LearningRateScheduler(_SetsLearningRate):
    """Set the learning rate to `schedule(epoch, rate)` before every epoch (counted from 0).

    `rate` is that of the epoch before. A schedule of `halflight.nn.schedules` changes it
    step by step.
    """

    def __init__(self, schedule: Callable[[int, float], float]) -> None:
        """Take the function."""
        self.schedule = schedule

    def on_epoch_begin(self, epoch: int) -> None:
        """Set the rate.

        Raises:
            ValueError: the function returned something else than a finite number of at least 0.
        """
        rate = self.schedule(epoch, self.rate)
        self.rate = require(self, f"the schedule's rate of epoch {epoch}", rate, NOT_NEGATIVE)


class ReduceLROnPlateau(_SetsLearningRate):
    """Multiply the learning rate by `factor` when `monitor` has not improved for `patience` epochs.

    Args:
        monitor: the record's key, such as "val_loss".
        factor: at least 0 and below 1.
        patience: epochs without an improvement before a reduction.
        mode: "min", "max", or "auto": as the loss or metric that is monitored says of itself.
        min_delta: what does not improve by more than this is no improvement.
        cooldown: epochs after a reduction before waiting begins again.
        min_lr: the rate is not reduced below this.

    Raises:
        ValueError: an argument out of its range.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
    ) -> None:
        """Check the arguments."""
        self.monitor = Monitor(monitor, mode, min_delta)
        self.factor, self.patience = factor, patience
        self.cooldown, self.min_lr = cooldown, min_lr
        check(self, FRACTION, "factor")
        check(self, integer(least=0), "patience", "cooldown")
        check(self, NOT_NEGATIVE, "min_lr")

    def on_train_begin(self) -> None:
        """Forget an earlier run.

        Raises:
            ValueError: the optimizer has a schedule, or as `Monitor.begin`.
        """
        super().on_train_begin()
        self.monitor.begin(self.run)
        self.best: float | None = None
        self.wait = self.cooling = 0

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Compare with the best epoch so far, and reduce the rate after too long a wait."""
        value = self.monitor.value(logs)
        if self.cooling:
            self.cooling -= 1
            self.wait = 0
        if self.monitor.improves(value, self.best):
            self.best, self.wait = value, 0
        elif not self.cooling:
            self.wait += 1
            if self.wait >= self.patience and self.rate > self.min_lr:
                self.rate = max(self.rate * self.factor, self.min_lr)
                self.cooling, self.wait = self.cooldown, 0
                print(f"epoch {epoch + 1}: learning rate {self.rate:g}", file=sys.stderr)

    def get_state(self) -> State:
        """Return the best value and the waiting; the optimizer keeps the rate."""
        return {name: getattr(self, name) for name in _STATE}, {}

    def set_state(self, values: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
        """Go on waiting where the backup stood."""
        for name in _STATE:
            setattr(self, name, values[name])


_STATE = ("best", "wait", "cooling")
