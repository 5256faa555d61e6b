"""Classification: a task that gives the probability of one of two classes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import expit, logit

from halflight.instrument import Instrument
from halflight.tasks.quantity import Values
from halflight.tasks.task import Answers, Labels, Task

# Of a temperature: beyond a factor of 50 a validation split is too small to tell.
COLDEST, HOTTEST = 0.02, 50.0
TEMPERATURE_TOLERANCE = 1e-6  # of its logarithm


@dataclass(frozen=True, kw_only=True)
class Classification(Task):
    """The probability that an object is of a class, from its stamp and PSF.

    A network's output is one number, the logarithm of the odds.

    Attributes:
        positive, negative: the classes, for people: what has the probability, and what is not it.
        label: the column of tables that is 1 for the positive class, 0 for the other, and NaN where
            that is not known; a synthetic survey's truths stand after "true_".
        probability: the column of the probability in every table of what was found.
        decisive: the probability that one of the classes needs, so that an object is not flagged
            as undecided: above 0.5 and below 1. A saved estimator keeps its own.
    """

    kind: ClassVar[str] = "classification"
    views: ClassVar[int] = 64

    positive: str
    negative: str
    label: str
    probability: str
    decisive: float = 0.9
    loss: Any = None
    metrics: tuple[str, ...] = ("accuracy",)

    def __post_init__(self) -> None:
        """Cross-entropy of log-odds, where no other loss is named.

        Raises:
            ValueError: no probability of one of two classes could be `decisive`.
        """
        if not 0.5 < self.decisive < 1.0:
            raise ValueError(f"decisive must be above 0.5 and below 1, received {self.decisive}")
        if self.loss is None:
            exact = {"class": "BinaryCrossentropy", "config": {"from_logits": True}}
            object.__setattr__(self, "loss", exact)

    @property
    def outputs(self) -> int:
        """The log-odds."""
        return 1

    def network_options(self) -> dict[str, Any]:
        """A preset's `outputs`."""
        return {"outputs": self.outputs}

    def truth_columns(self) -> dict[str, str]:
        """The label."""
        return {self.label: "number"}

    def classical_columns(self, table: pd.DataFrame) -> dict[str, str]:
        """The probability by each method that the table has, and what it ranks objects by."""
        names = [f"{m}_{column}" for m in self.classical for column in (self.probability, "rank")]
        return dict.fromkeys([name for name in names if name in table], "number")

    def truths(self, table: pd.DataFrame, prefix: str = "") -> Values:
        """A table's labels (rows,), NaN where it has none.

        Raises:
            ValueError: one is neither 0, 1 nor NaN.
        """
        if (column := prefix + self.label) not in table:
            return np.full(len(table), np.nan)
        values = table[column].to_numpy(np.float64)
        wrong = ~(np.isnan(values) | (values == 0.0) | (values == 1.0))
        if wrong.any():
            row = int(np.argmax(wrong))
            raise ValueError(
                f"{column} must be 1 for a {self.positive}, 0 for a {self.negative} and NaN where "
                f"that is not known, received {values[row]:g} in row {row}"
            )
        return values

    def simulated_labels(self, table: pd.DataFrame) -> Labels:
        """What simulated objects are."""
        values = self.truths(table)
        return Labels(values[:, np.newaxis], np.isfinite(values))

    def survey_labels(self, table: pd.DataFrame, classical: pd.DataFrame, settings: Any) -> Labels:
        """What spectra say that survey objects are."""
        del classical, settings  # no judge labels anything
        return self.simulated_labels(table)

    @property
    def label_source(self) -> tuple[str, str]:
        """A class; more objects that have one."""
        return f"known class ({self.label})", f"widen {self.name}.survey.selection"

    def offsets(self, instrument: Instrument, noise: NDArray[np.floating]) -> Values:
        """None: a class has no unit."""
        del instrument
        return np.zeros((len(noise), 1))

    def first_bias(self, labels: Values) -> Values:
        """The log-odds of a label, kept finite by one of each class more than there are."""
        positive = labels.sum(axis=0)
        return np.asarray(np.log((positive + 1.0) / (len(labels) - positive + 1.0)))

    def learnt(self, values: Values) -> Mapping[str, Values]:
        """None: a probability is never out of range."""
        del values
        return {}

    def decode(self, outputs: NDArray[np.floating]) -> Answers:
        """The mean log-odds (n, 1) of the views of a stamp.

        A geometric mean of odds, so that a temperature of the averaged answer is one of each view.
        """
        numbers = np.asarray(outputs, np.float64)
        if numbers.ndim != 3 or numbers.shape[2] != 1:
            raise ValueError(
                f"task {self.name} needs 1 output (n, orientations, 1) of its network, received "
                f"{numbers.shape}"
            )
        return (numbers.mean(axis=1),)

    def calibrated(
        self, head: Mapping[str, NDArray[Any]], answers: Answers, labels: Values
    ) -> tuple[dict[str, NDArray[Any]], dict[str, float]]:
        """A head whose log-odds are divided by the temperature of these labels.

        The one that makes their cross-entropy least (Guo et al. 2017, ICML, section 4.2); it goes
        into kernel and bias, so that the saved network carries it. The order of objects by
        probability does not change.
        """
        temperature = fitted_temperature(answers[0], labels)
        changed = {name: np.asarray(w / temperature, w.dtype) for name, w in head.items()}
        return changed, {}

    def measured(self, answers: Answers, offsets: Values, dof: Mapping[str, float]) -> pd.DataFrame:
        """The probability of the positive class."""
        del dof
        [odds] = answers
        return pd.DataFrame({self.probability: expit((odds + offsets)[:, 0])})

    def doubts(self, table: pd.DataFrame) -> Mapping[str, NDArray[np.bool_]]:
        """Objects of which neither class is probable enough."""
        p = table[self.probability].to_numpy()
        return {"undecided": np.maximum(p, 1.0 - p) < self.decisive}

    def describe(self) -> Mapping[str, Any]:
        """What a saved estimator says of its task, in plain values."""
        return {
            "name": self.name,
            "classes": [self.negative, self.positive],
            "probability": self.probability,
            "decisive": self.decisive,
        }

    def configured(self, train: Any) -> Self:
        """With `decisive` of section train."""
        return self.deciding(train.decisive)

    def deciding(self, decisive: float) -> Self:
        """With another `decisive`."""
        return replace(self, decisive=decisive)

    def restored(self, description: Mapping[str, Any]) -> Self:
        """With the estimator's own `decisive`; one that was saved before there was such has ours.

        Raises:
            ValueError: it is not this task, or no probability could be decisive.
        """
        known = {"decisive": self.decisive, **description}
        own = self.deciding(known["decisive"])
        if known != own.describe():
            raise ValueError(f"it tells other classes than task {self.name} does now")
        return own


def fitted_temperature(odds: NDArray[np.floating], labels: NDArray[np.floating]) -> float:
    """What log-odds must be divided by for the least cross-entropy with labels of 0 and 1.

    Within COLDEST and HOTTEST; 1 where there is no odds but 0, which no temperature changes.
    Cross-entropy is convex in the inverse temperature, so that its minimum is the only one.
    """
    z, t = np.asarray(odds, np.float64).ravel(), np.asarray(labels, np.float64).ravel()
    if not z.any():
        return 1.0
    signed = np.where(t > 0.5, z, -z)
    found = minimize_scalar(
        lambda cold: float(np.mean(np.logaddexp(0.0, -np.exp(cold) * signed))),
        bounds=(-np.log(HOTTEST), -np.log(COLDEST)),
        method="bounded",
        options={"xatol": TEMPERATURE_TOLERANCE},
    )
    return float(np.exp(-found.x))


def log_odds(probability: NDArray[np.floating], *, closest: float = 1e-7) -> Values:
    """The log-odds of probabilities, which are kept so far from 0 and 1."""
    return np.asarray(logit(np.clip(probability, closest, 1.0 - closest)))
