"""Training of an estimator: network, batches, callbacks, exact resume, calibration."""

from __future__ import annotations

import hashlib
import importlib
import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from halflight import nn, store, tasks
from halflight.estimator import CHUNK, Estimator
from halflight.nn import callbacks, optimizers, presets, schedules
from halflight.prepare import Preparation

if TYPE_CHECKING:
    from halflight import params

# The share of a normal distribution within one standard deviation.
ONE_SIGMA = 0.6827
# Columns of the training table whose range an estimator remembers, beside those of its quantities.
RANGES = ("magnitude", "psf_half_light_radius")


@dataclass(frozen=True)
class LabelledStamps:
    """Prepared stamps with their labels, and the rows that train and validate.

    labels: (n, quantities) of all stamps; those of other rows may be NaN. train, validation: rows.

    Raises ValueError where a row to learn from has no finite label, or there is no row.
    """

    stamps: store.Stamps
    labels: np.ndarray
    train: np.ndarray
    validation: np.ndarray

    def __post_init__(self) -> None:
        for name, rows in (("train", self.train), ("validate", self.validation)):
            if not len(rows):
                raise ValueError(f"there is no stamp to {name}: the split is empty")
            unlabelled = int((~np.isfinite(self.labels[rows])).any(axis=1).sum())
            if unlabelled:
                raise ValueError(
                    f"{unlabelled} of {len(rows)} stamps to {name} have no finite label: leave "
                    "them out first"
                )

    def batches(
        self, task: tasks.Task, rows: np.ndarray, fit: params.Fit, *, training: bool
    ) -> nn.ArraySource:
        """Batches of these stamps; shuffled for training alone."""
        return nn.ArraySource(
            {name: self.stamps[name] for name in task.inputs},
            self.labels.astype(np.float32),
            rows=rows,
            batch_size=fit.batch_size,
            shuffle=training,
            seed=fit.seed,
        )


def imported_files(train: params.Train) -> list[Path]:
    """The files of the modules that section train names, once they are imported.

    Those of this checkout by their names in it, which are the same in a queued experiment's copy.
    """
    names = (getattr(sys.modules[module], "__file__", None) for module in train.imports)
    paths, here = [Path(name) for name in names if name], Path.cwd()
    return [path.relative_to(here) if path.is_relative_to(here) else path for path in paths]


def choose_backend(train: params.Train) -> nn.Choice:
    """The back end that section train asks for, once its own modules are imported.

    Prints where the network will compute. Raises ValueError for a module that cannot be imported.
    """
    for module in train.imports:
        try:
            importlib.import_module(module)
        except ImportError as error:
            raise ValueError(f"train.imports: {module} cannot be imported: {error}") from error
    choice = nn.choose(train.device, train.precision)
    print(f"device: {choice.device}" + (f" ({choice.remark})" if choice.remark else ""))
    return choice


def new_estimator(
    task: tasks.Task,
    stamps: store.Stamps,
    preparation: Preparation,
    train: params.Train,
    *,
    backend: str,
    seed: int,
    provenance: Mapping[str, Any],
) -> Estimator:
    """An untrained estimator for prepared stamps such as these, with the network of section train.

    Its training range is that of the table's training split.
    """
    network = new_network(task, stamps, train.model, backend=backend, seed=seed)
    table = stamps.table[stamps.table["split"] == "train"]
    columns = (*RANGES, *(quantity.column for quantity in task.quantities))
    known = [name for name in columns if name in table and np.isfinite(table[name]).any()]
    ranges = {name: (float(table[name].min()), float(table[name].max())) for name in known}
    return Estimator(
        network, task, stamps.instrument, preparation, ranges, provenance=dict(provenance)
    )


def new_network(
    task: tasks.Task, stamps: store.Stamps, model: params.Network, *, backend: str, seed: int
) -> nn.Model:
    """The untrained network of section train, shaped for these stamps and the task.

    A preset that sees an image alone, or a list of layers, is given the PSF too, and a head.
    """
    image_shape, psf_shape = stamps["image"].shape[1:], stamps["psf"].shape[1:]
    options = task.network_options()
    try:
        if model.preset is None:
            network = presets.layer_list.build(
                model.layers or (), input_shape=image_shape, backend=backend, seed=seed
            )
        else:
            known = presets.options(model.preset)
            shapes: dict[str, Any] = {"input_shape": image_shape}
            if "psf_shape" in known:
                shapes = {"image_shape": image_shape, "psf_shape": psf_shape, **options}
            network = presets.build(
                model.preset, **shapes, **model.options, backend=backend, seed=seed
            )
            if "psf" in network.input_names:
                return network
            network = presets.with_psf.without_head(network)
        return presets.with_psf.build(
            network, psf_shape=psf_shape, **options, backend=backend, seed=seed
        )
    except ValueError as error:
        raise ValueError(f"{task.name}.train.model: {error}") from error


