"""The tables of a classification's evaluation: who gave which probability, and how good it was."""

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from halflight.methods import ARMS, LEARNT_FROM_LABELS, METHODS, comparable
from halflight.scores import probability as of
from halflight.scores.bins import EVERYTHING, LEAST_COUNT
from halflight.scores.statistics import resamples
from halflight.tasks import Classification

TRANSFER = (*ARMS, *(name for name, method in METHODS.items() if method.kind != "network"))
INTERVAL, PAIRED_INTERVAL = 0.68, 0.95  # that bootstrap intervals hold, of a score and a difference
BETTER_HIGHER = ("auc", "average_precision", "galaxy_purity", "star_completeness")
SCORES = (*BETTER_HIGHER, "mse", "calibration_error", "number_error", "log_loss")
"""Every score of a method; of the last four the least is best."""

Scores = dict[str, dict[str, dict[str, dict[str, float]]]]
"""{probability: {data set: {method: {score: value}}}}."""


def options(settings: Any) -> dict[str, Any]:
    """What section evaluate of the task's parameters says to `score`."""
    return {
        "edges": tuple(itertools.pairwise(settings.magnitude_edges)),
        "galaxy_completeness": settings.galaxy_completeness,
        "star_purity": settings.star_purity,
        "seed": settings.seed,
        "bootstrap": settings.bootstrap,
    }


def predictions(
    task: Classification, dataset: str, method: str, ids: np.ndarray, table: pd.DataFrame
) -> pd.DataFrame:
    """One row an object: dataset, id, method, quantity, value (the probability) and rank."""
    value = table[task.probability].to_numpy(np.float64)
    return pd.DataFrame(
        {
            "dataset": dataset,
            "id": ids,
            "method": method,
            "quantity": task.probability,
            "value": value,
            "rank": value,
        }
    )


def classical_predictions(
    task: Classification, dataset: str, classical: pd.DataFrame
) -> pd.DataFrame:
    """The judges' probabilities as predictions; what one knows nothing of is left out."""
    tables = []
    for method in task.classical:
        if (name := f"{method}_{task.probability}") in classical:
            named = classical.rename(columns={name: task.probability})
            table = predictions(task, dataset, method, classical["id"].to_numpy(), named)
            if (rank := f"{method}_rank") in classical:
                table["rank"] = classical[rank].to_numpy(np.float64)
            tables.append(table[np.isfinite(table["value"]) & np.isfinite(table["rank"])])
    return pd.concat(tables, ignore_index=True)


def simulated_objects(
    task: Classification, table: pd.DataFrame, classical: pd.DataFrame
) -> pd.DataFrame:
    """Simulated test objects with their truths; each is a bootstrap group of its own."""
    del classical
    return _objects(
        task,
        "simulated",
        table,
        truth=task.truths(table),
        reference=task.truths(table),
        group=table["id"].astype(str).to_numpy(),
        kind=_kinds(table, "kind"),
    )


def survey_objects(
    task: Classification, table: pd.DataFrame, classical: pd.DataFrame
) -> pd.DataFrame:
    """Survey test objects: spectra label them, a synthetic sky knows the truth; by field."""
    del classical
    return _objects(
        task,
        "survey",
        table,
        truth=task.truths(table, "true_"),
        reference=task.truths(table),
        group=table[["run", "camcol", "field"]].astype(str).agg("-".join, axis=1).to_numpy(),
        kind=_kinds(table, "true_kind"),
    )


