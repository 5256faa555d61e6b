"""The section of a task that measures a number with an error bar, from its files."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from halflight import classical, params, sight, store, tasks
from halflight.estimator import Estimator
from halflight.methods import answer_of
from halflight.paths import DATASETS, TaskPaths
from halflight.report.examples import Example, choose
from halflight.report.inputs import check_inputs
from halflight.report.measurement import measurement
from halflight.report.residuals import known_reference
from halflight.report.section import Section
from halflight.report.sight import Sight
from halflight.tables import read_csv, read_parquet
from stages import processes
from stages.sections.reading import (
    history_of,
    numbers_of,
    of_quantity,
    provenance_of,
    rows_of,
    scores_of,
)

LOOKED_AT = 4  # galaxies, from bright to faint, of which light is covered: a row of the picture


def needs(place: TaskPaths) -> dict[Path, str]:
    """Every file or folder that the section is made from, with the stage that makes it."""
    task = place.task
    return {
        place.provenance: f"download@{task}",
        place.stamps("survey"): f"download@{task}",
        place.stamps("simulated"): f"simulate@{task}",
        **{place.classical(name): f"classical@{task}-{name}" for name in DATASETS[1:]},
        place.trained_history: f"train@{task}",
        place.estimator: f"combine@{task}",
        place.finetuned_history: f"finetune@{task}",
        **dict.fromkeys((place.predictions, place.objects), f"evaluate@{task}"),
        **dict.fromkeys((place.metrics, place.bins, place.transfer), f"evaluate@{task}"),
    }


def section(everything: params.Params, place: TaskPaths, task: tasks.Task) -> Section:
    """Read a task's files, look at its galaxies and its network, and say it all.

    Raises ValueError, naming the file, where one is damaged or of another run.
    """
    settings, wanted = getattr(everything, place.task), tasks.measuring(task)
    objects = read_parquet(place.objects, id="integer", dataset="text", magnitude="finite")
    objects = objects.rename(columns=shown_names(wanted.headline.name))
    predictions = of_headline(read_parquet, place.predictions, wanted, "predictions")
    offsets = dict.fromkeys(("x", "y"), "number")
    simulated = store.read_stamps(place.stamps("simulated"), position_angle="number", **offsets)
    survey = store.read_stamps(place.stamps("survey"), **offsets)
    angle = f"{wanted.reference}_position_angle"
    reference = read_parquet(place.classical("survey"), id="id", **{angle: "number"})
    angles = np.radians(reference.set_index("id")[angle].reindex(survey.table["id"]).to_numpy())
    stamps = {"simulated": simulated, "survey": survey}
    turned = {"simulated": simulated.table["position_angle"], "survey": angles}
    scores, metrics = scores_of(place, wanted.headline.name)
    estimator = Estimator.load(place.estimator)
    count = everything.report.gallery
    data = check_inputs(
        provenance=provenance_of(place),
        predictions=predictions,
        objects=objects,
        bins=of_headline(read_csv, place.bins, wanted, "bins"),
        metrics={**scores, "device": metrics["device"]},
        history=history_of(place),
        transfer=of_headline(read_csv, place.transfer, wanted, "transfer"),
        gallery={
            name: gallery(stamps[name], objects, name, turned[name], count) for name in DATASETS
        },
        examples={
            name: examples(stamps[name], predictions, objects, name, settings.classical)
            for name in DATASETS
        },
        sight=seen(estimator, simulated, objects),
        trained_by=str(estimator.provenance.get("halflight", "")),
    )
    return measurement(data, task=place.task, title=wanted.title, figures=wanted.figures)


def of_headline(
    read: Callable[..., pd.DataFrame], path: Path, task: tasks.Measurement, table: str
) -> pd.DataFrame:
    """The rows of the quantity that the page shows, of a table that `read` reads."""
    found = read(path, quantity="text", **numbers_of(table))
    known = {quantity.name for quantity in task.quantities}
    return of_quantity(found, task.headline.name, path, task.name, known)


def shown_names(quantity: str) -> dict[str, str]:
    """The page's names of the columns of one quantity."""
    return {f"{quantity}_{name}": name for name in ("truth", "reference", "bound")}


