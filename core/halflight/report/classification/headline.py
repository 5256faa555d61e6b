"""The headline of a classification: the answer beside the forest, and what the two differ by."""

from collections.abc import Mapping
from typing import Any

from halflight.methods import METHODS, in_order
from halflight.report.classification.data import JUDGE, ClassData
from halflight.report.formatting import NOT_MEASURED, format_count, format_number
from halflight.scores.classes import BETTER_HIGHER, SCORES

DIGITS = {"auc": 4, "average_precision": 4}  # that differ where scores are near 1; others have 3
_TOGETHER = {"stacked": "network and forest together"}
_TOLD = {"auc": "AUC", "mse": "MSE"}


def subject_of(method: str) -> str:
    """A method as the subject of a sentence."""
    return _TOGETHER.get(method, f"the {METHODS[method].title}")


def scored(score: str, value: Any) -> str:
    """A score in as many digits as tell methods apart."""
    return format_number(value, DIGITS.get(score, 3))


def signed(value: float) -> str:
    """A difference of scores, with its sign."""
    return ("+" if value > 0 else "") + format_number(value, 2)


def headline(data: ClassData) -> str:
    """Return how the answer does on the survey's test fields, beside the forest, with intervals.

    Both against the labels, as in practice these are all that is known. What was not measured is
    left out, and all of it said to be so.
    """
    answer, scores = data.answer("survey"), data.scores("survey")
    sentences = []
    if answer is not None:
        sky = "synthetic survey" if data.synthetic else "survey"
        own = scores[answer]
        count, stars = format_count(own.get("count")), format_count(own.get("stars"))
        subject, tells = subject_of(answer), "tell" if answer in _TOGETHER else "tells"
        text = (
            f"{subject[0].upper()}{subject[1:]} {tells} stars from galaxies with {_both(own)} on "
            f"{count} objects ({stars} stars) of the {sky}'s test fields, by {data.labelled_by}"
        )
        if JUDGE in scores:
            text += f"; the {METHODS[JUDGE].title} alone with {_both(scores[JUDGE])}"
        sentences += [f"{text}.", *_paired(data, answer), *_better(scores, answer)]
    sentences += _simulated(data)
    if not sentences:
        return f"Scores on simulated and survey objects: {NOT_MEASURED}."
    return " ".join([*sentences, *_intervals(data)])


def summary(data: ClassData) -> dict[str, dict[str, float]]:
    """Return the few numbers by which runs are compared: the answer's scores by data set.

    Beside them AUC and MSE of each other method, as METHOD_auc; and under "paired" what the answer
    differs from the forest by. What is not measured is absent.
    """
    found: dict[str, dict[str, float]] = {}
    for dataset in ("simulated", "survey"):
        answer, scores = data.answer(dataset), data.scores(dataset)
        if answer is None:
            continue
        own = {name: scores[answer][name] for name in SCORES if name in scores[answer]}
        for name in in_order(set(scores) - {answer}):
            own |= {f"{name}_{told}": scores[name][told] for told in _TOLD if told in scores[name]}
        found[dataset] = {name: float(value) for name, value in own.items()}
    if data.paired:
        found["paired"] = {name: float(of["difference"]) for name, of in data.paired.items()}
    return found


def _both(own: Mapping[str, float]) -> str:
    """AUC and MSE, each with its interval where there is one."""
    told = []
    for score, name in _TOLD.items():
        text = f"{name} {scored(score, own.get(score))}"
        ends = [own.get(f"{score}_{end}") for end in ("low", "high")]
        if None not in ends:
            text += f" ({'–'.join(scored(score, end) for end in ends)})"
        told.append(text)
    return " and ".join(told)


def _paired(data: ClassData, answer: str) -> list[str]:
    """What the two differ by, object by object, and whether that is told from nothing."""
    told = [name for name in _TOLD if name in data.paired]
    if answer != "stacked" or not told:
        return []
    words = []
    for score in told:
        own = data.paired[score]
        ends = " to ".join(signed(own[end]) for end in ("low", "high"))
        difference = signed(own["difference"])
        words.append(f"{_TOLD[score]} by {difference} ({ends}), {told_apart(score, own)}")
    return [f"On the same objects they differ from the forest in {', and in '.join(words)}."]


def told_apart(score: str, own: Mapping[str, float]) -> str:
    """Whether a difference is for the better, the worse, or not told from none by its interval."""
    if own["low"] <= 0 <= own["high"]:
        return "which may be none"
    return "better" if (own["difference"] > 0) == (score in BETTER_HIGHER) else "worse"


def _better(scores: Mapping[str, Mapping[str, float]], answer: str) -> list[str]:
    """Which methods had the best of either score, where that was not the answer."""
    found = []
    for score, name in _TOLD.items():
        known = {method: own[score] for method, own in scores.items() if score in own}
        if answer not in known:
            continue
        pick = max if score in BETTER_HIGHER else min
        best = pick(in_order(known), key=known.__getitem__)
        if known[best] != known[answer]:
            found.append(f"{name} that of the {METHODS[best].title}, {scored(score, known[best])}")
    return [f"Best here of all is in {' and in '.join(found)}."] if found else []


def _simulated(data: ClassData) -> list[str]:
    """The network that has seen simulated stamps alone, on others of these."""
    answer = data.answer("simulated")
    if answer is None:
        return []
    own = data.scores("simulated")[answer]
    return [
        f"On {format_count(own.get('count'))} simulated objects {subject_of(answer)} that has seen "
        f"no survey reaches {_both(own)}."
    ]


def _intervals(data: ClassData) -> list[str]:
    """What the brackets hold, where there are any."""
    answers = [(name, data.answer(name)) for name in ("survey", "simulated")]
    drawn = any(a is not None and "auc_low" in data.scores(name)[a] for name, a in answers)
    if not drawn:
        return []
    paired = ", of differences 95 %" if data.answer("survey") == "stacked" and data.paired else ""
    return [f"Brackets hold the central 68 % of a bootstrap{paired}."]
