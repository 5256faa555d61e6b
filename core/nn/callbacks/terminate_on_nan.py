"""TerminateOnNaN: end a training that has diverged, with the last finite weights."""

import sys

from core.nn.callbacks.callback import Callback, Logs


class TerminateOnNaN(Callback):
    """Stop at the first step whose loss or gradients are not finite; that step changes no weight.

    `stopped_at` is then (epoch, batch), counted from 0. The unfinished epoch leaves no record.
    """

    stopped_at: tuple[int, int] | None = None

    def on_train_begin(self) -> None:
        """Forget an earlier run."""
        self.stopped_at = None

    def on_train_batch_end(self, batch: int, logs: Logs) -> None:
        """Stop where the step was not finite."""
        if not logs["finite"]:
            self.stopped_at = (self.run.epoch, batch)
            self.model.stop_training = True
            print(
                f"epoch {self.run.epoch + 1}, batch {batch + 1}: the loss ({logs['loss']}) or a "
                "gradient is not finite; training ends with the weights before this step",
                file=sys.stderr,
            )
