"""split_sources: the last samples of arrays are kept from training, to validate on."""

import math
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from halflight.nn.data import Arrays, RawBatch, by_name
from halflight.nn.sources import ArraySource, BatchSource, as_arrays


def split_sources(
    input_names: Sequence[str],
    x: Arrays | BatchSource | Iterable[RawBatch],
    y: Arrays | None,
    weight: Arrays | None,
    batch_size: int,
    share: float,
    *,
    validation_batch_size: int,
    shuffle: bool,
    seed: int,
) -> tuple[BatchSource, BatchSource]:
    """Return sources of all samples but the last `share` of them, and of these, as Keras splits.

    Raises:
        ValueError: as `as_source`; `x` is no arrays; one of the two would have no sample.
    """
    if isinstance(x, BatchSource | Iterator):
        raise ValueError(
            "fit: validation_split takes samples from arrays: pass validation_data beside a source "
            f"of batches, received {type(x).__name__}"
        )
    inputs = by_name("inputs", x, input_names)  # type: ignore[arg-type]
    arrays = inputs, as_arrays("targets", y), as_arrays("sample_weight", weight)
    samples = len(next(iter(inputs.values())))
    kept = math.floor(samples * (1.0 - share))
    if not 0 < kept < samples:
        raise ValueError(
            f"fit: validation_split {share} of {samples} samples leaves {kept} to train and "
            f"{samples - kept} to validate: both need one"
        )
    rows = np.arange(samples)
    return (
        ArraySource(*arrays, batch_size=batch_size, shuffle=shuffle, seed=seed, rows=rows[:kept]),
        ArraySource(*arrays, batch_size=validation_batch_size, shuffle=False, rows=rows[kept:]),
    )
