"""Classical: measure the same stamps classically, and bound what any method could do."""

import numpy as np

from halflight import classical, files, params, store, tasks
from halflight.paths import TaskPaths
from halflight.workers import WorkerError
from stages import processes, run


def main(task: str, dataset: str) -> None:
    """Measure every survey stamp, or the simulation's validation and test; one row each."""
    settings, place, wanted = params.read(f"{task}.classical"), TaskPaths(task), tasks.get(task)
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
    [image, sigma, psf] = (stamps[name][rows][..., 0] for name in ("image", "sigma", "psf"))
    pixel_scale = stamps.instrument.pixel_scale
    beliefs = classical.Beliefs(settings.scene, pixel_scale, stamps.instrument.zero_point)
    table = classical.measure_stamps(
        image,
        sigma,
        psf,
        beliefs=beliefs,
        processes=processes(),
        methods=wanted.classical,
        detection_threshold=settings.detection_threshold,
    )
    table.insert(0, "id", stamps.table["id"].to_numpy()[rows])
    if wanted.bounded and stamps.origin == "simulated":
        bound = classical.radius_bounds(
            prepared, psf, stamp_size=np.shape(image)[1], pixel_scale=pixel_scale
        )
        table = table.assign(bound=bound)
    files.write_parquet(place.classical(dataset), table)


if __name__ == "__main__":
    run(main, ValueError, WorkerError)
