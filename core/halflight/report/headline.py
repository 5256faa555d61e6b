"""The headline: the result in three sentences, the survey's beside the simulated one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from halflight.methods import METHODS, answer_of, in_order
from halflight.report.formatting import (
    NOT_MEASURED,
    format_count,
    format_fraction,
    format_number,
)
from halflight.report.inputs import ReportData

_TOGETHER = {"combined": "network and scene fit together"}
_SUMMED = ("nmad", "bias", "outlier_fraction", "coverage_68", "coverage_95", "nll")
_BESIDE = {  # each by its name among simulated galaxies and among the survey's
    "network": ("network", "zero_shot"),
    "scene fit": ("scene_fit", "scene_fit"),
    "Sérsic fit": ("sersic_fit", "sersic_fit"),
    "aperture radius": ("aperture", "aperture"),
}


@dataclass(frozen=True)
class _Result:
    """The answer of one set of galaxies: its method, what it is compared with, and all scores."""

    answer: str
    against: str
    scores: Mapping[str, Mapping[str, Any]]

    @property
    def own(self) -> Mapping[str, Any]:
        return self.scores[self.answer]

    @property
    def subject(self) -> str:
        return _TOGETHER.get(self.answer, f"the {METHODS[self.answer].title}")


def headline(data: ReportData) -> str:
    """Return how the answer does on simulated and on survey galaxies, beside others and the bound.

    The survey's is against the truth where that is known, else against its reference. What was not
    measured is left out, and all of it said to be so.
    """
    simulated, survey = _results(data)
    results = [result for result in (simulated, survey) if result is not None]
    if not results:
        return f"Scores on simulated and survey galaxies: {NOT_MEASURED}."
    sky = "synthetic survey" if data.provenance["endpoint"] == "sandbox" else "survey"
    sentences = [_scatter(simulated, survey, sky), *_beside(data, simulated, survey)]
    return " ".join([*sentences, *_held(results)])


def summary(data: ReportData) -> dict[str, dict[str, float]]:
    """Return the few numbers by which runs are compared: the answer's scores by data set.

    Beside them the scatter of each other method, as METHOD_nmad. What is not measured is absent.
    """
    found = {}
    for dataset, result in zip(("simulated", "survey"), _results(data), strict=True):
        if result is not None:
            own = {name: result.own[name] for name in _SUMMED if _known(result.own.get(name))}
            others = in_order(set(result.scores) - {result.answer})
            own |= {f"{name}_nmad": result.scores[name]["nmad"] for name in others}
            found[dataset] = {name: float(value) for name, value in own.items()}
    return found


def _results(data: ReportData) -> tuple[_Result | None, _Result | None]:
    """The answer on simulated galaxies and on the survey's, against the truth where it is known."""
    survey = _result(data.metrics.get("survey_truth", {}), "truth")
    if survey is None:
        survey = _result(data.metrics.get("survey", {}), "reference")
    return _result(data.metrics.get("simulated", {}), "truth"), survey


def _result(scores: Mapping[str, Mapping[str, Any]], against: str) -> _Result | None:
    measured = {name: own for name, own in scores.items() if _known(own.get("nmad"))}
    answer = answer_of(measured, against)
    return None if answer is None else _Result(answer, against, measured)


def _scatter(simulated: _Result | None, survey: _Result | None, sky: str) -> str:
    """The first sentence: one result, or both side by side."""
    clauses: list[str] = []
    for result, where in ((simulated, "simulated test galaxies"), (survey, f"of the {sky}")):
        if result is None:
            continue
        scatter, count = format_number(result.own["nmad"]), format_count(result.own.get("count"))
        shared = clauses and simulated is not None and result.answer == simulated.answer
        whose = "those" if clauses else "the radii"
        verb = "" if shared else f"{whose} of {result.subject} scatter "
        unit = "" if clauses else " (NMAD of ln R)"
        clause = f"{verb}by {scatter}{unit} on {count} {where}"
        if result.against == "reference":
            clause += ", about the scene fit's radii as no truth is known"
        clauses.append(clause)
    text = " and ".join(clauses)
    return f"{text[0].upper()}{text[1:]}."


def _beside(data: ReportData, simulated: _Result | None, survey: _Result | None) -> list[str]:
    """The second sentence: the other methods in the same order, and the physical limit."""
    listed = []
    for title, names in _BESIDE.items():
        values = [
            format_number(result.scores[name]["nmad"])
            for result, name in zip((simulated, survey), names, strict=True)
            if result is not None and name != result.answer and name in result.scores
        ]
        if values:
            listed.append(f"{' and '.join(values)} for the {title}")
    bins = data.bins
    whole = bins[(bins["by"] == "all") & (bins["galaxies"] == "all")]
    bound = whole.loc[whole["dataset"] == "simulated", "crb_nmad"].dropna()
    if len(bound) and simulated is not None:
        listed.append(
            f"{format_number(float(bound.iloc[0]))} that the Cramér–Rao bounds of the simulated "
            "ones imply, neighbours not counted"
        )
    if not listed:
        return []
    joined = " and ".join([*([", ".join(listed[:-1])] if listed[1:] else []), listed[-1]])
    return [f"Beside it stand {joined}."]


def _held(results: list[_Result]) -> list[str]:
    """The last sentence: what the error bars hold."""
    held = []
    for level in ("68", "95"):
        values = [result.own.get(f"coverage_{level}") for result in results]
        if all(_known(value) for value in values):
            words = " and ".join(format_fraction(value) for value in values)
            held.append(f"{level} % intervals hold {words}")
    return [f"Its {', its '.join(held)}."] if held else []


def _known(value: Any) -> bool:
    return value is not None and bool(np.isfinite(value))
