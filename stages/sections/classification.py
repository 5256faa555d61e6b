"""The section of a task that tells two classes apart, from its files."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from halflight import inputs, nn, params, store, tasks
from halflight.estimator import Estimator
from halflight.instrument import SDSS
from halflight.methods import REFERENCES, answer_of
from halflight.paths import TaskPaths
from halflight.prepare import extinction_of
from halflight.report import classes
from halflight.report.classification import (
    Levels,
    Seen,
    Wrong,
    check_classes,
    classification,
    labelled,
)
from halflight.report.figures import hardest
from halflight.report.section import Section
from halflight.tables import read_csv, read_parquet
from stages.sections.reading import (
    history_of,
    numbers_of,
    of_quantity,
    provenance_of,
    rows_of,
    scores_of,
)

NETWORK = "fine_tuned"  # the arm that the survey's answer is made of, and that is looked at
BRIGHT = 0.25  # of the objects, in the order of magnitude: where the star lies that is looked at


def needs(place: TaskPaths) -> dict[Path, str]:
    """Every file or folder that the section is made from, with the stage that makes it."""
    task = place.task
    return {
        place.provenance: f"download@{task}",
        place.stamps("survey"): f"download@{task}",
        place.trained_history: f"train@{task}",
        place.finetuned(NETWORK): f"finetune@{task}",
        place.finetuned_history: f"finetune@{task}",
        **dict.fromkeys((place.predictions, place.objects, place.decided), f"evaluate@{task}"),
        **dict.fromkeys((place.metrics, place.bins), f"evaluate@{task}"),
    }


def section(everything: params.Params, place: TaskPaths, task: tasks.Task) -> Section:
    """Read a task's files, look at its objects and its network, and say it all.

    Raises ValueError, naming the file, where one is damaged or of another run.
    """
    settings, wanted = getattr(everything, place.task).evaluate, tasks.classifying(task)
    labels = [f"{wanted.label}_{name}" for name in REFERENCES]

    def table_of(read: Callable[..., pd.DataFrame], path: Path, name: str) -> pd.DataFrame:
        found = read(path, quantity="text", **numbers_of(name))
        known = [wanted.probability]
        return of_quantity(found, wanted.probability, path, wanted.name, known)

    objects = read_parquet(
        place.objects,
        id="integer",
        dataset="text",
        kind="text",
        magnitude="finite",
        **dict.fromkeys(labels, "number"),
    )
    tables = labelled(wanted, table_of(read_parquet, place.predictions, "probabilities"), objects)
    stamps = store.read_stamps(place.stamps("survey"))
    estimator = Estimator.load(place.finetuned(NETWORK))
    scores, metrics = scores_of(place, wanted.probability)
    data = check_classes(
        provenance=provenance_of(place),
        tables=tables,
        bins=table_of(read_csv, place.bins, "class_bins"),
        decided=table_of(read_parquet, place.decided, "decided"),
        metrics={**scores, "device": metrics["device"]},
        paired=metrics.get("paired"),
        told=metrics.get("decided"),
        history=history_of(place),
        levels=Levels(
            settings.galaxy_completeness,
            settings.star_purity,
            tasks.classifying(estimator.task).decisive,
            settings.decided_wrong,
        ),
        wrong=wrong(stamps, tables),
        seen=seen(estimator, stamps, tables.get(NETWORK)),
        trained_by=str(estimator.provenance.get("halflight", "")),
    )
    return classification(data, task=place.task, title=wanted.title, figures=wanted.figures)


def pixels(stamps: store.Stamps, rows: np.ndarray) -> np.ndarray:
    """The images of these rows (n, S, S, 5) in u, g, r, i and z; NaN in bands that lack."""
    return inputs.by_band(stamps["image"][rows], stamps.instrument.bands, SDSS.bands)


def wrong(stamps: store.Stamps, tables: dict[str, pd.DataFrame]) -> Wrong:
    """What the answer called the other class, and the pictures of the worst of these."""
    answer = answer_of(tables, "reference")
    if answer is None:
        columns = ("id", "label", "value", "magnitude", "kind")
        return Wrong(pd.DataFrame(columns=columns), np.zeros((0, 1, 1, len(SDSS.bands))))
    found = classes.wrong_cases(tables[answer], len(tables[answer]))
    rows = rows_of(stamps, found["id"].head(hardest.MOST), "survey")
    return Wrong(found, pixels(stamps, rows))


def looked_at(table: pd.DataFrame) -> pd.DataFrame:
    """A star brighter than most, and the galaxy nearest to it in magnitude; empty without both."""
    ordered = table.sort_values(["magnitude", "id"])
    stars, galaxies = (ordered[(ordered["label"] > 0.5) == star] for star in (True, False))
    if stars.empty or galaxies.empty:
        return table.head(0)
    star = stars.iloc[[int(BRIGHT * (len(stars) - 1))]]
    apart = (galaxies["magnitude"] - star["magnitude"].iloc[0]).abs()
    return pd.concat([star, galaxies.loc[[apart.idxmin()]]])


def seen(estimator: Estimator, stamps: store.Stamps, table: pd.DataFrame | None) -> Seen:
    """What layers of the network make of a star and of a galaxy of the survey's test fields."""
    shown = pd.DataFrame() if table is None else looked_at(table)
    if shown.empty:
        return Seen()
    rows = rows_of(stamps, shown["id"], "survey")
    camera = stamps.instrument
    image, sigma, psf, dust = inputs.fitted(
        stamps["image"][rows],
        stamps["sigma"][rows],
        stamps["psf"][rows],
        extinction_of(stamps.table.take(rows), camera.bands),
        camera,
        like=estimator.instrument,
        preparation=estimator.preparation,
    )
    points, _ = inputs.usable_psfs(psf, every_band=not estimator.preparation.by_band)
    prepared = estimator.preparation.apply(
        image, sigma, points, instrument=estimator.instrument, extinction=dust
    ).inputs
    names = [
        f"{'A star' if case['label'] > 0.5 else 'a galaxy'}, r = {case['magnitude']:.1f}, "
        f"p(star) = {case['value']:.3f}"
        for case in shown.to_dict("records")
    ]
    return Seen(
        images=dict(zip(names, pixels(stamps, rows), strict=True)),
        maps=classes.maps_of(
            estimator.network,
            {name: prepared[name] for name in estimator.task.inputs},
            nn.Model,
        ),
    )
