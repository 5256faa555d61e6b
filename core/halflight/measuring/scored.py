"""Scored: a measurement as any other, which tells each row's `domain_score`, too."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from halflight.images import Cutouts
from halflight.measurer import Measurer
from halflight.measuring.run import measure_targets
from halflight.measuring.targets import Targets
from halflight.results import Run
from halflight.results.kept import Rows


@dataclass
class _Watch:
    """A measurer that keeps what it said of the domain, call by call."""

    measurer: Measurer
    scores: list[NDArray[np.float64]] = field(default_factory=list)

    def measure(self, *stamps: NDArray[np.floating], **given: Any) -> pd.DataFrame:
        found = self.measurer.measure(*stamps, **given)
        self.scores.append(found["domain_score"].to_numpy(np.float64))
        return found


def measured_and_scored(
    targets: Targets, measurer: Measurer, run: Run, *, processes: int = 1
) -> tuple[pd.DataFrame, NDArray[np.float64]]:
    """The rows of `measure_targets` in the tier best, and `domain_score` of each, (rows,).

    A score is infinite where nothing could be measured. Raises as `measure_targets` does.
    """
    watch = _Watch(measurer)
    chunks: list[NDArray[np.int64]] = []

    def cut(rows: NDArray[np.integer]) -> Iterator[Cutouts]:
        for chunk in targets.cut(rows):
            # A chunk is measured binning by binning, in rising order.
            chunks.extend(chunk.rows[chunk.binning == by] for by in np.unique(chunk.binning))
            yield chunk

    results = measure_targets(
        replace(targets, cut=cut), watch, Rows(), replace(run, tier="best"), processes=processes
    )
    scores = np.full(len(targets.sources), np.inf)
    for rows, found in zip(chunks, watch.scores, strict=True):
        scores[rows] = np.where(np.isnan(found), np.inf, found)
    return results.rows, scores
