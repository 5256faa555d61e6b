"""Judge: measure the same stamps classically, and bound what any method could do."""

import numpy as np
import pandas as pd

from halflight import classical, files, params, paths, store
from halflight.instrument import PIXEL_SCALE
from halflight.workers import WorkerError
from stages import processes, run


def main() -> None:
    """Measure every survey stamp and the simulated test split; write data/judged."""
    settings = params.load().judge
    survey = store.read_stamps(paths.PREPARED_SURVEY).table
    measured = measure(
        store.read_stamps(paths.SURVEY_STAMPS), survey["source_index"].to_numpy(), settings
    )
    files.write_parquet(paths.JUDGED_SURVEY, measured)

    simulated = store.read_stamps(paths.PREPARED_SIMULATED).table
    test = simulated[simulated["split"] == "test"].head(settings.test_stamps)
    source = store.read_stamps(paths.SIMULATED)
    indices = test["source_index"].to_numpy()
    measured = measure(source, indices, settings).assign(
        fisher_sigma=classical.radius_bounds(
            test,
            source["psf"][indices],
            stamp_size=source["image"].shape[-1],
            pixel_scale=PIXEL_SCALE,
        )
    )
    files.write_parquet(paths.JUDGED_SIMULATED, measured)


def measure(stamps: store.Stamps, indices: np.ndarray, settings: params.Judge) -> pd.DataFrame:
    """Sersic fit and aperture radius of these stamps, one row each, with their id."""
    table = classical.measure_stamps(
        stamps["image"][indices],
        stamps["sigma"][indices],
        stamps["psf"][indices],
        pixel_scale=PIXEL_SCALE,
        processes=processes(),
        detection_threshold=settings.detection_threshold,
    )
    table.insert(0, "id", stamps.table["id"].to_numpy()[indices])
    return table


if __name__ == "__main__":
    run(main, ValueError, FileNotFoundError, WorkerError)
