"""SwapEMAWeights: validate with the running averages of the weights instead of the weights."""

from halflight.nn.callbacks.callback import Callback, Logs


class SwapEMAWeights(Callback):
    """Puts the averages of an optimizer with `use_ema` in the weights' place for each validation.

    Averages jump less than the weights they are of, and so does what is found with them. The
    optimizer trains on from the weights themselves.

    Args:
        swap_on_epoch: leave them there until all callbacks have seen the end of the epoch, so that
            a later one (EarlyStopping, ModelCheckpoint) keeps the averages. As they are put back
            before anything is saved to go on from, it must stand before BackupAndRestore.
    """

    def __init__(self, swap_on_epoch: bool = False) -> None:
        """Remember when to put the weights back."""
        self.swap_on_epoch = swap_on_epoch
        self._swapped = False

    def on_train_begin(self) -> None:
        """Require averages.

        Raises:
            ValueError: the optimizer keeps none.
        """
        self._swapped = False
        if not self.run.compiled.optimizer.use_ema:
            raise ValueError("SwapEMAWeights: the optimizer needs use_ema=True")

    def on_test_begin(self) -> None:
        """Put the averages in place."""
        self._swap(True)

    def on_test_end(self) -> None:
        """Put the weights back, unless others are to see the averages first."""
        if not self.swap_on_epoch:
            self._swap(False)

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Put the averages in place, if they are to be seen: also without a validation."""
        self._swap(self.swap_on_epoch)

    def on_epoch_complete(self, epoch: int, logs: Logs) -> None:
        """Put the weights back."""
        self._swap(False)

    def _swap(self, averages: bool) -> None:
        if averages != self._swapped:
            with self.run.compiled.network.writing("fit"):
                self.run.compiled.optimizer.swap_average()
            self._swapped = averages
