"""Classical: measure the same stamps classically, and bound what any method could do."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from halflight import classical, files, params, store, tasks
from halflight.classical.separation import separated, spread_model
from halflight.paths import TaskPaths
from halflight.tables import sky_groups
from halflight.workers import WorkerError
from stages import processes, run


def main(task: str, dataset: str) -> None:
    """Measure every survey stamp, or the simulation's validation and test; one row each."""
    measure(tasks.get(task), params.read(f"{task}.classical"), TaskPaths(task), dataset)


def measure(wanted: tasks.Task, settings: Any, place: TaskPaths, dataset: str) -> None:
    """Write what every method measures of the stamps of a data set in `place`."""
    stamps = store.read_stamps(place.stamps(dataset))
    ready = store.read_stamps(place.prepared(dataset), split="text", source_index="integer")
    prepared, rows = ready.table, store.source_rows(ready, stamps)
    if stamps.origin == "simulated":
        chosen = np.concatenate(
            [
                np.flatnonzero(prepared["split"] == split)[: settings.stamps]
                for split in ("validation", "test")
            ]
        )
        prepared, rows = prepared.iloc[chosen], rows[chosen]
    table = MEASURES[wanted.kind](wanted, settings, stamps, prepared, rows)
    table.insert(0, "id", stamps.table["id"].to_numpy()[rows])
    files.write_parquet(place.classical(dataset), table)


def quantities(
    task: Any, settings: Any, stamps: store.Stamps, prepared: pd.DataFrame, rows: np.ndarray
) -> pd.DataFrame:
    """Every method's measurements of a galaxy in one band, and the bound on any."""
    [image, sigma, psf] = (stamps[name][rows][..., 0] for name in ("image", "sigma", "psf"))
    pixel_scale = stamps.instrument.pixel_scale
    beliefs = classical.Beliefs(settings.scene, pixel_scale, stamps.instrument.zero_point)
    table = classical.measure_stamps(
        image,
        sigma,
        psf,
        beliefs=beliefs,
        processes=processes(),
        methods=task.classical,
        detection_threshold=settings.detection_threshold,
    )
    if task.bounded and stamps.origin == "simulated":
        bound = classical.radius_bounds(
            prepared, psf, stamp_size=np.shape(image)[1], pixel_scale=pixel_scale
        )
        table = table.assign(bound=bound)
    return table


def classes(
    task: Any, settings: Any, stamps: store.Stamps, prepared: pd.DataFrame, rows: np.ndarray
) -> pd.DataFrame:
    """Every method's probability of a class; judges learn from the survey's training split.

    Of simulated stamps the classical stage has validation and test, and learns from validation.
    """
    band = stamps.instrument.seeing
    [image, sigma, psf] = (stamps[name][rows][..., band] for name in ("image", "sigma", "psf"))
    table = stamps.table.iloc[rows]
    learning = "validation" if stamps.origin == "simulated" else "train"
    return separated(
        table.reset_index(drop=True),
        spread_model(image, sigma, psf),
        task.truths(table),
        probability=task.probability,
        learns=(prepared["split"] == learning).to_numpy(),
        groups=sky_groups(table),
        settings=settings,
        methods=task.classical,
    )


MEASURES: dict[str, Callable[..., pd.DataFrame]] = {
    tasks.Measurement.kind: quantities,
    tasks.Classification.kind: classes,
}


if __name__ == "__main__":
    run(main, ValueError, WorkerError)
