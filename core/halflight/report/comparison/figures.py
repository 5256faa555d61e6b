"""The figures of a sweep: parallel coordinates, importance, best so far, cost, curves."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from halflight.report.formatting import format_parameter
from halflight.report.style import DENSITY, INK, MUTED, new_figure, styled
from halflight.sweeps.experiment import Experiment

BEST = "#c2410c"  # of the best experiment, in every figure
GIVEN_UP = "#9aa4b2"
_DECADE = 10.0  # a range of numbers above 0 that spans more is drawn in logarithms
_CLOSE = 0.045  # of an axis: words nearer to each other would overlap
_APART = 0.03  # of an axis: lines through one value of a list are told apart by so much
_PAPER = {"facecolor": "white", "alpha": 0.8, "pad": 1.0}  # behind words that lines cross
_MOST_TEXT = 16  # characters of a value beside an axis


def ranked(experiments: Sequence[Experiment], *, lower_is_better: bool) -> list[Experiment]:
    """Those that finished, the best first; of equal ones the first that was asked for."""
    sign = 1 if lower_is_better else -1
    finished = [one for one in experiments if one.score is not None]
    return sorted(finished, key=lambda one: (sign * _value(one), one.number))


def short(names: Sequence[str]) -> dict[str, str]:
    """Each dotted name by its last part, or by as many as tell it from the others."""
    found = {}
    for name in names:
        parts = name.removeprefix("+").split(".")
        others = [other.removeprefix("+").split(".") for other in names if other != name]
        for number in range(1, len(parts) + 1):
            if not any(other[-number:] == parts[-number:] for other in others):
                break
        found[name] = ".".join(parts[-number:]).replace("_", " ")
    return found


@styled
def draw_parallel(
    names: Sequence[str], best_first: Sequence[Experiment], judge: str, *, lower_is_better: bool
) -> Figure:
    """Draw each finished experiment as a line through its parameters to its score.

    best_first: as `ranked` returns them; at the score's axis the best is on top.
    """
    figure = new_figure(4.4)
    axes = figure.subplots()
    axes.set_axis_off()
    columns = [[one.settings[name] for one in best_first] for name in names]
    scores = [_value(one) for one in best_first]
    scales = [_Scale(values) for values in columns] + [_Scale(scores, flip=lower_is_better)]
    heights = np.array(
        [scale.places(values) for scale, values in zip(scales, [*columns, scores], strict=True)]
    )
    positions, count = np.arange(len(scales)), len(best_first)
    for rank in reversed(range(count)):
        share = 1.0 - rank / max(count - 1, 1)
        style: dict[str, Any] = {"color": DENSITY(0.15 + 0.7 * share), "lw": 1.1, "alpha": 0.85}
        if rank == 0:
            style = {"color": BEST, "lw": 2.6}
        shift = np.array([_APART * (rank / max(count, 1) - 0.5) * scale.listed for scale in scales])
        axes.plot(positions, heights[:, rank] + shift, solid_joinstyle="round", **style)
    labels = [*short(names).values(), judge]
    for place, (scale, label) in enumerate(zip(scales, labels, strict=True)):
        axes.plot([place, place], [0, 1], color=INK, lw=1.0)
        axes.text(place, 1.09, label, ha="center", va="bottom", fontsize=9, weight="bold")
        last = place == len(scales) - 1
        for height, text in scale.ticks():
            axes.annotate(
                text, (place, height), xytext=(5 if last else -5, 0), textcoords="offset points",
                ha="left" if last else "right", va="center", fontsize=8, color=MUTED, bbox=_PAPER,
            )  # fmt: skip
    axes.set_xlim(-0.45, len(scales) - 0.55)
    axes.set_ylim(-0.06, 1.2)
    return figure


@styled
def draw_importance(shares: Mapping[str, str | float]) -> Figure:
    """Draw each parameter's share as a bar, the largest on top."""
    labels = short(list(shares))
    rows = sorted(shares, key=lambda name: float(shares[name]))
    figure = new_figure(0.9 + 0.36 * max(len(rows), 3))
    axes = figure.subplots()
    values = [100 * float(shares[name]) for name in rows]
    axes.barh(range(len(rows)), values, color="#0b5fa5", height=0.62)
    for place, value in enumerate(values):
        axes.annotate(f"{value:.0f} %", (value, place), xytext=(5, 0), va="center",
                      textcoords="offset points", fontsize=8.5, color=MUTED)  # fmt: skip
    axes.set_yticks(range(len(rows)), [labels[name] for name in rows])
    axes.set_xlim(0, 1.12 * max(*values, 1.0))
    axes.set_xlabel("share, %")
    axes.grid(False, axis="y")
    return figure


@styled
def draw_best_so_far(
    experiments: Sequence[Experiment], judge: str, *, lower_is_better: bool
) -> Figure:
    """Draw every score in the order of asking, and the best until then as steps."""
    finished = [one for one in experiments if one.score is not None]
    numbers = np.array([one.number + 1 for one in finished])
    scores = np.array([_value(one) for one in finished])
    best = (np.minimum if lower_is_better else np.maximum).accumulate(scores)
    figure = new_figure(3.4)
    axes = figure.subplots()
    axes.plot(
        numbers,
        scores,
        "o",
        color="#0b5fa5",
        alpha=0.75,
        mec="white",
        mew=0.6,
        label="an experiment",
    )
    axes.step(numbers, best, where="post", color=BEST, lw=2.0, label="best so far")
    ended = [one.number + 1 for one in experiments if one.score is None]
    if ended:
        low = axes.get_ylim()[0]
        axes.plot(ended, [low] * len(ended), "x", color=MUTED, clip_on=False, label="no score")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("experiment")
    axes.set_ylabel(judge)
    axes.legend(frameon=False, fontsize=8.5)
    return figure


