"""Tier: synthetic galaxies of one kind, drawn, measured by every method and scored."""

import time
from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd

from halflight import classical, files, params, tasks, training
from halflight.instrument import SDSS
from halflight.paths import REPORTS
from halflight.scores import tables
from halflight.simulation import SimulationError, simulate_stamps
from halflight.workers import WorkerError
from stages import processes, run
from stages.runs import both_runs
from stages.scored import over_all


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
    """Measure stamps of known truth with every method of every run; the scores in bins.

    The fits are made once, as `fit` says, and joined with the network of each run; the package's
    network is measured by one orientation, too. table: as of `simulate_stamps`. arrays: image,
    sigma and psf, of one band. Beside the columns of `binned_scores` a row has run and
    orientations, NaN where a method has none. Prints both, and how many galaxies a second each
    takes. Raises as the methods do, and FileNotFoundError without an estimator.
    """
    wanted = tasks.measuring(tasks.get(task))
    default, package = both_runs(wanted, backend=training.choose_backend(train).backend)
    instrument = SDSS.with_bands([band])
    image, sigma, psf = arrays
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
    spent = {f"{', '.join(wanted.classical)} together": time.perf_counter() - begun}
    measured.insert(0, "id", table["id"].to_numpy())
    bound = classical.radius_bounds(
        table, psf[..., 0], stamp_size=image.shape[1], pixel_scale=scale
    )
    objects = tables.simulated_objects(wanted, table, measured.assign(bound=bound))

    def scored(predictions: pd.DataFrame) -> pd.DataFrame:
        return tables.score(wanted, predictions, objects, **tables.options(settings))[1]

    parts = [scored(tables.classical_predictions(wanted, "simulated", measured))]
    for each in (default, *package.ways()):
        name = f"{each.run} by {each.estimator.orientations}"
        # What is loaded once is not timed.
        each.estimator.measure(*(array[:1] for array in arrays), instrument=instrument)
        begun = time.perf_counter()
        network = each.estimator.measure(image, sigma, psf, instrument=instrument)
        seen = time.perf_counter()
        found = dict(each.answers(wanted, network, measured))
        spent[f"network {name}"] = seen - begun
        if each.joint is not None:
            spent[f"its join {name}"] = time.perf_counter() - seen
        predictions = [
            tables.predictions(wanted, "simulated", method, table["id"].to_numpy(), values)
            for method, values in found.items()
        ]
        parts.append(each.told(scored(pd.concat(predictions, ignore_index=True))))
    binned = pd.concat(parts, ignore_index=True).drop(columns=["dataset", "against"])
    shown = ["method", "run", "orientations", "count", "nmad", "outlier_fraction"]
    shown += ["coverage_68", "coverage_95"]
    print(over_all(binned, wanted)[shown].to_string(index=False))
    print(f"{kind}: {len(table)} galaxies on {processes()} processes, galaxies a second:")
    for name, seconds in spent.items():
        print(f"  {name}: {len(table) / seconds:.0f}")
    return binned


if __name__ == "__main__":
    run(main, ValueError, RuntimeError, SimulationError, WorkerError, MemoryError)
