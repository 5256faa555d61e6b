"""ProgressLogger: a line an epoch, and a bar while one is under way on a terminal."""

import shutil
import sys
import time

from halflight.nn.callbacks.callback import Callback, Logs

_BAR = 24  # characters
_PAUSE = 0.1  # seconds between two looks of the bar


class ProgressLogger(Callback):
    """Print every epoch's record and its seconds to standard error, one line an epoch.

    On a terminal, that line shows meanwhile how many steps are done, a bar, the time left and the
    mean loss so far, unless `bar` is False.
    """

    def __init__(self, *, bar: bool = True) -> None:
        """Choose whether to draw a bar."""
        self._bar = bar

    def on_train_begin(self) -> None:
        """Note whether anybody watches."""
        self._terminal = self._bar and sys.stderr.isatty()

    def on_epoch_begin(self, epoch: int) -> None:
        """Start the clock."""
        self._start = time.perf_counter()
        self._drawn = -_PAUSE

    def on_train_batch_end(self, batch: int, logs: Logs) -> None:
        """Move the bar, where there is one, at most ten times a second."""
        if not self._terminal:
            return
        seconds, done, steps = time.perf_counter() - self._start, batch + 1, self.run.steps
        if done < steps and seconds - self._drawn < _PAUSE:
            return
        self._drawn = seconds
        full = _BAR * done // steps
        bar = "=" * full + ">" * (full < _BAR) + " " * (_BAR - full - 1)
        left = _clock(seconds / done * (steps - done))
        line = (
            f"{self._epoch(self.run.epoch)}  {done:{len(str(steps))}d}/{steps} "
            f"{100 * done // steps:3d}% [{bar}] {left} left  loss {logs['mean_loss']:.5g}"
        )
        width = shutil.get_terminal_size().columns - 1  # a longer line would begin a new one
        print(f"\r\x1b[K{line[:width]}", end="", file=sys.stderr, flush=True)

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


def _clock(seconds: float) -> str:
    """Return "0:07", "12:34" or "1:02:03"."""
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02d}:{second:02d}" if hours else f"{minute}:{second:02d}"
