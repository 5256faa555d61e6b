"""Labels of the transfer study: what each of its skies has to learn from and to be tested by."""

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from halflight import params, store, tables
from halflight.labelled import LabelledStamps
from halflight.tasks import Measurement
from stages.finetune import labelled_survey
from stages.transfer_places import place_of


def labelled(task: Measurement, sky: str, settings: params.FineTune) -> LabelledStamps:
    """A sky's stamps with their labels, `settings.max_labels` of them to learn from.

    Labels are truths where galaxies are injected, else what the scene fit measures. Which few are
    taken depends on `settings.seed`; fewer are some of more. Raises ValueError where none is left.
    """
    place = place_of(task.name, sky)
    if sky != "injected":
        return labelled_survey(task, place, settings)
    known = task.truth_columns() | {"noise": "number", "psf_half_light_radius": "number"}
    stamps = store.read_stamps(place.prepared("survey"), split="text", **known)
    labels = task.simulated_labels(stamps.table)
    split = stamps.table["split"].to_numpy()
    shuffled = np.random.Generator(np.random.Philox(key=[settings.seed, 0])).permutation(len(split))
    train = shuffled[(labels.usable & (split == "train"))[shuffled]][: settings.max_labels]
    validation = np.flatnonzero(labels.usable & (split == "validation"))
    if not (len(train) and len(validation)):
        raise ValueError(
            f"{len(train)} labels to learn from and {len(validation)} to validate are too few: "
            f"raise {task.name}.transfer.injected.count, or change its fractions"
        )
    return LabelledStamps.of(task, stamps, labels.values, train=train, validation=validation)


def truths(task: Measurement, sky: str, settings: params.FineTune) -> pd.DataFrame:
    """A sky's test galaxies: their prepared rows, with the columns `truth` and `group`.

    truth: the task's headline as it is learnt, NaN where it is not known; of the sky recorded, of
    which no truth is, what the scene fit measures where it would be a label. group: which share
    their errors: a field's, of the sky injected a window's, of the sky recorded those whose stamps
    touch. Raises ValueError where nothing is known of any.
    """
    place = place_of(task.name, sky)
    stamps = store.read_stamps(place.prepared("survey"), split="text", source_index="integer")
    test = stamps.table[stamps.table["split"] == "test"]
    if sky == "recorded":
        path = place.classical("survey")
        measured = tables.read_parquet(path, id="id")
        tables.check(measured, path, **task.classical_columns(measured))
        fits = tables.rows_of(measured, test["id"], path)
        values, usable = task.survey_labels(test, fits, settings)
        truth = np.where(usable, values[:, 0], np.nan)
    else:
        truth = task.headline.truth(test, "true_" if sky == "sandbox" else "")
    if not np.isfinite(truth).any():
        raise ValueError(
            f"{place.stamps('survey')}: no truth is known of {len(test)} test galaxies: run the "
            f"stage transfer_sky {task.name} {sky} again"
        )
    match sky:
        case "injected":
            groups = test["window"].to_numpy()
        case "recorded":
            groups = touching(test, stamps["image"].shape[1])
        case _:
            groups = tables.sky_groups(test)
    return test.assign(truth=truth, group=groups)


def touching(table: pd.DataFrame, size: int) -> np.ndarray:
    """A number (n,) for each stamp, the same for those that a chain of shared pixels connects.

    table: the stamps' field and, in its pixels, rowc and colc. size: pixels a side.
    """
    field = table.groupby([*tables.FIELD]).ngroup().to_numpy()
    apart = 1e6 * field  # pixels: no frame is as large
    places = np.column_stack([table["rowc"].to_numpy() + apart, table["colc"].to_numpy()])
    pairs = cKDTree(places).query_pairs(size, p=np.inf, output_type="ndarray")
    links = coo_array((np.ones(len(pairs)), pairs.T), shape=(len(table), len(table)))
    return np.asarray(connected_components(links, directed=False)[1])
