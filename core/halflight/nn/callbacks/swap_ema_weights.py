"""SwapEMAWeights: validate with the running averages of the weights instead of the weights."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from halflight.nn.arrays import Array
from halflight.nn.callbacks.callback import Callback, Logs, State

STATES = "states"


class SwapEMAWeights(Callback):
    """Puts the averages of an optimizer with `use_ema` in the weights' place for each validation.

    Averages jump less than the weights they are of, and so does what is found with them. The
    optimizer trains on from the weights themselves. Other than in Keras, the states of layers (the
    moving statistics of batch normalisations) are averaged alike, and change places with them:
    those of the latest weights do not belong to averages, which lag behind.

    Args:
        swap_on_epoch: leave them there until all callbacks have seen the end of the epoch, so that
            a later one (EarlyStopping, ModelCheckpoint) keeps the averages. As they are put back
            before anything is saved to go on from, it must stand before BackupAndRestore.
    """

    def __init__(self, swap_on_epoch: bool = False) -> None:
        """Remember when to put the weights back."""
        self.swap_on_epoch = swap_on_epoch
        self._swapped = self._begun = False

    def on_train_begin(self) -> None:
        """Require averages of the weights, and begin those of the states.

        Raises:
            ValueError: the optimizer keeps none.
        """
        if not self.run.compiled.optimizer.use_ema:
            raise ValueError("SwapEMAWeights: the optimizer needs use_ema=True")
        network = self.run.compiled.network
        self._kernels, self._parameters = network.kernels, network.parameters
        self._states: Array = self._kernels.zeros(self._parameters.states.shape)
        self._swapped = self._begun = False

    def on_train_batch_end(self, batch: int, logs: Logs) -> None:
        """Average the states, as the optimizer has averaged the weights."""
        states, finite = self._parameters.states, self._parameters.finite
        momentum = self.run.compiled.optimizer.ema_momentum
        if self._begun:
            self._kernels.average_step(self._states, states, finite, momentum)
        else:
            self._kernels.copy(self._states, states)
            self._begun = True

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

    def on_train_end(self) -> None:
        """Put the averaged states beside the averages that the optimizer has put in place."""
        if self._begun:
            with self.run.compiled.network.writing("fit"):
                self._kernels.copy(self._parameters.states, self._states)

    def get_state(self) -> State:
        """Return the averages of the states; the optimizer keeps those of the weights."""
        return {"begun": self._begun}, {STATES: np.asarray(self._kernels.to_host(self._states))}

    def set_state(self, values: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
        """Go on averaging where the backup stood."""
        self._begun = values["begun"]
        self._kernels.copy(self._states, self._kernels.to_device(arrays[STATES]))

    def _swap(self, averages: bool) -> None:
        if averages == self._swapped:
            return
        with self.run.compiled.network.writing("fit"):
            self.run.compiled.optimizer.swap_average()
            if self._begun:
                copy, states = self._kernels.copy, self._parameters.states
                kept = self._kernels.zeros(states.shape)
                copy(kept, states)
                copy(states, self._states)
                copy(self._states, kept)
        self._swapped = averages
