"""Training batches: shuffled, turned, read from disk; the same for a given seed and epoch."""

from collections.abc import Iterator, Mapping
from typing import Protocol

import numpy as np

from halflight.prepare.orient import ORIENTATIONS, opposite, orient

Batch = tuple[dict[str, np.ndarray], np.ndarray]


class Stored(Protocol):
    """Stamps on disk that are gathered by index, such as a `ShardedArray`."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(n, S, S)."""

    @property
    def dtype(self) -> np.dtype:
        """Of the pixels."""

    def take(self, indices: np.ndarray, out: np.ndarray) -> np.ndarray:
        """Write stamps `indices` (m,) into `out` (m, S, S), which need not be contiguous."""


class ArrayBatches:
    """Batches of inputs and targets, epoch by epoch.

    Parameters
    ----------
    inputs : name -> (n, S, S) float32 stamps, on disk or in memory; a channel axis is added for the
        network.
    targets : (n, T) float32.
    indices : which of the n stamps take part.
    batch_size : stamps a batch; the last of an epoch may be smaller.
    augment : turn each batch into one of the 8 orientations, all inputs alike.
    shuffle, seed : the order is drawn from (seed, epoch), so that a resumed run sees what an
        uninterrupted one would.
    """

    read_ahead = True  # for `Model.fit`: every batch has arrays of its own

    def __init__(
        self,
        inputs: Mapping[str, Stored | np.ndarray],
        targets: np.ndarray,
        *,
        indices: np.ndarray,
        batch_size: int,
        seed: int,
        augment: bool = False,
        shuffle: bool = True,
    ) -> None:
        if not len(indices):
            raise ValueError("no stamp to make batches of: the split is empty")
        if not np.isfinite(targets[indices]).all():
            bad = int((~np.isfinite(targets[indices])).any(axis=1).sum())
            raise ValueError(
                f"{bad} of {len(indices)} stamps have no finite target: drop them first"
            )
        self.inputs, self.targets, self.indices = inputs, targets, np.asarray(indices)
        self.batch_size, self.seed = batch_size, seed
        self.augment, self.shuffle = augment, shuffle
        self.length = len(indices)
        self.steps = -(-self.length // batch_size)

    def batches(self, epoch: int) -> Iterator[Batch]:
        """Yield the ({name: (b, S, S, 1)}, (b, T)) batches of one epoch."""
        for rows, orientation in self.deals(epoch):
            yield self.samples(rows, orientation)

    def samples(self, rows: np.ndarray | slice, orientation: int = 0) -> Batch:
        """Stamps of these numbers among `indices`, in an orientation, with their targets."""
        chosen = self.indices[rows]
        return (
            {name: _gather(array, chosen, orientation) for name, array in self.inputs.items()},
            self.targets[chosen],
        )

    def deals(self, epoch: int) -> Iterator[tuple[np.ndarray, int]]:
        """Yield which stamps, by number among `indices`, make each batch, and its orientation."""
        rng = np.random.Generator(np.random.Philox(key=[self.seed, epoch]))
        order = np.arange(self.length)
        if self.shuffle:
            order = rng.permutation(order)
        for start in range(0, self.length, self.batch_size):
            orientation = int(rng.integers(ORIENTATIONS)) if self.augment else 0
            yield order[start : start + self.batch_size], orientation


def _gather(array: Stored | np.ndarray, chosen: np.ndarray, orientation: int) -> np.ndarray:
    """Stamps `chosen` in an orientation, (b, S, S, 1): each pixel is copied once, to its place."""
    stamps = np.empty((len(chosen), *array.shape[1:], 1), array.dtype)
    unturned = orient(stamps, opposite(orientation))[..., 0]
    if isinstance(array, np.ndarray):
        unturned[...] = array[chosen]
    else:
        array.take(chosen, unturned)
    return stamps
