"""ModelCheckpoint: save the model, or its weights, as training goes."""

import os
from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from halflight.nn.callbacks.callback import Callback, Logs, Monitor, State


class ModelCheckpoint(Callback):
    """Save to `filepath` after every epoch, or after every best one.

    `filepath` may hold `{epoch}` (counted from 1) and keys of the epoch's record, as in
    "model-{epoch:02d}-{val_loss:.3f}". A model is a folder; weights alone are a safetensors file.
    """

    def __init__(
        self,
        filepath: str | os.PathLike[str],
        monitor: str = "val_loss",
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
    ) -> None:
        """Check the mode.

        Raises:
            ValueError: an unknown mode.
        """
        self.filepath = os.fspath(filepath)
        self.monitor = Monitor(monitor, mode)
        self.save_best_only, self.save_weights_only = save_best_only, save_weights_only

    def on_train_begin(self) -> None:
        """Forget an earlier run."""
        self.best: float | None = None

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Save, if this epoch is worth it."""
        if self.save_best_only:
            value = self.monitor.value(logs)
            if not self.monitor.improves(value, self.best):
                return
            self.best = value
        path = self.filepath.format(epoch=epoch + 1, **logs)
        if self.save_weights_only:
            self.model.save_weights(path)
        else:
            self.model.save(path)

    def get_state(self) -> State:
        """Return the best value."""
        return {"best": self.best}, {}

    def set_state(self, values: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take the best value up."""
        self.best = values["best"]