def fit(
    estimator: Estimator,
    data: LabelledStamps,
    settings: params.Fit,
    *,
    name: str,
    checkpoints: Path,
    identity: str,
    code: str,
) -> tuple[Estimator, pd.DataFrame]:
    """Train to the best validation loss and calibrate; return the estimator and its history.

    With `augment` every stamp is turned and mirrored on its way into the network. An interrupted
    run goes on from its last epoch, to the same bytes, as long as `identity` (a fingerprint of the
    data and of all that shaped the estimator), `code` (one of the code that trains) and the
    settings are the same. Where the code alone is another, training begins anew and says so.
    """
    task, network = estimator.task, estimator.network
    batches = data.batches(task, data.train, settings, training=True)
    validation = data.batches(task, data.validation, settings, training=False)
    warmup = settings.warmup_epochs * batches.steps
    rate = schedules.CosineDecay(
        0.0 if warmup else settings.learning_rate,
        max(settings.epochs * batches.steps - warmup, 1),
        warmup_target=settings.learning_rate if warmup else None,
        warmup_steps=warmup,
    )
    trained = presets.augmented.build(network, seed=settings.seed) if settings.augment else network
    trained.compile(
        optimizers.AdamW(
            rate, weight_decay=settings.weight_decay, global_clipnorm=settings.global_clipnorm
        ),
        loss=task.loss,
        metrics=list(task.metrics),
    )
    checkpoint = _checkpoint(checkpoints, f"{name}-{_digest(settings, identity)}", code)
    history = trained.fit(
        batches,
        validation_data=validation,
        epochs=settings.epochs,
        callbacks=[
            callbacks.EarlyStopping(
                monitor="val_loss", patience=settings.patience, restore_best_weights=True
            ),
            callbacks.ProgressLogger(),
            callbacks.BackupAndRestore(checkpoint, delete_checkpoint=False),
        ],
    )
    if trained is not network:
        network.compile_as(trained)  # so that it is saved with its optimizer
    scales = error_scales(estimator, data)
    factors = ", ".join(
        f"{scale:.3f} ({quantity.name})"
        for quantity, scale in zip(task.quantities, scales, strict=True)
    )
    print(f"{name}: error bars scaled to cover 68 % of the validation split, by {factors}")
    shutil.rmtree(checkpoint, ignore_errors=True)
    counts = {"train": len(data.train), "validation": len(data.validation)}
    calibrated = estimator.recalibrated(scales).with_provenance(labels=counts)
    return calibrated, pd.DataFrame(list(history)).assign(arm=name)


def told(estimator: Estimator, *names: str) -> Any:
    """An entry of an estimator's provenance, by the names that lead to it.

    Raises ValueError where there is none.
    """
    entry: Any = estimator.provenance
    for name in names:
        if not isinstance(entry, Mapping) or name not in entry:
            raise ValueError(
                f"the provenance of an estimator lacks {'.'.join(names)}; it is "
                f"{dict(estimator.provenance)!r:.200}: run `dvc repro`"
            )
        entry = entry[name]
    return entry


def error_scales(estimator: Estimator, data: LabelledStamps) -> np.ndarray:
    """What each quantity's error bar must grow by to cover 68.27 % of the validation split."""
    values, sigmas = predict_prepared(estimator, data.stamps, data.validation)
    off = np.abs(values - data.labels[data.validation]) / sigmas
    return np.asarray(np.quantile(off, ONE_SIGMA, axis=0))


def predict_prepared(
    estimator: Estimator, stamps: store.Stamps, rows: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Values and sigmas, each (rows, quantities), of prepared stamps on disk."""
    parts = [
        estimator.predict({name: stamps[name][chunk] for name in estimator.task.inputs})
        for chunk in np.split(rows, range(CHUNK, len(rows), CHUNK))
    ]
    values, sigmas = zip(*parts, strict=True)
    return np.concatenate(values), np.concatenate(sigmas)


def fingerprint(folders: Sequence[Path]) -> str:
    """A hash of every byte of these folders and files: what a checkpoint was made from."""
    digest = hashlib.blake2b(digest_size=16)
    found = {p for folder in folders for p in (folder, *folder.rglob("*"))}
    for path in sorted(p for p in found if p.is_file()):
        digest.update(str(path).encode())
        with path.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "blake2b").digest())
    return digest.hexdigest()


def _checkpoint(folder: Path, training: str, code: str) -> Path:
    """Where a training by this code is kept; says where one by other code was interrupted."""
    own = folder / f"{training}-{code}"
    others = [path for path in folder.glob(f"{training}-*") if path != own]
    if others and not own.exists():
        print(
            f"the code has changed since this training was interrupted: it begins anew "
            f"({others[0]} is of the code before; delete it unless you go back to that)"
        )
    return own


def _digest(settings: params.Fit, identity: str) -> str:
    text = json.dumps([settings.model_dump(), identity], sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()
