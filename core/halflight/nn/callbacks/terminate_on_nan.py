"""TerminateOnNaN: end a training that has diverged, with the last finite weights."""

import sys

from halflight.nn.callbacks.callback import Callback


class TerminateOnNaN(Callback):
    """Stop at the first step whose loss or gradients are not finite; that step changes no weight.

    `stopped_at` is then (epoch, batch), counted from 0. The unfinished epoch leaves no record.
    """

    stopped_at: tuple[int, int] | None = None

    def on_train_begin(self) -> None:
        """Forget an earlier run."""
        self.stopped_at = None

    def on_train_failure(self, batch: int, loss: float) -> None:
        """Stop."""
        self.stopped_at = (self.run.epoch, batch)
        self.model.stop_training = True
        print(
            f"epoch {self.run.epoch + 1}, batch {batch + 1}: the loss ({loss}) or a gradient is "
            "not finite; training ends with the weights before this step",
            file=sys.stderr,
        )
