"""What the section of a classification is made from: its tables, checked, and what it shows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from halflight.methods import METHODS, answer_of
from halflight.report import classes
from halflight.report.inputs import check_known, check_metrics, check_provenance, check_table
from halflight.text import shown

ANSWERS_OF = {"simulated": "truth", "survey": "reference", "survey_truth": "truth"}
"""What each data set of the metrics is compared with."""
JUDGE = "forest"
"""The method that the answer has to beat: on SDSS published trees beat the published network."""
_PAIR = ("difference", "low", "high")


@dataclass(frozen=True)
class Levels:
    """What was chosen, not measured.

    Attributes:
        galaxy_completeness, star_purity: at which the purity and the completeness are scored.
        decisive: probability of a class below which an object is flagged as undecided.
        decided_wrong: share of mistakes among decided validation objects that chooses a threshold.
    """

    galaxy_completeness: float
    star_purity: float
    decisive: float
    decided_wrong: float


@dataclass(frozen=True)
class Wrong:
    """The survey's test objects that the answer called the other class.

    Attributes:
        table: all of them, the worst first, with the columns of `halflight.report.classes`.
        image: (shown, S, S, 5) nanomaggies in u, g, r, i and z, of the first of these.
    """

    table: pd.DataFrame
    image: NDArray[np.floating]


@dataclass(frozen=True)
class Seen:
    """A star and a galaxy, and what layers of the network make of them; both may be empty.

    Attributes:
        images: (S, S, 5) nanomaggies in u, g, r, i and z, by what is said of the object.
        maps: (objects, side, side, channels) by the layer's name.
    """

    images: Mapping[str, NDArray[np.floating]] = field(default_factory=dict)
    maps: Mapping[str, NDArray[np.floating]] = field(default_factory=dict)


@dataclass(frozen=True)
class ClassData:
    """All that the page shows of a classification, checked.

    Attributes:
        tables: by method, the survey's test objects with an answer and a label: see
            `halflight.report.classes.side_by_side`.
        decided: what each method decides of these, by threshold and magnitude: see
            `halflight.scores.decisions.scored`. validated: by method, how many objects its own
            threshold was chosen on.
        paired: by score, what the joint answer's is less the forest's: difference, low and high.
        The rest as in `halflight.report.inputs.ReportData`.
    """

    provenance: dict[str, Any]
    tables: dict[str, pd.DataFrame]
    bins: pd.DataFrame
    decided: pd.DataFrame
    validated: dict[str, float]
    metrics: dict[str, dict[str, dict[str, float]]]
    paired: dict[str, dict[str, float]]
    devices: dict[str, str]
    history: pd.DataFrame
    levels: Levels
    wrong: Wrong
    seen: Seen
    trained_by: str

    def answer(self, dataset: str) -> str | None:
        """The method that stands for the pipeline on a data set; None where none has an answer."""
        return answer_of(self.scores(dataset), ANSWERS_OF[dataset])

    def scores(self, dataset: str) -> dict[str, dict[str, float]]:
        """Every method's scores on a data set, of those that have an area under the curve."""
        found = self.metrics.get(dataset, {})
        return {name: own for name, own in found.items() if "auc" in own}

    @property
    def labelled_by(self) -> str:
        """What says of the survey's objects what they are."""
        if self.recorded:
            return "the catalogue's own type"
        return "their synthetic spectra" if self.synthetic else "their spectra"

    @property
    def recorded(self) -> bool:
        """Whether the survey is a recorded field, of which there are no spectra."""
        return bool(self.provenance["endpoint"] == "recorded")

    @property
    def synthetic(self) -> bool:
        """Whether nothing of the survey was observed."""
        return bool(self.provenance["endpoint"] == "sandbox")


def labelled(
    task: Any, predictions: pd.DataFrame, objects: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """The survey's test objects by method, each with its answer and its label.

    task: a `halflight.tasks.Classification`; predictions, objects: of its evaluation.

    Raises:
        ValueError: a column, a method or an object is missing, unknown or there twice, named.
    """
    answers, known = check_table(predictions, "probabilities"), check_table(objects, "classified")
    check_known(answers, known)
    return classes.side_by_side(task, answers, known, dataset="survey", against="reference")


def check_classes(
    *,
    provenance: Mapping[str, Any],
    tables: dict[str, pd.DataFrame],
    bins: pd.DataFrame | None,
    decided: pd.DataFrame | None,
    metrics: Mapping[str, Any],
    paired: Any,
    told: Any,
    history: pd.DataFrame | None,
    levels: Levels,
    wrong: Wrong,
    seen: Seen | None = None,
    trained_by: str = "",
) -> ClassData:
    """Return the checked inputs of a section; TypeError or ValueError names what is wrong.

    metrics: scores by data set and method, and the devices under "device"; told: what each method
    decides, in a few numbers (`halflight.scores.decisions.scored`), None: of none.
    """
    scores = check_metrics(metrics)
    devices = scores.pop("device")
    for dataset, methods in scores.items():
        if dataset not in ANSWERS_OF:
            raise ValueError(f"metrics hold {shown(dataset)}; known are {', '.join(ANSWERS_OF)}")
        for method, own in methods.items():
            if method not in METHODS:
                raise ValueError(f"metrics['{dataset}'] hold the unknown method {shown(method)}")
            _check_numbers(own, f"metrics['{dataset}']['{method}']")
    return ClassData(
        provenance=check_provenance(provenance),
        tables=tables,
        bins=check_table(bins, "class_bins"),
        decided=check_table(decided, "decided"),
        validated=_check_told(told),
        metrics=scores,
        paired=_check_paired(paired),
        devices=devices,
        history=check_table(history, "history"),
        levels=levels,
        wrong=wrong,
        seen=seen or Seen(),
        trained_by=trained_by,
    )


def _check_paired(paired: Any) -> dict[str, dict[str, float]]:
    if paired is None:
        return {}
    if not isinstance(paired, Mapping):
        raise ValueError(f"metrics['paired'] must be a mapping, got {paired!r:.80}")
    for score, found in paired.items():
        if not isinstance(found, Mapping) or set(found) != set(_PAIR):
            raise ValueError(
                f"metrics['paired']['{score}'] needs {', '.join(_PAIR)}: {found!r:.80}"
            )
        _check_numbers(found, f"metrics['paired']['{score}']")
    return {score: dict(found) for score, found in paired.items()}


def _check_told(told: Any) -> dict[str, float]:
    """How many objects each method's threshold was chosen on."""
    if told is None:
        return {}
    if not isinstance(told, Mapping):
        raise ValueError(f"metrics['decided'] must be a mapping, got {told!r:.80}")
    for method, own in told.items():
        if method not in METHODS or not isinstance(own, Mapping) or "validated" not in own:
            raise ValueError(
                f"metrics['decided'][{shown(method)}] must be what a known method decides, with "
                f"validated: {own!r:.80}"
            )
        _check_numbers(own, f"metrics['decided']['{method}']")
    return {method: float(own["validated"]) for method, own in told.items()}


def _check_numbers(found: Mapping[str, Any], name: str) -> None:
    for key, value in found.items():
        if isinstance(value, bool) or not isinstance(value, Real):
            raise ValueError(f"{name}['{key}'] must be a number, received {shown(value)}")