@styled
def draw_cost(best_first: Sequence[Experiment], judge: str, *, lower_is_better: bool) -> Figure:
    """Draw score against processor time, numbered, with those that no other beats in both joined.

    The line is the Pareto front.
    """
    minutes = np.array([one.cost.cpu_seconds / 60 for one in best_first])
    scores = np.array([_value(one) for one in best_first])
    figure = new_figure(3.8)
    axes = figure.subplots()
    axes.plot(minutes, scores, "o", color="#0b5fa5", ms=6, mec="white", mew=0.7)
    front = pareto(minutes, scores if lower_is_better else -scores)
    axes.plot(minutes[front], scores[front], color=BEST, lw=1.6, zorder=1)
    for place in front:
        axes.annotate(f"{best_first[place].number + 1}", (minutes[place], scores[place]),
                      xytext=(5, 5), textcoords="offset points", fontsize=8, color=INK)  # fmt: skip
    axes.set_xlabel("processor time, minutes")
    axes.set_ylabel(judge)
    _logarithmic(axes, minutes)
    return figure


@styled
def draw_curves(experiments: Sequence[Experiment], best: int | None, curve: str) -> Figure:
    """Draw what pruning watched, epoch by epoch, of every experiment that has it."""
    figure = new_figure(3.6)
    axes = figure.subplots()
    for one in experiments:
        if not one.steps:
            continue
        epochs, values = zip(*one.steps, strict=True)
        if one.number == best:
            style: dict[str, Any] = {"color": BEST, "lw": 2.4, "zorder": 3, "label": "the best"}
        elif one.status == "given_up":
            style = {"color": GIVEN_UP, "lw": 1.0, "marker": "x", "markevery": [len(epochs) - 1]}
        else:
            style = {"color": "#0b5fa5", "lw": 1.0, "alpha": 0.7}
        axes.plot(epochs, values, **style)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("epoch")
    axes.set_ylabel(curve)
    return figure


def pareto(costs: np.ndarray, scores: np.ndarray) -> list[int]:
    """The rows that no other beats in both, less being better, from the cheapest to the best."""
    front: list[int] = []
    for place in np.lexsort((scores, costs)):
        if not front or scores[place] < scores[front[-1]]:
            front.append(int(place))
    return front


class _Scale:
    """One axis of parallel coordinates: numbers, in logarithms where they span much, or a list."""

    def __init__(self, values: Sequence[Any], *, flip: bool = False) -> None:
        self.flip = flip
        numbers = [v for v in values if isinstance(v, int | float) and not isinstance(v, bool)]
        self.listed = len(numbers) < len(values)
        if self.listed:
            self.labels = list(dict.fromkeys(format_parameter(value) for value in values))
            return
        self.low, self.high = float(min(numbers)), float(max(numbers))
        self.log = self.low > 0 and self.high / self.low > _DECADE
        self.numbers = sorted(set(numbers))

    def places(self, values: Sequence[Any]) -> list[float]:
        """The heights of values, from 0 to 1."""
        if self.listed:
            count = max(len(self.labels) - 1, 1)
            return [self.labels.index(format_parameter(value)) / count for value in values]
        ends = self._at(self.low), self._at(self.high)
        width = (ends[1] - ends[0]) or 1.0
        heights = [(self._at(float(value)) - ends[0]) / width for value in values]
        return [1.0 - height for height in heights] if self.flip else heights

    def ticks(self) -> list[tuple[float, str]]:
        """Where the axis has which words: every value of a few, of more the ends and the middle."""
        if self.listed:
            words = [text if len(text) <= _MOST_TEXT else f"{text[: _MOST_TEXT - 1]}…"
                     for text in self.labels]  # fmt: skip
            count = max(len(words) - 1, 1)
            return [(place / count, text) for place, text in enumerate(words)]
        shown: Sequence[float] = self.numbers
        if len(self.numbers) > 5:
            middle = np.sqrt(self.low * self.high) if self.log else (self.low + self.high) / 2
            shown = [self.low, float(middle), self.high]
        ticks: list[tuple[float, str]] = []
        for height, number in sorted(zip(self.places(shown), shown, strict=True)):
            if not ticks or height - ticks[-1][0] > _CLOSE:
                ticks.append((height, f"{number:.4g}".replace("-", "−")))
        return ticks

    def _at(self, value: float) -> float:
        return float(np.log(value)) if self.log else value


def _logarithmic(axes: Axes, values: np.ndarray) -> None:
    if len(values) and values.min() > 0 and values.max() / values.min() > _DECADE:
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.xaxis.set_minor_formatter(NullFormatter())


def _value(one: Experiment) -> float:
    assert one.score is not None  # it has finished
    return one.score.value
