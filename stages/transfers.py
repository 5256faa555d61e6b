"""Transfers: one table of all arms and numbers of labels, each beside the network that had none."""

import numpy as np

from halflight import files, params, tables, tasks
from halflight.estimator import Estimator
from halflight.paths import REPORTS, TaskPaths
from halflight.scores.statistics import bootstrap_by_group, nmad, outlier_fraction
from halflight.store import read_stamps, source_rows
from stages import run
from stages.transfer import ARMS, measured_of

TITLES = {
    "zero_shot": "zero-shot",
    "statistics": "batch statistics alone",
    "head": "head alone",
    "discriminative": "trunk a tenth as fast",
    "all": "all layers",
    "from_scratch": "from scratch",
}
FIELD = ("run", "camcol", "field")


def main(task: str) -> None:
    """Write the table: NMAD of each arm, and what it gains on zero-shot, object by object."""
    settings, place, wanted = (
        params.read(f"{task}.transfer"),
        TaskPaths(task).of_study("transfer"),
        tasks.measuring(tasks.get(task)),
    )
    quantity = wanted.headline
    raw, ready = read_stamps(place.stamps("survey")), read_stamps(place.prepared("survey"))
    test = ready.table[ready.table["split"] == "test"]
    truth = quantity.truth(test, "true_")
    known = np.isfinite(truth)
    if not known.any():
        raise ValueError(f"{place.stamps('survey')}: no truth is known: take the sandbox")
    groups = test[list(FIELD)].astype(str).agg("-".join, axis=1).to_numpy()[known]
    rows = source_rows(ready, raw)[(ready.table["split"] == "test").to_numpy()]
    zero = (
        Estimator.load(TaskPaths(task).trained).measure_stamps(raw, rows)[quantity.name].to_numpy()
    )
    nothing = (zero - truth)[known]
    seeds = sorted(
        path.stem.rsplit("-", 1)[1] for path in measured_of(task, "all", "1").parent.glob("all-*")
    )
    options = {"seed": 1, "repeats": settings.bootstrap}
    lines = [
        f"# {wanted.title}: what survey labels are worth",
        "",
        f"Residuals of {quantity.name} against the truth of {int(known.sum())} galaxies of a "
        f"synthetic survey, {len(np.unique(groups))} fields; mean over the seeds "
        f"{', '.join(seeds)}. In brackets the central 68 % of a bootstrap of whole fields; of the "
        "difference from zero-shot, of the same galaxies, the central 95 %. Written by "
        "`dvc repro reports/transfer/dvc.yaml`.",
        "",
        "| arm | labels | NMAD | beyond .3, % | NMAD less that of zero-shot |",
        "|---|---|---|---|---|",
        row("zero_shot", 0, nothing[:, np.newaxis], nothing, groups, options),
    ]
    for arm in ARMS:
        files_of = [measured_of(task, arm, seed) for seed in seeds]
        found = [tables.read_parquet(path, id="integer", labels="integer") for path in files_of]
        for labels in sorted(found[0]["labels"].unique()):
            off = np.column_stack(
                [
                    tables.rows_of(table[table["labels"] == labels], test["id"], path)[
                        quantity.name
                    ].to_numpy()
                    - truth
                    for table, path in zip(found, files_of, strict=True)
                ]
            )[known]
            lines.append(row(arm, int(labels), off, nothing, groups, options))
    path = REPORTS / "transfer" / task / "README.md"
    files.write_text(path, "\n".join(lines) + "\n")
    print(f"transfers: {path}")


def row(
    arm: str,
    labels: int,
    off: np.ndarray,
    nothing: np.ndarray,
    groups: np.ndarray,
    options: dict[str, int],
) -> str:
    """A line of the table. off: residuals (objects, seeds); nothing: of zero-shot (objects,)."""

    def scatter(values: np.ndarray) -> float:
        return float(np.mean([nmad(column) for column in values.T]))

    def gain(values: np.ndarray) -> float:
        return scatter(values[:, 1:]) - nmad(values[:, 0])

    own = bootstrap_by_group(off, groups, scatter, **options)
    beside = np.column_stack([nothing, off])
    difference = bootstrap_by_group(beside, groups, gain, level=0.95, **options)
    outliers = 100 * np.mean([outlier_fraction(column) for column in off.T])
    against = (
        "-"
        if arm == "zero_shot"
        else (f"{difference.value:+.4f} ({difference.low:+.4f} to {difference.high:+.4f})")
    )
    return (
        f"| {TITLES[arm]} | {labels} | {own.value:.4f} ({own.low:.4f}-{own.high:.4f}) | "
        f"{outliers:.1f} | {against} |"
    )


if __name__ == "__main__":
    run(main, ValueError)
