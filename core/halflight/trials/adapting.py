"""Adapting: networks of bright labels made to serve faint objects, by their features or stamps."""

from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import expit

from halflight import nn
from halflight.estimator import CHUNK, HEAD, Estimator
from halflight.labelled import LabelledStamps
from halflight.prepare import Preparation, extinction_of
from halflight.store import Stamps, read_stamps, write_stamps
from halflight.trials.adaptation import faded, fitted_logistic, matched_features

INPUTS = ("image", "psf")  # the arrays of a prepared stamp
COLOURS = [f"model_magnitude_{band}" for band in "ugriz"]


def matched(
    estimator: Estimator, data: LabelledStamps, faint: np.ndarray, test: np.ndarray
) -> np.ndarray:
    """Probabilities by a head that is fitted to bright features made like the faint ones'."""
    last = estimator.network.get_layer(HEAD)
    call = next(o.call for o in estimator.network.outputs if o.call and o.call.layer is last)
    trunk = nn.Model(estimator.network.inputs, call.inputs[0], backend=estimator.network.backend)

    def features(rows: np.ndarray) -> np.ndarray:
        inputs = {name: data.stamps[name][rows] for name in estimator.task.inputs}
        return np.asarray(trunk.predict(inputs, CHUNK), np.float64)

    beyond = features(faint)
    centre, scatter = beyond.mean(axis=0), beyond.std(axis=0) + 1e-6
    alike = matched_features(features(data.train), beyond)
    labels = data.labels[data.train][:, 0]
    weights = fitted_logistic((alike - centre) / scatter, labels)
    return np.asarray(expit(weights[0] + (features(test) - centre) / scatter @ weights[1:]))


def weighted_by(table: pd.DataFrame, *, magnitude: bool) -> np.ndarray:
    """What objects are weighted by: their four colours, with or without the magnitude in r.

    (objects, 4 or 5) in mag; what is not known is the median, so that it speaks for neither side.
    """
    colours = -np.diff(table[COLOURS].to_numpy(float), axis=1)
    colours = np.nan_to_num(colours, nan=float(np.nanmedian(colours)))
    if not magnitude:
        return colours
    brightness = table["magnitude"].to_numpy(float)
    brightness = np.nan_to_num(brightness, nan=float(np.nanmedian(brightness)))
    return np.column_stack([colours, brightness])


def dimmed(
    data: LabelledStamps,
    raw: Stamps,
    preparation: Preparation,
    folder: Path,
    *,
    beyond: tuple[float, float],
    seed: int,
) -> LabelledStamps:
    """The same stamps, and behind them those to train on, each dimmed; written to `folder`.

    raw: the stamps before they were prepared, by the column source_index. beyond: limits of the
    magnitudes, uniform, to which a stamp is dimmed where it is brighter.
    """
    camera, rows = raw.instrument, data.stamps.table["source_index"].to_numpy()
    magnitude = data.stamps.table["magnitude"].to_numpy()
    count, arrays = len(data.stamps), {name: data.stamps[name] for name in INPUTS}
    with write_stamps(folder / "s", instrument=camera, origin=data.stamps.origin) as writer:
        for block in np.array_split(np.arange(count), max(count // CHUNK, 1)):
            writer.append(
                data.stamps.table.iloc[block], **{name: a[block] for name, a in arrays.items()}
            )
        for block in np.array_split(data.train, max(len(data.train) // CHUNK, 1)):
            image, sigma, psf = (raw[name][rows[block]] for name in ("image", "sigma", "psf"))
            for k, row in enumerate(block):
                rng = np.random.Generator(np.random.Philox(key=[seed, int(row)]))
                to = rng.uniform(*beyond)
                factor = min(10 ** (0.4 * (magnitude[row] - to)), 1.0)
                image[k], sigma[k] = faded(image[k], sigma[k], factor, rng)
            table = data.stamps.table.iloc[block]
            made = preparation.apply(
                image,
                sigma,
                psf,
                instrument=camera,
                extinction=extinction_of(table, camera.bands),
            )
            new = table.assign(id=-table["id"].to_numpy() - 1)
            writer.append(new, **{name: made.inputs[name] for name in INPUTS})
    stamps = read_stamps(folder / "s")
    more = np.arange(count, count + len(data.train))
    labels = np.concatenate([data.labels, data.labels[data.train]])
    return LabelledStamps(
        stamps, labels, train=np.concatenate([data.train, more]), validation=data.validation
    )
