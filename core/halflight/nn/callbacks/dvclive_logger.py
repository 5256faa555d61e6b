"""DVCLiveLogger: every epoch's record, handed to a dvclive.Live that the caller opened."""

from typing import Protocol

from halflight.nn.callbacks.callback import Callback, Logs

_OF_THE_RUN = ("learning_rate",)


class Live(Protocol):
    """What is used of `dvclive.Live`."""

    step: int

    def log_metric(self, name: str, val: float) -> object:
        """Note one value of this step."""

    def next_step(self) -> object:
        """Write the step and begin the next."""


class DVCLiveLogger(Callback):
    """Log every epoch to `live` (https://dvc.org/doc/dvclive), and leave ending it to the caller.

    Names are "train/loss", "val/loss" and so on, and "learning_rate". The step is the epoch, so
    that a resumed run goes on where it stood (open it as `Live(resume=True)`).
    """

    watches = True

    def __init__(self, live: Live) -> None:
        """Take the open `Live`."""
        self.live = live

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Log the record."""
        self.live.step = epoch
        for name, value in logs.items():
            self.live.log_metric(_name(name), value)
        self.live.next_step()


def _name(name: str) -> str:
    if name in _OF_THE_RUN:
        return name
    return f"val/{name[4:]}" if name.startswith("val_") else f"train/{name}"
