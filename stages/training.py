"""Training as the train and finetune stages share it: batches, callbacks, resume, calibration."""

import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from halflight import files, images, nn, params, paths, store
from halflight.nn import callbacks, optimizers, presets, schedules
from stages import project_path

INPUTS = ("image", "psf")
# The share of a normal distribution within one standard deviation.
ONE_SIGMA = 0.6827
PREDICT_BATCH = 256
# Options of presets that the stamps and the rest of section train decide.
SET_HERE = ("image_shape", "input_shape", "psf_shape", "outputs", "targets", "backend", "seed")


class WithChannel:
    """Stamps (n, S, S) on disk as images (n, S, S, 1)."""

    def __init__(self, stamps: store.ShardedArray) -> None:
        self.stamps, self.shape, self.dtype = stamps, (*stamps.shape, 1), stamps.dtype

    def __len__(self) -> int:
        return len(self.stamps)

    def __getitem__(self, rows: np.ndarray | slice) -> np.ndarray:
        return self.stamps[rows][..., np.newaxis]


@dataclass(frozen=True)
class LabelledStamps:
    """Prepared stamps with a label each, ln R_e, and the indices that train and validate."""

    stamps: store.Stamps
    labels: np.ndarray
    train: np.ndarray
    validation: np.ndarray

    def batches(self, indices: np.ndarray, fit: params.Fit, *, training: bool) -> nn.ArraySource:
        """Batches of these stamps, shuffled for training alone."""
        return nn.ArraySource(
            {name: WithChannel(self.stamps[name]) for name in INPUTS},
            self.labels.astype(np.float32)[:, np.newaxis],
            rows=indices,
            batch_size=fit.batch_size,
            seed=fit.seed,
            shuffle=training,
        )


def chosen_backend(train: params.Train) -> nn.Choice:
    """The back end that section train asks for; prints where the network will compute."""
    choice = nn.choose(train.device, train.precision)
    print(f"device: {choice.device}" + (f" ({choice.remark})" if choice.remark else ""))
    return choice


def new_network(stamps: store.Stamps, train: params.Train, *, backend: str, seed: int) -> nn.Model:
    """The untrained network of section train, shaped for these stamps.

    A preset that sees an image alone, or a list of layers, is given the PSF too, and a head.
    """
    image_shape = (*stamps["image"].shape[1:], 1)
    psf_shape = (*stamps["psf"].shape[1:], 1)
    model = train.model
    try:
        if model.preset is None:
            network = presets.layer_list.build(
                model.layers or (), input_shape=image_shape, backend=backend, seed=seed
            )
        else:
            shapes = {"input_shape": image_shape}
            if "psf_shape" in presets.options(model.preset):
                shapes = {"image_shape": image_shape, "psf_shape": psf_shape}
            network = presets.build(
                model.preset,
                **shapes,
                **_options(model),
                backend=backend,
                seed=seed,
            )
            if "psf" in network.input_names:
                return network
            network = presets.with_psf.without_head(network)
        return presets.with_psf.build(network, psf_shape=psf_shape, backend=backend, seed=seed)
    except ValueError as error:
        raise ValueError(f"train.model: {error}") from error


