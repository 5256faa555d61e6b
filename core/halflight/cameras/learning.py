"""Fine-tuning: a trained network goes on learning from stamps of one camera."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from halflight import __version__, nn, store, tasks, training
from halflight.cameras.camera import Camera
from halflight.estimator import Estimator
from halflight.labelled import LabelledStamps
from halflight.params import Fit
from halflight.prepare import Preparation

Rows = NDArray[np.intp]
SHARES = {"train": 0.6, "validation": 0.2, "test": 0.2}
"""Of the simulated galaxies, in their order: to learn from, to calibrate on, to score with."""
FIT = Fit(
    seed=1,
    batch_size=32,
    epochs=10,
    optimizer="AdamW",
    learning_rate=5e-4,
    warmup_epochs=1,
    weight_decay=1e-4,
    global_clipnorm=1.0,
    ema_momentum=0.99,
    learning_rate_multipliers={},
    patience=4,
    augment=True,
)
"""How the network is fine-tuned; epochs and seed are the command's."""
_BLOCK = 256


def splits_of(count: int) -> dict[str, Rows]:
    """The galaxies of each split, by its name."""
    edges = np.cumsum([round(share * count) for share in SHARES.values()])[:-1]
    return dict(zip(SHARES, np.split(np.arange(count), edges), strict=True))


def write_prepared(stamps: store.Stamps, preparation: Preparation, folder: Path) -> None:
    """Write stamps as the network sees them, whole or not at all; noise: of a pixel of each."""
    with store.write_stamps(folder, instrument=stamps.instrument, origin=stamps.origin) as writer:
        for rows in np.split(np.arange(len(stamps)), range(_BLOCK, len(stamps), _BLOCK)):
            arrays = (stamps[name][rows] for name in ("image", "sigma", "psf"))
            ready = preparation.apply(*arrays, instrument=stamps.instrument)
            table = stamps.table.iloc[rows].assign(noise=ready.noise[:, 0])
            writer.append(table, image=ready.image, psf=ready.psf)


def labelled(
    task: tasks.Measurement, camera: Camera, prepared: store.Stamps, splits: Mapping[str, Rows]
) -> LabelledStamps:
    """Prepared stamps with their truths, in units of their own pixels and noise."""
    table = prepared.table
    labels, binning = task.truths(table), table["binning"].to_numpy()
    for bins in np.unique(binning):
        rows = np.flatnonzero(binning == bins)
        noise = table["noise"].to_numpy(float)[rows]
        labels[rows] -= task.offsets(camera.of_binning(int(bins)), noise)
    return LabelledStamps(prepared, labels, splits["train"], splits["validation"])


def fine_tuned(
    base: Estimator,
    camera: Camera,
    data: LabelledStamps,
    *,
    epochs: int,
    seed: int,
    checkpoints: Path,
    identity: str,
) -> Estimator:
    """The estimator, tuned and calibrated on these stamps; its network is changed in place.

    What it says of its range is that of these stamps. identity: of all that decides the result; an
    interrupted training with the same goes on from its last epoch.
    """
    sizes = data.stamps.table["psf_half_light_radius"].to_numpy(float)[data.train]
    seen = {"psf_half_light_radius": sizes, **base.task.learnt(data.labels[data.train])}
    ranges = {name: (float(v.min()), float(v.max())) for name, v in seen.items()}
    tuned, _ = training.fit(
        replace(base, instrument=camera.instrument, training_range=ranges),
        data,
        FIT.changed(epochs=epochs, seed=seed),
        name="adapt",
        checkpoints=checkpoints,
        identity=identity,
        code=__version__,
    )
    network = tuned.network  # without its optimizer, which nothing needs any more
    bare = nn.Model(network.inputs, network.outputs, seed=network.seed)
    return replace(tuned, network=bare)
