"""Trained: what a run has trained, for studies that hold several runs against each other."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import pandas as pd

from halflight.estimator import Estimator
from halflight.joint import Joint
from halflight.tasks import Measurement


@dataclass(frozen=True)
class Trained:
    """A run's network, and how it is joined with the fit.

    Attributes:
        run: its name in tables.
        estimator: the network, by as many orientations of each stamp as are averaged.
        joint: None: the network stands alone.
    """

    run: str
    estimator: Estimator
    joint: Joint | None

    @classmethod
    def load(cls, run: str, folder: Path, task: Measurement, *, backend: str) -> Self:
        """Read the folder of an estimator, and its join where that is there.

        Raises:
            FileNotFoundError: there is no estimator.
            ValueError: a file is damaged, or the estimator is another task's; the message names it.
        """
        estimator = Estimator.load(folder, backend=backend)
        if estimator.task.name != task.name:
            raise ValueError(
                f"the estimator at {folder} is of the task {estimator.task.name}, and cannot stand "
                f"for the run {run} of {task.name}"
            )
        return cls(run, estimator, Joint.load(folder))

    def ways(self) -> tuple[Self, ...]:
        """Itself; and the network alone by one orientation, where several are averaged.

        The join was fitted to what the network says by all of them.
        """
        if self.estimator.orientations == 1:
            return (self,)
        one = replace(self.estimator, orientations=1)
        return self, replace(self, estimator=one, joint=None)

    def answers(
        self, task: Measurement, network: pd.DataFrame, fits: pd.DataFrame, name: str = "network"
    ) -> Iterator[tuple[str, pd.DataFrame]]:
        """Each method with its measurements: the network, and the network joined with the fit.

        network: what `estimator` has measured. fits: the classical measurements of these stamps, in
        the same order; whichever run asks, they are the same. name: of the network's method.
        """
        yield name, network
        if self.joint is not None:
            yield "combined", self.joint.joined(task, network, fits)

    def told(self, scores: pd.DataFrame) -> pd.DataFrame:
        """Scores of its answers, with the columns run and orientations."""
        return scores.assign(run=self.run, orientations=self.estimator.orientations)
