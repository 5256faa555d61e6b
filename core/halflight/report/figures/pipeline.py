"""The pipeline's stages as a picture: what each does and what flows between them."""

from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path

from halflight.methods import METHODS
from halflight.report.style import DATASET_COLOURS, INK, MUTED, new_figure, styled

BOX_WIDTH, BOX_HEIGHT = 1.62, 0.92
_SLATE, _CLASSICAL = "#4a5361", METHODS["sersic_fit"].colour
_ARROW = "#97a0ad"


@dataclass(frozen=True)
class Stage:
    """A box: centre (inches), what the stage does in two short lines, and its colour."""

    x: float
    y: float
    words: str
    colour: str


STAGES = {
    "download": Stage(1.0, 3.05, "SDSS catalogue,\nframes, PSFs", DATASET_COLOURS["survey"]),
    "simulate": Stage(1.0, 0.75, "GalSim galaxies of\nknown radius", DATASET_COLOURS["simulated"]),
    "prepare": Stage(3.05, 1.9, "check, scale, split\nby sky region", _SLATE),
    "classical": Stage(5.45, 3.05, "scene fit, Sérsic fit,\naperture, bound", _CLASSICAL),
    "train": Stage(5.45, 0.75, "network from\nscratch (Numba)", METHODS["network"].colour),
    "combine": Stage(9.65, 0.75, "network joined\nwith scene fit", METHODS["network"].colour),
    "finetune": Stage(7.3, 1.9, "adapt to the\nsurvey", METHODS["network"].colour),
    "evaluate": Stage(9.65, 1.9, "bias, scatter,\ncalibration", _SLATE),
    "report": Stage(12.0, 1.9, "figures and\npage", _SLATE),
}  # fmt: skip


@dataclass(frozen=True)
class Flow:
    """An arrow: the corners it passes (inches), what flows, and where those words stand."""

    corners: tuple[tuple[float, float], ...]
    words: str
    at: tuple[float, float]


TOP, MIDDLE, BOTTOM = (STAGES[name].y for name in ("download", "prepare", "simulate"))


def _edges(name: str) -> tuple[float, float]:
    """Return x of the left and the right edge of a stage's box."""
    return STAGES[name].x - BOX_WIDTH / 2, STAGES[name].x + BOX_WIDTH / 2


def _flow(start: str, end: str, words: str, at: tuple[float, float]) -> Flow:
    """Return an arrow from the right of `start` to `end`, with at most one step on its way.

    It runs level where both stages stand on one level, steps between two columns where
    it leaves the middle row, and turns into the top or bottom of a box of the middle row.
    """
    first, last = STAGES[start], STAGES[end]
    x, y = _edges(start)[1], first.y
    if first.y == last.y:
        return Flow(((x, y), (_edges(end)[0], y)), words, at)
    if first.y == MIDDLE:
        halfway = x + 0.39
        return Flow(((x, y), (halfway, y), (halfway, last.y), (_edges(end)[0], last.y)), words, at)
    side = BOX_HEIGHT / 2 if first.y > last.y else -BOX_HEIGHT / 2
    return Flow(((x, y), (last.x, y), (last.x, last.y + side)), words, at)


FLOWS = (
    _flow("download", "prepare", "survey stamps", (2.42, TOP + 0.15)),
    _flow("simulate", "prepare", "stamps, truth", (2.42, BOTTOM - 0.15)),
    _flow("prepare", "classical", "all stamps", (3.72, TOP - 0.32)),
    _flow("prepare", "train", "simulated", (3.75, BOTTOM + 0.32)),
    _flow("prepare", "finetune", "survey", (5.4, MIDDLE + 0.15)),
    _flow("classical", "finetune", "labels", (6.76, TOP + 0.15)),
    _flow("train", "finetune", "weights", (6.76, BOTTOM - 0.15)),
    _flow("classical", "evaluate", "radii, bound", (8.5, TOP + 0.15)),
    _flow("train", "combine", "zero-shot", (8.1, BOTTOM - 0.15)),
    _flow("combine", "evaluate", "estimator", (10.12, BOTTOM + 0.57)),
    _flow("finetune", "evaluate", "weights", (8.45, MIDDLE + 0.15)),
    _flow("evaluate", "report", "metrics", (10.8, MIDDLE + 0.15)),
)


def _rounded(corners: tuple[tuple[float, float], ...], radius: float = 0.14) -> Path:
    """Return the path through `corners`, each turn rounded by a quadratic curve."""
    vertices, codes = [corners[0]], [Path.MOVETO]
    for before, corner, after in zip(corners, corners[1:], corners[2:], strict=False):
        for target in (before, after):
            distance = abs(target[0] - corner[0]) + abs(target[1] - corner[1])
            step = min(radius / distance, 0.5)
            point = (
                corner[0] + step * (target[0] - corner[0]),
                corner[1] + step * (target[1] - corner[1]),
            )
            if target is before:
                vertices += [point, corner]
                codes += [Path.LINETO, Path.CURVE3]
            else:
                vertices.append(point)
                codes.append(Path.CURVE3)
    return Path([*vertices, corners[-1]], [*codes, Path.LINETO])


@styled
def draw() -> Figure:
    """Draw the stages of the pipeline, left to right in the order they run."""
    figure = new_figure(2.72, layout="none")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0.1, 12.9), ylim=(-0.034, 3.834), aspect="equal")
    axes.set_axis_off()
    for flow in FLOWS:
        axes.add_patch(
            FancyArrowPatch(
                path=_rounded(flow.corners), arrowstyle="-|>,head_width=2.6,head_length=4.6",
                facecolor=_ARROW, edgecolor=_ARROW, linewidth=1.2, shrinkA=0, shrinkB=1, zorder=1,
            )
        )  # fmt: skip
        axes.text(*flow.at, flow.words, fontsize=7.4, color=MUTED, ha="center", va="center")
    for name, stage in STAGES.items():
        _draw_stage(axes, name, stage)
    return figure


def _draw_stage(axes: Axes, name: str, stage: Stage) -> None:
    """Draw one box: a coloured edge, the stage's name, what it does."""
    left, bottom = stage.x - BOX_WIDTH / 2, stage.y - BOX_HEIGHT / 2
    axes.add_patch(
        FancyBboxPatch(
            (left, bottom), BOX_WIDTH, BOX_HEIGHT, boxstyle="round,pad=0,rounding_size=0.09",
            facecolor="white", edgecolor=stage.colour, linewidth=1.5, zorder=2,
        )
    )  # fmt: skip
    axes.text(stage.x, stage.y + 0.22, name, ha="center", va="center", weight="bold",
              fontsize=9.6, color=stage.colour, zorder=3)  # fmt: skip
    axes.text(stage.x, stage.y - 0.17, stage.words, ha="center", va="center", fontsize=7.2,
              color=INK, zorder=3, linespacing=1.25)  # fmt: skip
