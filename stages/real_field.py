"""Real_field: judge the stars and galaxies of a recorded field that nothing was trained on."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from halflight import files, params, paths, store, tables, tasks, training
from halflight.classical.separation import concentration, separated, spread_model
from halflight.estimator import Estimator
from halflight.instrument import SDSS
from halflight.methods import LEARNT_FROM_LABELS
from halflight.paths import TaskPaths
from halflight.prepare import extinction_of
from halflight.quality import names_of
from halflight.report.figures import hardest
from halflight.report.saving import save_png
from halflight.scores import classes
from halflight.surveys import SurveyError
from halflight.tables import sky_groups
from halflight.trials.twins import twins
from halflight.workers import WorkerError
from stages import project_path, run
from stages.download import asked, sky_name
from stages.evaluate import with_judge

ANSWER = "fine_tuned"  # the network whose flags, twins and wrong cases are shown


def kept_in(task: str) -> Path:
    """The folder of the study."""
    return paths.REPORTS / "real_sky" / task


def main(task: str) -> None:
    """Write what every method says of each object, the scores, and wrong cases as pictures."""
    judges, levels, train, settings = params.read(
        f"{task}.classical", f"{task}.evaluate", f"{task}.train", f"{task}.real_sky"
    )
    place, wanted = TaskPaths(task), tasks.classifying(tasks.get(task))
    backend = training.choose_backend(train).backend
    networks = {"zero_shot": Estimator.load(place.trained, backend=backend)} | {
        arm: Estimator.load(place.finetuned(arm), backend=backend) for arm in LEARNT_FROM_LABELS
    }
    table, image, sigma, psf = field_of(task)
    camera = SDSS.with_bands(networks[ANSWER].instrument.bands)
    given: dict[str, Any] = {"instrument": camera, "extinction": extinction_of(table, camera.bands)}
    found = {arm: each.measure(image, sigma, psf, **given) for arm, each in networks.items()}
    in_one = (array[..., camera.seeing] for array in (image, sigma, psf))
    classical = classically(place, wanted, judges, table, spread_model(*in_one))
    joining = with_judge(wanted, place, networks)
    found |= dict(joining.join("survey", ANSWER, found[ANSWER], classical))
    for wider in (0.0, settings.wider):
        points = twins(table, sigma, psf, instrument=camera, seed=levels.seed, wider=wider)
        name = f"twin_{wider:g}"
        table[name] = networks[ANSWER].measure(points, sigma, psf, **given)[wanted.probability]

    options = classes.options(levels) | {"bootstrap": settings.bootstrap}
    binned = scored(wanted, table, found, classical, options)
    flags = found[ANSWER]["flags"].to_numpy(np.int64)
    objects = table[["id", "ra", "dec", "magnitude", wanted.label]].assign(
        concentration=concentration(table),
        **{method: each[wanted.probability].to_numpy() for method, each in found.items()},
        **{n: classical[f"{n}_{wanted.probability}"].to_numpy() for n in wanted.classical},
        **table.filter(regex="^twin_"),
        flags=[" ".join(names_of(int(each))) for each in flags],
    )
    wrong = wrong_ones(objects, wanted.label, ANSWER)
    cases = wrong.rename(columns={ANSWER: "value", wanted.label: "label"}).assign(kind="")
    title = "Real objects of which the network says the other than the catalogue, the surest first"
    picture = hardest.draw(image[wrong.index.to_numpy()], cases, title=title)
    files.write_csv(kept_in(task) / "objects.csv", objects)
    files.write_csv(kept_in(task) / "scores.csv", binned)
    save_png(picture, kept_in(task) / "wrong.png")
    print(classes.shown(wanted, binned))


def field_of(task: str) -> tuple[pd.DataFrame, np.ndarray, np.ndarray, np.ndarray]:
    """Table, image, sigma and PSF of the objects of the endpoint of section real_sky."""
    survey, asks, sky, settings = params.read(
        "survey", f"{task}.survey", "sandbox", f"{task}.real_sky"
    )
    survey = survey.changed(endpoint=settings.endpoint)
    cache = project_path(paths.CHECKPOINTS) / "real_sky" / sky_name(survey, sky)
    with asked(survey, asks, sky, cache) as download:
        blocks = list(download)
    table = pd.concat([block.table for block in blocks], ignore_index=True)
    image, sigma, psf = (
        np.concatenate([getattr(block, name) for block in blocks])
        for name in ("image", "sigma", "psf")
    )
    return table, image, sigma, psf


def classically(
    place: TaskPaths, wanted: Any, settings: Any, table: pd.DataFrame, spread: np.ndarray
) -> pd.DataFrame:
    """What the judges say of the objects: they learnt from the synthetic survey's training split.

    The stacked answer was joined there, too.
    """
    ready = store.read_stamps(place.prepared("survey"), split="text").table
    path = place.classical("survey")
    known = tables.read_parquet(path, id="id", spread_rank="number")
    learnt = tables.rows_of(known, ready["id"], path)
    unknown = np.full(len(table), np.nan)
    found = separated(
        pd.concat([ready, table], ignore_index=True),
        np.concatenate([-learnt["spread_rank"].to_numpy(), spread]),
        np.concatenate([wanted.truths(ready), unknown]),
        probability=wanted.probability,
        learns=np.repeat([True, False], [len(ready), len(table)])
        & (np.concatenate([ready["split"], unknown.astype(object)]) == "train"),
        groups=np.concatenate([sky_groups(ready), sky_groups(table)]),
        settings=settings,
        methods=wanted.classical,
    )
    return found[len(ready) :].reset_index(drop=True)


def scored(
    wanted: Any, table: pd.DataFrame, found: Any, classical: pd.DataFrame, options: Any
) -> pd.DataFrame:
    """The scores of every method, whole and by magnitude; intervals by strips of the sky."""
    ids = table["id"].to_numpy()
    parts = [classes.predictions(wanted, "survey", name, ids, each) for name, each in found.items()]
    judged = classical.assign(id=ids)
    parts.append(classes.classical_predictions(wanted, "survey", judged))
    objects = classes.survey_objects(wanted, table, classical).assign(group=sky_groups(table))
    _, binned = classes.score(wanted, pd.concat(parts, ignore_index=True), objects, **options)
    return binned[binned["against"] == "reference"].reset_index(drop=True)


def wrong_ones(objects: pd.DataFrame, label: str, method: str) -> pd.DataFrame:
    """The objects that a method calls the other class, the surest first."""
    known = objects[objects[label].notna() & objects[method].notna()]
    wrong = known[(known[method] > 0.5) != (known[label] > 0.5)]
    order = (wrong[method] - 0.5).abs().sort_values(ascending=False, kind="stable").index
    return wrong.loc[order]


if __name__ == "__main__":
    run(main, SurveyError, WorkerError, ValueError, RuntimeError, MemoryError)
