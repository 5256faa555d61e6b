"""The page of a sweep as one HTML file that needs no network, script or other file."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from matplotlib.figure import Figure

from halflight.report.comparison.figures import (
    draw_best_so_far,
    draw_cost,
    draw_curves,
    draw_importance,
    draw_parallel,
    ranked,
    short,
)
from halflight.report.formatting import (
    format_count,
    format_number,
    format_parameter,
)
from halflight.report.saving import png_bytes
from halflight.report.tables import Table
from halflight.report.templating import data_uri, environment
from halflight.sweeps.experiment import Experiment, Score

MEBIBYTE = 1 << 20
SHOWN = 8  # numbers of experiments in a sentence
BOARD = "Every finished experiment, the best first"
DIGITS = 4  # of a score: losses of experiments may differ in the last
# What is said of an experiment that has no score.
STATUS = {"given_up": "given up", "failed": "failed", "asked": "not run yet"}


@dataclass(frozen=True)
class Comparison:
    """A sweep with what became of it.

    Attributes:
        name, question, search: of the sweep.
        parameters: the names that it varies.
        settings: what all experiments have in common beside.
        before: value of each of these where the sweep began; none for one that was not there.
        judge: the address of the number that it minimises, or maximises.
        lower_is_better: which of the two.
        asked: how many experiments it asks for.
        experiments: those that were begun, by number.
        summary: how many ended how, in one line.
        importances: each parameter's share; empty where there is none.
        pages, logs: of experiments, by number, addresses relative to the page.
        code: which commit it runs.
        watched: the curve that pruning watches; None where none does.
    """

    name: str
    question: str
    search: str
    parameters: Sequence[str]
    settings: Mapping[str, Any]
    before: Mapping[str, Any]
    judge: str
    lower_is_better: bool
    asked: int
    experiments: Sequence[Experiment]
    summary: str
    importances: Mapping[str, float] = field(default_factory=dict)
    pages: Mapping[int, str] = field(default_factory=dict)
    logs: Mapping[int, str] = field(default_factory=dict)
    code: str = ""
    watched: str | None = None


@dataclass(frozen=True)
class Drawn:
    """A figure on the page, with what is to be seen in it."""

    name: str
    title: str
    reading: str
    uri: str


def render_page(sweep: Comparison) -> str:
    """The page as HTML; its bytes depend on the argument alone."""
    lower = sweep.lower_is_better
    best_first = ranked(sweep.experiments, lower_is_better=lower)
    judge = short_address(sweep.judge)
    template = environment(autoescape=True).get_template("comparison.html.j2")
    return template.render(
        title=f"Sweep {sweep.name.replace('_', ' ')}",
        question=sweep.question,
        summary=sweep.summary,
        headline=headline(sweep, best_first),
        pictures=list(_pictures(sweep, best_first, judge)),
        board=leaderboard(sweep, best_first),
        reports={number + 1: address for number, address in sorted(sweep.pages.items())},
        logs={number + 1: address for number, address in sorted(sweep.logs.items())
              if number not in sweep.pages},
        all_logs={number + 1: address for number, address in sweep.logs.items()},
        ended=[one for one in sweep.experiments if one.score is None],
        status=STATUS,
        differing=differing(sweep, best_first),
        judge=sweep.judge,
        direction="lower" if lower else "higher",
        code=sweep.code,
    )  # fmt: skip


def headline(sweep: Comparison, best_first: Sequence[Experiment]) -> str:
    """One computed sentence: which settings are best, and by how much they lead."""
    if not best_first:
        return "No experiment has finished yet."
    best = best_first[0]
    names = short(list(sweep.parameters))
    chosen = ", ".join(f"{names[key]} {format_parameter(best.settings[key])}" for key in names)
    text = f"Best of {format_count(len(best_first))}: {chosen}, with {_score_of(best)}."
    if len(best_first) > 1:
        text += f" The next, number {best_first[1].number + 1}, has {_score_of(best_first[1])};"
        text += f" the last {_score_of(best_first[-1])}."
    ties = [one.number + 1 for one in best_first[1:] if _overlap(best.score, one.score)]
    if best.score is not None and best.score.low is not None:
        listed = ", ".join(map(str, ties[:SHOWN])) + (" and others" if len(ties) > SHOWN else "")
        text += (
            f" Its 68 % interval overlaps with that of {listed}."
            if ties
            else " No other's 68 % interval overlaps with the best's."
        )
    return text


def leaderboard(sweep: Comparison, best_first: Sequence[Experiment]) -> Table:
    """Every finished experiment, the best first, with intervals, cost and what it varied."""
    names = short(list(sweep.parameters))
    extra = list(dict.fromkeys(key for one in best_first for key in one.scores))
    addresses = [sweep.judge, *extra]
    columns = ["experiment", *map(short_address, addresses), *names.values()]
    columns += ["processor, min", "memory, MiB"]
    rows, details = [], {}
    for line, one in enumerate(best_first):
        scores = [one.score, *(one.scores.get(key) for key in extra)]
        for place, score in enumerate(scores, start=1):
            if score is not None and score.low is not None:
                ends = format_number(score.low), format_number(score.high)
                details[line, place] = f"{ends[0]} to {ends[1]}"
        rows.append(
            [
                str(one.number + 1),
                *(format_number(score.value if score else None, DIGITS) for score in scores),
                *(format_parameter(one.settings[name]) for name in names),
                format_number(one.cost.cpu_seconds / 60, 2),
                format_count(one.cost.peak_memory / MEBIBYTE),
            ]
        )
    bold = {(0, 1)} if rows else set()
    return Table(BOARD, columns, rows, details, bold, empty="none has finished")


def differing(sweep: Comparison, best_first: Sequence[Experiment]) -> Table:
    """The parameters that are other than where the sweep began: before, tried, best."""
    rows = []
    for name in sweep.parameters:
        tried = dict.fromkeys(format_parameter(one.settings[name]) for one in sweep.experiments)
        best = format_parameter(best_first[0].settings[name]) if best_first else ""
        rows.append([name.removeprefix("+"), _before(sweep, name), ", ".join(tried), best])
    for name, value in sweep.settings.items():
        same = format_parameter(value)
        rows.append([name.removeprefix("+"), _before(sweep, name), same, same])
    return Table("Parameters that differ", ["parameter", "before", "tried", "best"], rows)


def short_address(address: str) -> str:
    """An address of a number in few words: its name, without its file."""
    name = address.partition(":")[2]
    name, _, rows = name.partition("[")
    parts = name.split(".")
    words = " ".join(parts[-3:]) if len(parts) > 3 else " ".join(parts)
    if rows:
        words += f" ({rows.rstrip(']').partition('=')[2]})"
    return words.replace("_", " ")


def _pictures(sweep: Comparison, best_first: Sequence[Experiment], judge: str) -> Any:
    lower = sweep.lower_is_better
    better = "lower" if lower else "higher"
    if len(best_first) > 1:
        yield _drawn(
            "parallel", "What each experiment was, and what it scored",
            "A line is an experiment; the darker, the better; orange is the best. On the right "
            f"the best is on top. {_unscored(sweep)}",
            lambda: draw_parallel(sweep.parameters, best_first, judge,
                                          lower_is_better=lower),
        )  # fmt: skip
    if sweep.importances:
        first = max(sweep.importances, key=lambda name: sweep.importances[name])
        how = (
            "The share of the scores' variance that each parameter explains alone; "
            "“together” are interactions and chance (functional ANOVA)"
            if sweep.search == "grid"
            else "What decides whether an experiment is among the best (PED-ANOVA)"
        )
        share = format_number(100 * sweep.importances[first], 2)
        yield _drawn(
            "importance", "What mattered",
            f"{how}. Most goes to {short([first])[first]}: {share} %.",
            lambda: draw_importance(sweep.importances),
        )  # fmt: skip
    if best_first:
        yield _drawn(
            "best", "Best so far",
            f"In the order of asking, {better} is better: the best came as number "
            f"{best_first[0].number + 1} of {sweep.asked}.",
            lambda: draw_best_so_far(sweep.experiments, judge, lower_is_better=lower),
        )  # fmt: skip
        yield _drawn(
            "cost", "Cost against accuracy",
            "Processor time of what each ran itself: a stage that ran before with the same inputs "
            "costs nothing again. Joined and numbered are those that no other beats in both.",
            lambda: draw_cost(best_first, judge, lower_is_better=lower),
        )  # fmt: skip
    if sweep.watched and any(one.steps for one in sweep.experiments):
        given_up = any(one.status == "given_up" for one in sweep.experiments)
        best = best_first[0].number if best_first else None
        yield _drawn(
            "curves", "Epoch by epoch",
            "Orange is the best." + (" Grey, ending in a cross: given up." if given_up else ""),
            lambda: draw_curves(sweep.experiments, best, sweep.watched or ""),
        )  # fmt: skip


def _drawn(name: str, title: str, reading: str, draw: Callable[[], Figure]) -> Drawn:
    return Drawn(name, title, reading, data_uri(png_bytes(draw())))


def _unscored(sweep: Comparison) -> str:
    count = sum(one.score is None for one in sweep.experiments)
    return f"Not drawn: {count} without a score." if count else ""


def _before(sweep: Comparison, name: str) -> str:
    bare = name.removeprefix("+")
    return format_parameter(sweep.before[bare]) if bare in sweep.before else "not there"


def _score_of(one: Experiment) -> str:
    assert one.score is not None  # it has finished
    text = format_number(one.score.value, DIGITS)
    if one.score.low is not None:
        text += f" ({format_number(one.score.low)} to {format_number(one.score.high)})"
    return text


def _overlap(one: Score | None, other: Score | None) -> bool:
    ends = [end for score in (one, other) if score for end in (score.low, score.high)]
    if len(ends) < 4 or None in ends:
        return False
    low, high, other_low, other_high = ends
    return bool(low <= other_high and other_low <= high)  # type: ignore[operator]
