"""ProgressLogger: a line an epoch, and a bar while one is under way on a terminal."""

import sys
import time

from core.nn.callbacks.callback import Callback, Logs

_BAR = 24


class ProgressLogger(Callback):
    """Print the losses, the learning rate and the seconds of every epoch to standard error."""

    def on_train_begin(self) -> None:
        """Note whether anybody watches."""
        self._terminal = sys.stderr.isatty()

    def on_epoch_begin(self, epoch: int) -> None:
        """Start the clock."""
        self._start = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: Logs) -> None:
        """Move the bar, where there is one."""
        if self._terminal:
            done = (batch + 1) / self.run.steps
            bar = ("=" * round(done * _BAR)).ljust(_BAR)
            line = f"{self._epoch(self.run.epoch)} [{bar}] loss {logs['mean_loss']:.5g}"
            print(f"\r{line}", end="", file=sys.stderr, flush=True)

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Print the epoch's line."""
        values = "  ".join(f"{name} {value:.5g}" for name, value in logs.items())
        seconds = time.perf_counter() - self._start
        clear = "\r\x1b[K" if self._terminal else ""
        print(
            f"{clear}{self._epoch(epoch)}  {values}  {seconds:.1f} s", file=sys.stderr, flush=True
        )

    def _epoch(self, epoch: int) -> str:
        return f"epoch {epoch + 1}/{self.run.epochs}"
