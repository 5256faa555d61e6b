"""Task: what the stages ask of whatever is learnt and scored, from the stamps to the figures."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from halflight.instrument import Instrument
from halflight.tasks.quantity import Values

Answers = tuple[Values, ...]
"""What a network's outputs say of each object, each array (n, ·): a task's own to read."""


class Labels(NamedTuple):
    """What a network learns from: values (rows, labels), and which rows have all of them."""

    values: Values
    usable: NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Task(ABC):
    """What is learnt of an object from its stamp and PSF.

    A `halflight.tasks.Measurement` gives quantities with error bars, a
    `halflight.tasks.Classification` a probability. Stages know this interface alone.

    Attributes:
        name: in params.yaml, dvc.yaml and paths.
        title: for people.
        classical: the methods that stand beside the network, by name.
        figures: of the report, in reading order.
        inputs: the arrays of a stamp that the network sees.
        loss, metrics: of the training.
    """

    kind: ClassVar[str]
    """What of `halflight.classical` and `halflight.scores` serves it."""

    views: ClassVar[int]
    """Views of a stamp (see `halflight.prepare.view`) that may be averaged at most."""

    name: str
    title: str
    classical: tuple[str, ...]
    figures: tuple[str, ...]
    inputs: tuple[str, ...] = ("image", "psf")
    loss: Any = None
    metrics: tuple[str, ...] = ()

    @property
    @abstractmethod
    def outputs(self) -> int:
        """Numbers that a network answers of an object."""

    @abstractmethod
    def network_options(self) -> dict[str, Any]:
        """What the task decides of a preset with an image and a PSF."""

    @abstractmethod
    def truth_columns(self) -> dict[str, str]:
        """The columns of truths, by what each must hold (see `halflight.tables.KINDS`)."""

    @abstractmethod
    def classical_columns(self, table: pd.DataFrame) -> dict[str, str]:
        """What kind of values each column must hold that is read of a table of measurements."""

    @abstractmethod
    def simulated_labels(self, table: pd.DataFrame) -> Labels:
        """The truths of simulated stamps."""

    @abstractmethod
    def survey_labels(self, table: pd.DataFrame, classical: pd.DataFrame, settings: Any) -> Labels:
        """What may be learnt from of survey stamps.

        table, classical: the same objects in the same order, as they were catalogued and as they
        were measured; settings: section finetune of the task's parameters.
        """

    @property
    @abstractmethod
    def label_source(self) -> tuple[str, str]:
        """What a survey stamp without a label lacks, and what to do to have more, in words."""

    @abstractmethod
    def offsets(self, instrument: Instrument, noise: NDArray[np.floating]) -> Values:
        """What a network's answers lack of labels, (n, labels)."""

    @abstractmethod
    def first_bias(self, labels: Values) -> Values:
        """The bias (outputs,) that a network's head starts from, of labels (n, labels)."""

    @abstractmethod
    def learnt(self, values: Values) -> Mapping[str, Values]:
        """The columns (n,) of labels or answers (n, labels) that have a trained range, by name."""

    @abstractmethod
    def decode(self, outputs: NDArray[np.floating]) -> Answers:
        """What outputs (n, orientations, outputs) say of each object, the orientations averaged."""

    @abstractmethod
    def calibrated(
        self, head: Mapping[str, NDArray[Any]], answers: Answers, labels: Values
    ) -> tuple[dict[str, NDArray[Any]], dict[str, float]]:
        """The weights of a network's head, changed so that its answers are honest; and their tails.

        head: "kernel" and "bias" of the last layer; answers, labels: of objects that it did not
        learn from. The tails are `halflight.estimator.Estimator.dof`.
        """

    @abstractmethod
    def measured(self, answers: Answers, offsets: Values, dof: Mapping[str, float]) -> pd.DataFrame:
        """The table of what was found, one row an object; NaN where the answers are NaN."""

    def doubts(self, table: pd.DataFrame) -> Mapping[str, NDArray[np.bool_]]:
        """Flags (see `halflight.quality.FLAGS`) by what `measured` says, and of which rows."""
        del table
        return {}

    @abstractmethod
    def describe(self) -> Mapping[str, Any]:
        """What a saved estimator says of its task, in plain values."""

    def configured(self, train: Any) -> Self:
        """The task as section train of its parameters has it."""
        del train
        return self

    def deciding(self, decisive: float) -> Self:
        """The task which flags as undecided what has no class of this probability.

        Raises:
            ValueError: it tells no classes, or none of two could have it.
        """
        raise ValueError(
            f"decisive, {decisive:g}, is of a model that tells classes, and {self.name} measures "
            "quantities: leave it out, or name another model"
        )

    def restored(self, description: Mapping[str, Any]) -> Self:
        """The task as a saved estimator has it, from what `describe` said there.

        Raises:
            ValueError: it is not this task.
        """
        if description != self.describe():
            raise ValueError(f"it measures other quantities than task {self.name} does now")
        return self
