"""Labelled stamps: what a network is trained and validated on, in batches."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from halflight import nn, store, tasks

if TYPE_CHECKING:
    from halflight import params


@dataclass(frozen=True)
class LabelledStamps:
    """Prepared stamps with their labels, and the rows that train and validate.

    labels: (n, quantities) of all stamps, in units of the pixel and of its noise, as a network's
    answers are; those of other rows may be NaN. train, validation: rows. weights: (n,) how much
    each counts in training, None: all alike.

    Raises ValueError where a row to learn from has no finite label, or there is no row.
    """

    stamps: store.Stamps
    labels: np.ndarray
    train: np.ndarray
    validation: np.ndarray
    weights: np.ndarray | None = None

    def __post_init__(self) -> None:
        for name, rows in (("train", self.train), ("validate", self.validation)):
            if not len(rows):
                raise ValueError(f"there is no stamp to {name}: the split is empty")
            unlabelled = int((~np.isfinite(self.labels[rows])).any(axis=1).sum())
            if unlabelled:
                raise ValueError(
                    f"{unlabelled} of {len(rows)} stamps to {name} have no finite label: leave "
                    "them out first"
                )

    @classmethod
    def of(
        cls,
        task: tasks.Task,
        stamps: store.Stamps,
        values: np.ndarray,
        *,
        train: np.ndarray,
        validation: np.ndarray,
    ) -> LabelledStamps:
        """Stamps whose labels are learnt values (n, quantities): see `Quantity.offset`."""
        offsets = task.offsets(stamps.instrument, stamps.table["noise"].to_numpy())
        return cls(stamps, values - offsets, train=train, validation=validation)

    def weighted(self, weights: np.ndarray) -> LabelledStamps:
        """The same, with these weights (n,)."""
        return replace(self, weights=weights)

    def batches(
        self, task: tasks.Task, rows: np.ndarray, fit: params.Fit, *, training: bool
    ) -> nn.ArraySource:
        """Batches of these stamps; shuffled for training alone."""
        return nn.ArraySource(
            {name: self.stamps[name] for name in task.inputs},
            self.labels.astype(np.float32),
            None if self.weights is None or not training else self.weights.astype(np.float32),
            rows=rows,
            batch_size=fit.batch_size,
            shuffle=training,
            seed=fit.seed,
        )
