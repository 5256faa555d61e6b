"""ModelCheckpoint: save the model, or its weights, as training goes."""

import os
import string
from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from halflight.nn.callbacks.callback import Callback, Logs, Monitor, State, require_keys
from halflight.nn.checks import BOOLEAN, check


class ModelCheckpoint(Callback):
    """Save to `filepath` after every epoch, or after every best one.

    `filepath` may hold `{epoch}` (counted from 1) and keys of the epoch's record, as in
    "model-{epoch:02d}-{val_loss:.3f}". A model is a folder; weights alone are a safetensors file.
    `mode` is "min", "max", or "auto": as the loss or metric that is monitored says of itself.
    """

    def __init__(
        self,
        filepath: str | os.PathLike[str],
        monitor: str = "val_loss",
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
    ) -> None:
        """Check the arguments.

        Raises:
            ValueError: an unknown mode, or a `filepath` that is no pattern.
        """
        self.filepath = os.fspath(filepath)
        self.monitor = Monitor(monitor, mode)
        self.save_best_only, self.save_weights_only = save_best_only, save_weights_only
        check(self, BOOLEAN, "save_best_only", "save_weights_only")
        self._keys = _keys(self.filepath)

    def on_train_begin(self) -> None:
        """Forget an earlier run.

        Raises:
            ValueError: the records will not have what `filepath` or the monitor asks for.
        """
        known = self.run.better()
        require_keys(f"ModelCheckpoint: {self.filepath!r}:", self._keys - {"epoch"}, known)
        self._path(0, dict.fromkeys(known, 1.0))
        if self.save_best_only:
            self.monitor.begin(self.run)
        self.best: float | None = None

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Save, if this epoch is worth it."""
        if self.save_best_only:
            value = self.monitor.value(logs)
            if not self.monitor.improves(value, self.best):
                return
            self.best = value
        path = self._path(epoch, logs)
        if self.save_weights_only:
            self.model.save_weights(path)
        else:
            self.model.save(path)

    def _path(self, epoch: int, logs: Logs) -> str:
        try:
            return self.filepath.format(**{**logs, "epoch": epoch + 1})
        except ValueError as error:
            raise ValueError(f"ModelCheckpoint: {self.filepath!r}: {error}") from error

    def get_state(self) -> State:
        """Return the best value."""
        return {"best": self.best}, {}

    def set_state(self, values: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take the best value up."""
        self.best = values["best"]


def _keys(pattern: str) -> set[str]:
    """Return the keys that a pattern asks for; plain names, as attributes say nothing of a number.

    Raises:
        ValueError: it is no pattern.
    """
    try:
        keys = {name for _, name, _, _ in string.Formatter().parse(pattern) if name is not None}
    except ValueError as error:
        raise ValueError(f"ModelCheckpoint: {pattern!r} is no pattern: {error}") from error
    bad = sorted(key for key in keys if not key or key.isdigit() or set(key) & set(".[]"))
    if bad:
        raise ValueError(
            f"ModelCheckpoint: {pattern!r}: every pair of braces needs a key of the epoch's "
            f"record, such as {{epoch}}, received {bad}"
        )
    return keys
