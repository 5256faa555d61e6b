"""EarlyStopping: stop when a value no longer improves."""

import sys
from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from halflight.nn.callbacks.callback import Callback, Logs, Monitor, State
from halflight.nn.checks import BOOLEAN, FINITE, check, integer, require


class EarlyStopping(Callback):
    """Stop after `patience` epochs without an improvement of `monitor`.

    `mode` is "min", "max", or "auto": as the loss or metric that is monitored says of itself.

    With `restore_best_weights`, training ends, early or not, with the weights of the best epoch (as
    in Keras). The best epoch is kept in `best_epoch`, its value in `best`.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0.0,
        patience: int = 0,
        mode: str = "auto",
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        """Check the arguments.

        Raises:
            ValueError: a negative patience, or an unknown mode.
        """
        self.monitor = Monitor(monitor, mode, abs(require(self, "min_delta", min_delta, FINITE)))
        self.patience, self.restore_best_weights = patience, restore_best_weights
        self.start_from_epoch = start_from_epoch
        check(self, integer(least=0), "patience", "start_from_epoch")
        check(self, BOOLEAN, "restore_best_weights")

    def on_train_begin(self) -> None:
        """Forget an earlier run.

        Raises:
            ValueError: as `Monitor.begin`.
        """
        self.monitor.begin(self.run)
        self.best: float | None = None
        self.best_epoch: int | None = None
        self.stopped_epoch: int | None = None
        self.wait = 0
        self._best_weights: dict[str, NDArray[Any]] = {}

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Compare with the best epoch so far."""
        value = self.monitor.value(logs)
        if epoch < self.start_from_epoch:
            return
        self.wait += 1
        if self.monitor.improves(value, self.best):
            self.best, self.best_epoch, self.wait = value, epoch, 0
            if self.restore_best_weights:
                self._best_weights = self.model.get_weights()
        elif self.wait >= self.patience:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self) -> None:
        """Go back to the best weights."""
        if self.restore_best_weights and self._best_weights:
            self.model.set_weights(self._best_weights)
        if self.stopped_epoch is not None:
            print(
                f"stopped after epoch {self.stopped_epoch + 1}: {self.monitor.name} was best in "
                f"epoch {(self.best_epoch or 0) + 1}",
                file=sys.stderr,
            )

    def get_state(self) -> State:
        """Return the best epoch, its weights, and how long ago it was."""
        values = {name: getattr(self, name) for name in _STATE}
        return values, self._best_weights

    def set_state(self, values: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
        """Go on waiting where the backup stood."""
        for name in _STATE:
            setattr(self, name, values[name])
        self._best_weights = dict(arrays)


_STATE = ("best", "best_epoch", "stopped_epoch", "wait")
