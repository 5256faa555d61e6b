"""Tier: synthetic galaxies of one kind, drawn, measured by every method and scored."""

import time
from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd

from halflight import classical, files, params, tasks, training
from halflight.estimator import Estimator
from halflight.instrument import SDSS
from halflight.joint import Joint
from halflight.paths import REPORTS, TaskPaths
from halflight.scores import bins, tables
from halflight.simulation import SimulationError, simulate_stamps
from halflight.workers import WorkerError
from stages import processes, run


def scores_of(task: str, kind: str) -> Path:
    """Where the scores of a kind of galaxy are kept."""
    return REPORTS / "tiers" / task / f"{kind}.csv"


def main(task: str, kind: str) -> None:
    """Write the scores of one of the kinds of section tiers, and how long each method took."""
    simulate, fit, train, settings, tiers = params.read(
        f"{task}.simulate",
        f"{task}.classical",
        f"{task}.train",
        f"{task}.evaluate",
        f"{task}.tiers",
    )
    tier = tiers.kinds[kind]
    blocks = simulate_stamps(
        tier.count,
        first=tier.first,
        seed=simulate.seed,
        stamp_size=simulate.stamp_size,
        psf_size=simulate.psf_size,
        population=simulate.population.changed(**tier.population),
        processes=processes(),
    )
    with closing(blocks):
        parts = list(zip(*blocks, strict=True))
    table = pd.concat(parts[0], ignore_index=True)
    arrays = [np.concatenate(each) for each in parts[1:]]
    told = fit.changed(scene=fit.scene.changed(**tier.scene))
    band = simulate.population.band
    scored = compare(task, kind, table, arrays, band, told, train, settings)
    files.write_csv(scores_of(task, kind), scored)


def compare(
    task: str,
    kind: str,
    table: pd.DataFrame,
    arrays: list[np.ndarray],
    band: str,
    fit: params.Classical,
    train: params.Train,
    settings: params.Evaluate,
) -> pd.DataFrame:
    """Measure stamps of known truth with every method; the scores in bins, and a line for people.

    table: as of `simulate_stamps`. arrays: image, sigma and psf, of one band. Raises as the methods
    do, and FileNotFoundError without an estimator.
    """
    place, wanted = TaskPaths(task), tasks.measuring(tasks.get(task))
    backend = training.choose_backend(train).backend
    trained, joint = Estimator.load(place.estimator, backend=backend), Joint.load(place.estimator)
    instrument = SDSS.with_bands([band])
    image, sigma, psf = arrays
    begun = time.perf_counter()
    network = trained.measure(image, sigma, psf, instrument=instrument)
    network_seconds = time.perf_counter() - begun
    scale, zero_point = instrument.pixel_scale, instrument.zero_point
    begun = time.perf_counter()
    measured = classical.measure_stamps(
        image[..., 0],
        sigma[..., 0],
        psf[..., 0],
        beliefs=classical.Beliefs(fit.scene, scale, zero_point),
        processes=processes(),
        methods=wanted.classical,
        detection_threshold=fit.detection_threshold,
    )
    classical_seconds = time.perf_counter() - begun
    measured.insert(0, "id", table["id"].to_numpy())
    bound = classical.radius_bounds(
        table, psf[..., 0], stamp_size=image.shape[1], pixel_scale=scale
    )
    found = {"network": network}
    if joint is not None:
        found["combined"] = joint.joined(wanted, network, measured)
    predictions = [tables.classical_predictions(wanted, "simulated", measured)]
    predictions += [
        tables.predictions(wanted, "simulated", method, table["id"].to_numpy(), values)
        for method, values in found.items()
    ]
    scores, binned = tables.score(
        wanted,
        pd.concat(predictions, ignore_index=True),
        tables.simulated_objects(wanted, table, measured.assign(bound=bound)),
        edges=bins.edges_of(settings),
        seed=settings.seed,
        bootstrap=settings.bootstrap,
    )
    shown = pd.DataFrame(scores[wanted.headline.name]["simulated"]).T
    print(shown[["count", "nmad", "outlier_fraction", "coverage_68", "coverage_95"]].to_string())
    print(
        f"{kind}: {len(table)} galaxies on {processes()} processes: network "
        f"{network_seconds:.1f} s, {', '.join(wanted.classical)} together {classical_seconds:.1f} s"
    )
    return binned.drop(columns=["dataset", "against"])


if __name__ == "__main__":
    run(main, ValueError, RuntimeError, SimulationError, WorkerError, MemoryError)