def spaced(objects: pd.DataFrame, dataset: str, count: int) -> pd.DataFrame:
    """So many objects of a data set, evenly spaced in the order of their magnitudes."""
    known = objects[objects["dataset"] == dataset].sort_values(["magnitude", "id"])
    if known.empty:
        raise ValueError(f"no object of the {dataset} data was evaluated: run `dvc repro`")
    return known.iloc[np.unique(np.linspace(0, len(known) - 1, count).round().astype(int))]


def labels(stamps: store.Stamps, shown: pd.DataFrame) -> list[str]:
    """The band and the magnitude of each object."""
    return [f"{stamps.instrument.bands[0]} = {magnitude:.1f}" for magnitude in shown["magnitude"]]


def gallery(
    stamps: store.Stamps, objects: pd.DataFrame, dataset: str, angles: Any, count: int
) -> dict[str, Any]:
    """Test stamps evenly spaced in magnitude, with the geometry of their ellipses."""
    shown = spaced(objects, dataset, count)
    rows = rows_of(stamps, shown["id"], dataset)
    return {
        "image": stamps["image"][rows][..., 0],
        "sigma": stamps["sigma"][rows][..., 0],
        "pixel_scale": stamps.instrument.pixel_scale,
        "labels": labels(stamps, shown),
        "id": shown["id"].tolist(),
        "position_angle": np.asarray(angles)[rows],
        "x": stamps.table["x"].to_numpy()[rows],
        "y": stamps.table["y"].to_numpy()[rows],
    }


def examples(
    stamps: store.Stamps,
    predictions: pd.DataFrame,
    objects: pd.DataFrame,
    dataset: str,
    settings: params.Classical,
) -> list[Example]:
    """The galaxies that the answer measured best and worst, and some at random, each explained."""
    against = known_reference(objects, dataset)
    names = predictions.loc[predictions["dataset"] == dataset, "method"]
    method = answer_of(names, against) or "network"
    chosen = choose(predictions, objects, dataset=dataset, method=method, against=against)
    if not chosen:
        return []
    rows = rows_of(stamps, pd.Series([one for _, one in chosen]), dataset)
    [image, sigma, psf] = (stamps[name][rows][..., 0] for name in ("image", "sigma", "psf"))
    scale, zero_point = stamps.instrument.pixel_scale, stamps.instrument.zero_point
    fits, drawn = classical.fit_scenes(
        image,
        sigma,
        psf,
        beliefs=classical.Beliefs(settings.scene, scale, zero_point),
        processes=processes(),
        detection_threshold=settings.detection_threshold,
        images=True,
    )
    assert drawn is not None  # as it was asked for
    models = drawn.target + drawn.neighbours + drawn.sky
    explained = np.isfinite(fits["ln_radius"].to_numpy())
    return [
        Example(group, one, image[k], sigma[k], models[k] if explained[k] else None)
        for k, (group, one) in enumerate(chosen)
    ]


def seen(estimator: Estimator, stamps: store.Stamps, objects: pd.DataFrame) -> Sight:
    """What the network looks at in a few simulated test galaxies, from bright to faint."""
    shown = spaced(objects, "simulated", LOOKED_AT + 2).iloc[1:-1]  # neither extreme
    if shown.empty:
        shown = spaced(objects, "simulated", LOOKED_AT)
    rows = rows_of(stamps, shown["id"], "simulated")
    arrays = (stamps[name][rows] for name in ("image", "sigma", "psf"))
    prepared = estimator.preparation.apply(*arrays).inputs
    prepared = {name: prepared[name] for name in estimator.task.inputs}
    first = {name: array[:1] for name, array in prepared.items()}
    image = prepared["image"]
    cells = min(sight.CELLS, image.shape[1])
    value, spread = sight.occlusion(estimator, prepared, cells)
    radius = np.exp(shown["truth"].to_numpy()) / stamps.instrument.pixel_scale
    return Sight(
        filters=sight.first_filters(estimator.network),
        seen=image[0].mean(axis=-1),
        maps={n: m[0] for n, m in sight.feature_maps(estimator.network, first).items()},
        stamps=image.mean(axis=-1),
        labels=tuple(labels(stamps, shown)),
        value_change=value,
        sigma_change=spread,
        radii=radius * cells / image.shape[1],
    )
