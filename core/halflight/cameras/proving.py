"""Proving: what network and scene fit find of simulated galaxies, and how good that is."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from tqdm import tqdm

from halflight import classical, store, tasks
from halflight.cameras.camera import Camera
from halflight.cameras.learning import Rows
from halflight.estimator import Estimator
from halflight.instrument import Instrument
from halflight.params import Classical
from halflight.scores.statistics import summary

SCORES = ("nmad", "outlier_fraction", "coverage_68", "coverage_95", "nll")
"""Of ln R_e; see `halflight.scores.statistics.summary`."""
Scores = dict[str, float]


def scene_fits(
    task: tasks.Measurement,
    camera: Camera,
    stamps: store.Stamps,
    rows: Rows,
    settings: Classical,
    processes: int,
) -> pd.DataFrame:
    """What the scene fit finds on these stamps, one row each, under the reference's name."""
    with tqdm(total=len(rows), desc="fit", unit=" stamps", disable=None) as bar:

        def fitted(some: Rows, instrument: Instrument) -> pd.DataFrame:
            image, sigma, psf = (stamps[n][some][..., 0] for n in ("image", "sigma", "psf"))
            found, _ = classical.fit_scenes(
                image,
                sigma,
                psf,
                beliefs=classical.Beliefs(
                    settings.scene, instrument.pixel_scale, instrument.zero_point
                ),
                processes=processes,
                detection_threshold=settings.detection_threshold,
                progress=bar.update,
            )
            return found

        found = _by_binning(camera, stamps, rows, fitted)
    return found.add_prefix(f"{task.reference}_")


def measured(
    estimator: Estimator, camera: Camera, stamps: store.Stamps, rows: Rows
) -> pd.DataFrame:
    """What a network finds on these stamps, one row each."""

    def found(some: Rows, instrument: Instrument) -> pd.DataFrame:
        arrays = (stamps[name][some] for name in ("image", "sigma", "psf"))
        return estimator.measure(*arrays, instrument=instrument)

    return _by_binning(camera, stamps, rows, found)


def scores(
    task: tasks.Measurement, table: pd.DataFrame, truths: pd.DataFrame, start: str
) -> Scores:
    """SCORES of measurements of known galaxies, by name after `start`.

    Those that were not measured count nowhere; ValueError where that leaves none.
    """
    values, sigmas, dof = task.distributions(table)
    residual = values[:, 0] - task.truths(truths)[:, 0]
    known = np.isfinite(residual + sigmas[:, 0])
    found = summary(residual[known], sigmas[known, 0], dof=dof[known, 0])
    return {f"{start}{name}": float(found[name]) for name in SCORES}


def _by_binning(
    camera: Camera,
    stamps: store.Stamps,
    rows: Rows,
    measure: Callable[[Rows, Instrument], pd.DataFrame],
) -> pd.DataFrame:
    """What is found on stamps of each binning, as of a camera of such pixels, in their order."""
    binning = stamps.table["binning"].to_numpy()[rows]
    parts = []
    for bins in np.unique(binning):
        places = np.flatnonzero(binning == bins)
        parts.append(measure(rows[places], camera.of_binning(int(bins))).set_index(places))
    return pd.concat(parts).sort_index()
