"""Bright_to_faints: one table of all arms, each beside the one of bright labels alone."""

import numpy as np
import pandas as pd

from halflight import files, params, store, tables, tasks
from halflight.classical.separation import features, forest, judged
from halflight.paths import REPORTS, TaskPaths
from halflight.scores import classes
from halflight.scores.statistics import bootstrap_by_group
from stages import run
from stages.bright_to_faint import ARMS, measured_of

TITLES = {
    "zero_shot": "simulation alone",
    "from_scratch": "bright labels alone",
    "fine_tuned": "simulation, then bright labels",
    "weighted": "... with importance weights by colour",
    "weighted_by_magnitude": "... with importance weights by magnitude and colour",
    "statistics": "... with batch statistics of faint stamps",
    "matched": "... with features matched to faint ones",
    "faded": "... with bright stamps dimmed beside",
    "all": "... and faint labels, too (the ceiling)",
    "forest": "random forest on the catalogue, bright labels",
}
FIELD = ("run", "camcol", "field")
SHOWN = {"auc": "AUC", "mse": "MSE", "galaxy_purity": "purity of galaxies", "log_loss": "log loss"}
"""The scores of the table."""


def main(task: str) -> None:
    """Write the table: scores on faint test objects, and what each arm gains, object by object."""
    settings, levels, judges = params.read(
        f"{task}.bright_to_faint", f"{task}.evaluate", f"{task}.classical"
    )
    place, wanted = TaskPaths(task), tasks.classifying(tasks.get(task))
    ready = store.read_stamps(place.prepared("survey"), split="text", magnitude="number").table
    label, _ = wanted.survey_labels(ready, ready, settings)
    label = label[:, 0]
    groups = ready[list(FIELD)].astype(str).agg("-".join, axis=1).to_numpy()
    bright = (ready["magnitude"] < settings.magnitude).to_numpy()
    split = ready["split"].to_numpy()
    chosen = (split == "test") & ~bright & np.isfinite(label)
    if len(np.unique(label[chosen])) < 2:
        raise ValueError(
            f"{place.prepared('survey')}: the test split has no two classes beyond r = "
            f"{settings.magnitude:g}: change {task}.bright_to_faint.magnitude"
        )
    folder = measured_of(task, "fine_tuned", "1").parent
    seeds = sorted(path.stem.rsplit("-", 1)[1] for path in folder.glob("fine_tuned-*"))
    learns = bright & (split == "train")
    trees = judged(
        lambda: forest(seed=judges.seed, trees=judges.trees, least_leaf=judges.least_leaf),
        features(ready).to_numpy(),
        label,
        groups,
        learns=learns,
        folds=judges.folds,
    )
    found = {"forest": trees[chosen][:, np.newaxis]}
    learnt = int((learns & np.isfinite(label)).sum())
    counts = {"forest": (learnt, float(learnt))}
    for arm in ARMS:
        paths = [measured_of(task, arm, seed) for seed in seeds]
        numbers = dict.fromkeys((wanted.probability, "labels", "effective_labels"), "number")
        read = [tables.read_parquet(path, id="id", **numbers) for path in paths]
        first = read[0].iloc[0]
        counts[arm] = int(first["labels"]), float(first["effective_labels"])
        ids = ready["id"][chosen]
        columns = [
            tables.rows_of(table, ids, path)[wanted.probability].to_numpy()
            for table, path in zip(read, paths, strict=True)
        ]
        found[arm] = np.column_stack(columns)
    options = {"seed": levels.seed, "repeats": settings.bootstrap}
    cuts = {"galaxy_completeness": levels.galaxy_completeness, "star_purity": levels.star_purity}
    truth, fields = label[chosen], groups[chosen]
    lines = [
        f"# {wanted.title}: from bright to faint",
        "",
        f"Learnt from survey labels at r < {settings.magnitude:g}, judged on "
        f"{int(chosen.sum())} test objects beyond, {int(truth.sum())} of them {wanted.positive}s, "
        f"in {len(np.unique(fields))} fields; mean over the seeds {', '.join(seeds)}. In brackets "
        "the central 95 % of a bootstrap of whole fields of the difference from "
        f"*{TITLES['fine_tuned']}*, of the same objects. Weights make bright objects count as they "
        f"would among faint ones, none more than {settings.weight_limit:g} times the mean; what "
        "they leave is the number of labels of one weight that would scatter alike (Kish 1965). "
        "Written by `dvc repro reports/bright_to_faint/dvc.yaml`.",
        "",
        "| arm | labels | " + " | ".join(SHOWN.values()) + " | AUC gained | MSE gained |",
        "|---|---|" + "---|" * (len(SHOWN) + 2),
    ]
    for arm, title in TITLES.items():
        scores = [scored(p, truth, cuts) for p in found[arm].T]
        cells = [f"{np.mean([s[name] for s in scores]):.4f}" for name in SHOWN]
        for name in ("auc", "mse"):
            cells.append(gain(name, found[arm], found["fine_tuned"], truth, fields, cuts, options))
        lines.append(f"| {title} | {counted(*counts[arm])} | " + " | ".join(cells) + " |")
    path = REPORTS / "bright_to_faint" / task / "README.md"
    files.write_text(path, "\n".join(lines) + "\n")
    print(f"bright_to_faints: {path}")


def counted(labels: int, effective: float) -> str:
    """A number of labels, and what weights leave of it where they are not all alike."""
    return f"{labels}" if round(effective) == labels else f"{effective:.0f} of {labels}"


def scored(p: np.ndarray, label: np.ndarray, levels: dict[str, float]) -> dict[str, float]:
    """The scores of probabilities (objects,)."""
    table = pd.DataFrame({"rank": p, "value": p, "label": label})
    return classes.scores_of(table, levels)


def gain(
    name: str,
    ours: np.ndarray,
    theirs: np.ndarray,
    label: np.ndarray,
    groups: np.ndarray,
    levels: dict[str, float],
    options: dict[str, int],
) -> str:
    """A score of ours less one of theirs (objects, seeds), with its interval; - for the same."""
    if ours is theirs:
        return "-"

    def difference(rows: np.ndarray) -> float:
        mine, others = rows[:, : ours.shape[1]], rows[:, ours.shape[1] : -1]
        truth = rows[:, -1]
        scores = [
            np.mean([scored(p, truth, levels)[name] for p in side.T]) for side in (mine, others)
        ]
        return float(scores[0] - scores[1])

    beside = np.column_stack([ours, theirs, label])
    found = bootstrap_by_group(beside, groups, difference, level=0.95, **options)
    return f"{found.value:+.4f} ({found.low:+.4f} to {found.high:+.4f})"


if __name__ == "__main__":
    run(main, ValueError)
