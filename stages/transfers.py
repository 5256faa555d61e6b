"""Transfers: a table a sky of all arms and numbers of labels, beside the network that had none."""

import numpy as np
import pandas as pd

from halflight import files, params, tables, tasks
from halflight.estimator import Estimator
from halflight.paths import REPORTS, TaskPaths
from halflight.scores.statistics import bootstrap_by_group, nmad, outlier_fraction
from halflight.store import read_stamps
from stages import run
from stages.transfer import ARMS, measured_of
from stages.transfer_labels import truths
from stages.transfer_places import SKIES, place_of
from stages.transfer_words import LEAST, about_injected, about_recorded, about_sandbox, told

TITLES = {
    "zero_shot": "zero-shot",
    "statistics": "batch statistics alone",
    "head": "head alone",
    "discriminative": "trunk a tenth as fast",
    "all": "all layers",
    "from_scratch": "from scratch",
}
HEAD = (
    "| arm | labels | NMAD | beyond .3, % | NMAD less that of zero-shot |",
    "|---|---|---|---|---|",
)


def main(task: str) -> None:
    """Write the tables: NMAD of each arm, and what it gains on zero-shot, object by object."""
    wanted = tasks.measuring(tasks.get(task))
    settings, simulate, fine = params.read(
        f"{task}.transfer", f"{task}.simulate", f"{task}.finetune"
    )
    limit = max(simulate.population_of(tier).magnitude[1] for tier in simulate.tiers)
    lines: list[str] = []
    seeds: set[str] = set()
    for sky in SKIES:
        every = truths(wanted, sky, fine)
        test = every[np.isfinite(every["truth"])]
        parts = {"": test}
        if sky == "sandbox":
            about = about_sandbox(test)
        elif sky == "injected":
            about = about_injected(test, settings.injected, simulate.stamp_size)
        else:
            about = about_recorded(every, test, limit)
            faint = test["magnitude"] > limit
            parts = {
                f"### The {int((~faint).sum())} within the simulated range": test[~faint],
                f"### The {int(faint.sum())} fainter than any simulated": test[faint],
            }
        found = measured(task, wanted, sky, test)
        seeds |= {str(seed) for each in found.values() for seed in each} - {""}
        lines += ["", *about]
        for title, part in parts.items():
            if len(part) >= LEAST:
                lines += ["", title] if title else []
                lines += ["", *table(found, part, settings.bootstrap)]
    opening = [
        f"# {wanted.title}: what survey labels are worth",
        "",
        f"Residuals of {wanted.headline.name} on three skies, mean over the seeds "
        f"{', '.join(sorted(seeds))}. In brackets the central 68 % of a bootstrap; of the "
        "difference from zero-shot, of the same galaxies, the central 95 %. What it draws by, and "
        "what truth is, stands above each table. Written by `dvc repro reports/transfer/dvc.yaml`.",
    ]
    path = REPORTS / "transfer" / task / "README.md"
    files.write_text(path, "\n".join([*opening, *lines]) + "\n")
    print(f"transfers: {path}")


def measured(
    task: str, wanted: tasks.Measurement, sky: str, test: pd.DataFrame
) -> dict[tuple[str, int], pd.DataFrame]:
    """What each arm measured with each number of labels, (test galaxies, seeds), by these two.

    Raises ValueError where the seeds of an arm had different numbers of labels.
    """
    raw = read_stamps(place_of(task, sky).stamps("survey"))
    trained = Estimator.load(TaskPaths(task).trained)
    zero = trained.measure_stamps(raw, test["source_index"].to_numpy())
    name = wanted.headline.name
    found = {("zero_shot", 0): pd.DataFrame({"": zero[name].to_numpy()}, index=test.index)}
    for arm in ARMS:
        files_of = sorted(measured_of(task, sky, arm, "1").parent.glob(f"{arm}-*.parquet"))
        read = [tables.read_parquet(path, id="integer", labels="integer") for path in files_of]
        numbers = {tuple(sorted(set(each["labels"].tolist()))) for each in read}
        if len(numbers) != 1:
            raise ValueError(
                f"{measured_of(task, sky, arm, '1').parent}: the seeds of {arm} had different "
                f"numbers of labels, {sorted(numbers)}: run `dvc repro reports/transfer/dvc.yaml`"
            )
        for labels in numbers.pop():
            columns = {
                path.stem.rsplit("-", 1)[1]: tables.rows_of(
                    each[each["labels"] == labels], test["id"], path
                )[name].to_numpy()
                for each, path in zip(read, files_of, strict=True)
            }
            found[arm, labels] = pd.DataFrame(columns, index=test.index)
    return found


def table(
    found: dict[tuple[str, int], pd.DataFrame], part: pd.DataFrame, repeats: int
) -> list[str]:
    """The lines of a table of some test galaxies, `part` with truth and group."""
    truth, groups = part["truth"].to_numpy(), part["group"].to_numpy()
    off = {
        key: values.loc[part.index].to_numpy() - truth[:, np.newaxis]
        for key, values in found.items()
    }
    nothing = off["zero_shot", 0][:, 0]
    options = {"seed": 1, "repeats": repeats}
    rows = [
        row(arm, labels, values, nothing, groups, options) for (arm, labels), values in off.items()
    ]
    return [*HEAD, *rows]


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
    against = "-" if arm == "zero_shot" else told(difference, "+.4f", " to ")
    return f"| {TITLES[arm]} | {labels} | {told(own, '.4f')} | {outliers:.1f} | {against} |"


if __name__ == "__main__":
    run(main, ValueError)