def score(
    task: Classification,
    predictions: pd.DataFrame,
    objects: pd.DataFrame,
    *,
    edges: tuple[tuple[float, float], ...],
    galaxy_completeness: float,
    star_purity: float,
    seed: int,
    bootstrap: int,
) -> tuple[Scores, pd.DataFrame]:
    """Score every method of every data set, whole and in bins of magnitude.

    Returns the metrics, where "survey" is compared with the labels and "survey_truth" with the
    truth where that is known, each method's scores with their intervals NAME_low and NAME_high; and
    "paired", what the joint answer's scores are less the forest's, object by object. And the same
    in bins, a row a method and bin.
    """
    levels = {"galaxy_completeness": galaxy_completeness, "star_purity": star_purity}
    metrics: Scores = {task.probability: {}}
    rows: list[dict[str, Any]] = []
    for dataset, against, method, table in labelled_rows(task, predictions, objects):
        name = "survey_truth" if (dataset, against) == ("survey", "truth") else dataset
        of_dataset = metrics[task.probability].setdefault(name, {})
        place = {"quantity": task.probability, "dataset": dataset, "against": against}
        for by, low, high in [(EVERYTHING, np.nan, np.nan), *(("magnitude", *e) for e in edges)]:
            inside = table
            if by != EVERYTHING:
                inside = table[(table["magnitude"] >= low) & (table["magnitude"] < high)]
            if inside.empty:
                continue
            found = _with_intervals(inside, levels, seed, bootstrap)
            shared = {"galaxies": EVERYTHING, "by": by, "bin_low": low, "bin_high": high}
            rows.append(place | {"method": method} | shared | found)
            if by == EVERYTHING:
                of_dataset[method] = {k: v for k, v in found.items() if np.isfinite(v)}
    return metrics, pd.DataFrame(rows)


def shown(task: Classification, binned: pd.DataFrame) -> str:
    """The scores of every method, for people."""
    del task
    rows = binned[binned["by"] == EVERYTHING]
    return rows.set_index(["dataset", "against", "method"])[list(SCORES)].to_string()


def compared(
    task: Classification,
    predictions: pd.DataFrame,
    objects: pd.DataFrame,
    *,
    one: str = "stacked",
    other: str = "forest",
    galaxy_completeness: float,
    star_purity: float,
    seed: int,
    bootstrap: int,
    **unused: Any,
) -> dict[str, dict[str, float]]:
    """Scores of a method less those of another, of the same survey objects against their labels.

    By the name of the score: difference, and low and high of the central 95 % of a bootstrap by
    field. Empty where one of the two has no answer.
    """
    del unused
    levels = {"galaxy_completeness": galaxy_completeness, "star_purity": star_purity}
    tables = {
        method: table.set_index("id")
        for dataset, against, method, table in labelled_rows(task, predictions, objects)
        if (dataset, against) == ("survey", "reference") and method in (one, other)
    }
    if set(tables) != {one, other}:
        return {}
    shared = tables[one].index.intersection(tables[other].index)
    first, second = tables[one].loc[shared], tables[other].loc[shared]

    def difference(rows: Any) -> np.ndarray:
        pair = [scores_of(table.iloc[rows], levels) for table in (first, second)]
        return np.array([pair[0][name] - pair[1][name] for name in SCORES])

    value = difference(np.arange(len(shared)))
    drawn = resamples(first["group"], seed=seed, repeats=bootstrap)
    found = np.array([difference(rows) for rows in drawn])
    low, high = _bounds(found, PAIRED_INTERVAL)
    return {
        name: {"difference": float(d), "low": float(a), "high": float(b)}
        for name, d, a, b in zip(SCORES, value, low, high, strict=True)
        if np.isfinite([d, a, b]).all()
    }


def transfer(
    task: Classification,
    predictions: pd.DataFrame,
    objects: pd.DataFrame,
    *,
    labels: Mapping[str, int],
    seed: int,
    bootstrap: int,
    galaxy_completeness: float,
    star_purity: float,
    **unused: Any,
) -> pd.DataFrame:
    """How each arm does on the survey's test split, with the number of labels it learnt from."""
    del unused
    levels = {"galaxy_completeness": galaxy_completeness, "star_purity": star_purity}
    rows = []
    for dataset, against, method, table in labelled_rows(task, predictions, objects):
        if dataset == "survey" and method in TRANSFER:
            learnt = labels[method] if method in LEARNT_FROM_LABELS else 0
            place = {"quantity": task.probability, "arm": method, "against": against}
            found = _with_intervals(table, levels, seed, bootstrap)
            rows.append(place | {"count_labels": learnt} | found)
    return pd.DataFrame(rows)


