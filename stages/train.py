"""Train: the from-scratch network on simulated stamps, whose half-light radii are known exactly."""

import numpy as np

from halflight import files, params, paths, store
from stages import run
from stages.training import (
    LabelledStamps,
    chosen_backend,
    fingerprint,
    fit_network,
    new_network,
    write_history,
)


def main() -> None:
    """Train on the simulated training split; keep the weights of the best validation loss."""
    train = params.load().train
    stamps = store.read_stamps(paths.PREPARED_SIMULATED)
    split = stamps.table["split"].to_numpy()
    data = LabelledStamps(
        stamps,
        labels=np.log(stamps.table["half_light_radius"].to_numpy()),
        train=np.flatnonzero(split == "train"),
        validation=np.flatnonzero(split == "validation"),
    )
    choice = chosen_backend(train)
    model = new_network(stamps, train, backend=choice.backend, seed=train.seed)
    model.summary()
    print(f"train: {len(data.train)} stamps, {len(data.validation)} to validate")
    identity = fingerprint([paths.PREPARED_SIMULATED]) + train.model_dump_json()
    history = fit_network(model, data, train, name="train", identity=identity)
    with files.whole_folder(paths.TRAINED_MODEL) as folder:
        model.save(folder)
    write_history(paths.TRAINED_HISTORY, [history])
    files.write_json(paths.TRAINED_DEVICE, {"device": choice.device})


if __name__ == "__main__":
    run(main, ValueError, FileNotFoundError, FloatingPointError, RuntimeError, MemoryError)
