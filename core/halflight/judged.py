"""Judged: a measurer that also says which stamps show neither of its classes."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from halflight.estimator import Estimator
from halflight.likeness import Likeness, indicators
from halflight.measurer import Measurer
from halflight.quality import FLAGS

SCORE = "domain_score"


@dataclass(frozen=True)
class Judged:
    """A measurer with what is usual of the objects that it was proven on."""

    measurer: Measurer
    likeness: Likeness

    @property
    def estimator(self) -> Estimator:
        """The measurer's."""
        return self.measurer.estimator

    @property
    def tier(self) -> str:
        """The best that the measurer has."""
        return self.measurer.tier

    @property
    def probability(self) -> str | None:
        """The column of the probability that the measurer gives."""
        return self.measurer.probability

    def measure(
        self, image: NDArray[Any], sigma: NDArray[Any], psf: NDArray[Any], **options: Any
    ) -> pd.DataFrame:
        """The columns of `Measurer.measure`, whose arguments these are, and `domain_score`.

        A score above 1, of which no more than 1 % of the objects it was proven on have one, is
        flagged `out_of_domain`: neither a star nor a galaxy is all that the stamp shows.
        """
        found = self.measurer.measure(image, sigma, psf, **options)
        score = self.likeness.score(
            indicators(*(a if a.ndim == 4 else a[..., np.newaxis] for a in (image, sigma, psf)))
        )
        flags = found["flags"].to_numpy(np.int64)
        return found.assign(
            **{SCORE: score}, flags=flags | np.where(score > 1, FLAGS["out_of_domain"], 0)
        )


def judged(measurer: Measurer, folder: Path) -> Measurer | Judged:
    """The measurer of an estimator's folder; with its judge, where the folder has one.

    Raises:
        ValueError: what the folder says of it is damaged.
    """
    likeness = Likeness.load(folder)
    return measurer if likeness is None else Judged(measurer, likeness)