def scores_of(table: pd.DataFrame, levels: Mapping[str, float]) -> dict[str, float]:
    """SCORES of rows with rank, value and label (1 for a star); NaN where one has none.

    Galaxies are the rows that rank lowest. A hard decision has no finite log loss.
    """
    rank, p, star = (table[name].to_numpy(np.float64) for name in ("rank", "value", "label"))
    found = of.log_loss(p, star)
    return {
        "auc": of.roc_auc(rank, star),
        "average_precision": of.average_precision(rank, star),
        "galaxy_purity": of.purity_at(-rank, 1.0 - star, levels["galaxy_completeness"]),
        "star_completeness": of.completeness_at(rank, star, levels["star_purity"]),
        "mse": of.mean_squared_error(p, star),
        "calibration_error": of.calibration_error(p, star),
        "number_error": of.number_error(1.0 - p, 1.0 - star),
        "log_loss": found if np.isfinite(found) else np.nan,
    }


def _with_intervals(
    table: pd.DataFrame, levels: Mapping[str, float], seed: int, bootstrap: int
) -> dict[str, float]:
    """count, stars, and SCORES with the central 68 % of a bootstrap by group; NaN for too few."""
    stars = int(table["label"].sum())
    found: dict[str, float] = {"count": len(table), "stars": stars}
    scored = dict.fromkeys(SCORES, np.nan)
    low = high = np.full(len(SCORES), np.nan)
    if len(table) >= LEAST_COUNT:
        scored = scores_of(table, levels)
        drawn = resamples(table["group"], seed=seed, repeats=bootstrap)
        repeats = [list(scores_of(table.iloc[rows], levels).values()) for rows in drawn]
        if repeats:
            low, high = _bounds(np.array(repeats), INTERVAL)
    for name, a, b in zip(SCORES, low, high, strict=True):
        found |= {name: scored[name], f"{name}_low": float(a), f"{name}_high": float(b)}
    return found


def _bounds(found: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    """The central share of resamples (repeats, scores); NaN of a score that some resample lacks."""
    if not len(found):
        return np.full(len(SCORES), np.nan), np.full(len(SCORES), np.nan)
    known = np.isfinite(found).all(axis=0)
    ends = np.full((2, found.shape[1]), np.nan)
    ends[:, known] = np.quantile(found[:, known], [0.5 - 0.5 * level, 0.5 + 0.5 * level], axis=0)
    return ends[0], ends[1]


def _kinds(table: pd.DataFrame, column: str) -> Any:
    return table[column].to_numpy(object) if column in table else ""


def _objects(
    task: Classification,
    dataset: str,
    table: pd.DataFrame,
    *,
    truth: np.ndarray,
    reference: np.ndarray,
    **columns: Any,
) -> pd.DataFrame:
    """One row an object; LABEL_truth and LABEL_reference, its kind and bootstrap group."""
    shared = table[["id", "magnitude", "psf_half_light_radius"]].reset_index(drop=True)
    known = {f"{task.label}_truth": truth, f"{task.label}_reference": reference}
    return shared.assign(dataset=dataset, **known, **columns)


def labelled_rows(
    task: Classification, predictions: pd.DataFrame, objects: pd.DataFrame
) -> Iterator[tuple[str, str, str, pd.DataFrame]]:
    """Each (data set, kind of truth, method) with the labels of what has an answer."""
    joined = predictions.merge(objects, on=["dataset", "id"], validate="many_to_one")
    for (dataset, method), table in joined.groupby(["dataset", "method"], sort=True):
        for against in METHODS[str(method)].against:
            if dataset == "simulated" and against == "reference":
                continue
            label = table[f"{task.label}_{against}"]
            known = np.isfinite(label) & np.isfinite(table["value"])
            if known.any() and comparable(str(method), against):
                yield str(dataset), against, str(method), table[known].assign(label=label[known])