def fit_network(
    model: nn.Model, data: LabelledStamps, fit: params.Fit, *, name: str, identity: str
) -> pd.DataFrame:
    """Train to the best validation loss and calibrate the error bar; return the history.

    With `fit.augment` the stamps are turned and mirrored on their way into `model`.

    An interrupted run goes on from its last epoch, to the same bytes, as long as `identity` (a
    fingerprint of the data and of all that shaped `model`) and the parameters are the same.
    """
    batches = data.batches(data.train, fit, training=True)
    validation = data.batches(data.validation, fit, training=False)
    warmup = fit.warmup_epochs * batches.steps
    total = fit.epochs * batches.steps
    rate = schedules.CosineDecay(
        0.0 if warmup else fit.learning_rate,
        max(total - warmup, 1),
        warmup_target=fit.learning_rate if warmup else None,
        warmup_steps=warmup,
    )
    trained = presets.augmented.build(model, seed=fit.seed) if fit.augment else model
    trained.compile(
        optimizers.AdamW(rate, weight_decay=fit.weight_decay, global_clipnorm=fit.global_clipnorm),
        loss="gaussian_nll",
        metrics=["mean_absolute_error"],
    )
    checkpoint = project_path(paths.CHECKPOINTS) / f"{name}-{_digest(fit, identity)}"
    history = trained.fit(
        batches,
        validation_data=validation,
        epochs=fit.epochs,
        callbacks=[
            callbacks.EarlyStopping(
                monitor="val_loss", patience=fit.patience, restore_best_weights=True
            ),
            callbacks.ProgressLogger(),
            callbacks.BackupAndRestore(checkpoint, delete_checkpoint=False),
        ],
    )
    if trained is not model:
        model.compile_as(trained)  # so that it is saved with its optimizer
    scale = calibrate(model, data)
    print(f"{name}: error bars scaled by {scale:.3f} to cover 68 % of the validation split")
    shutil.rmtree(checkpoint, ignore_errors=True)
    return pd.DataFrame(list(history)).assign(arm=name)


def calibrate(model: nn.Model, data: LabelledStamps) -> float:
    """Scale the predicted sigma so that it covers 68.27 % of the validation split.

    The factor is folded into the biases of the log-variance, so the saved network carries it.
    A variance scaling in the sense of Guo et al. 2017 (ICML, "temperature"), for a regression.
    """
    mean, sigma = predict(model, data.stamps, data.validation)
    scale = float(np.quantile(np.abs(mean - data.labels[data.validation]) / sigma, ONE_SIGMA))
    weights = model.get_weights()
    bias = weights["head/bias"]
    bias[len(bias) // 2 :] += 2 * np.log(scale)
    model.set_weights(weights)
    return scale


def predict(
    model: nn.Model, stamps: store.Stamps, indices: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """ln R_e and its standard deviation, each (n,) float64, for stamps `indices`.

    Each is the mean over the eight orientations of a stamp (of the variance, for the second): a
    radius does not depend on how the camera was turned, and so its measurement must not either.
    """
    outputs = []
    for chunk in np.split(indices, range(PREDICT_BATCH, len(indices), PREDICT_BATCH)):
        inputs = {name: stamps[name][chunk][..., np.newaxis] for name in INPUTS}
        outputs.append(
            np.stack(
                [
                    model.predict(_turned(inputs, k), PREDICT_BATCH)
                    for k in range(images.ORIENTATIONS)
                ],
                axis=1,
            )
        )
    mean, log_variance = np.moveaxis(np.concatenate(outputs).astype(np.float64), 2, 0)
    return mean.mean(axis=1), np.sqrt(np.exp(log_variance).mean(axis=1))


def fingerprint(folders: Sequence[Path]) -> str:
    """A hash of every byte of these folders: what a checkpoint was made from."""
    digest = hashlib.blake2b(digest_size=16)
    for path in sorted(p for folder in folders for p in folder.rglob("*") if p.is_file()):
        digest.update(str(path).encode())
        with path.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "blake2b").digest())
    return digest.hexdigest()


def write_history(path: Path, histories: Sequence[pd.DataFrame]) -> None:
    """Write learning curves, one row an epoch and arm."""
    files.write_csv(path, pd.concat(histories, ignore_index=True))


def _options(model: params.Network) -> dict[str, Any]:
    ours = [option for option in model.options if option in SET_HERE]
    if ours:
        raise ValueError(f"{', '.join(ours)}: set by the pipeline, so not an option here")
    return model.options


def _turned(inputs: dict[str, np.ndarray], orientation: int) -> dict[str, np.ndarray]:
    return {
        name: np.ascontiguousarray(images.orient(array, orientation))
        for name, array in inputs.items()
    }


def _digest(fit: params.Fit, identity: str) -> str:
    text = json.dumps([fit.model_dump(), identity], sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()
