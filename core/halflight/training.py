"""Training of an estimator: network, batches, callbacks, exact resume, calibration."""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from halflight import nn, store, tasks
from halflight.estimator import CHUNK, Estimator
from halflight.labelled import LabelledStamps
from halflight.nn import callbacks, optimizers, presets, schedules
from halflight.nn.sharding import ALONE, Exchange, Sharding, require_same
from halflight.prepare import Preparation

if TYPE_CHECKING:
    from halflight import params

# Stamps whose batches settle the statistics of batch normalisations: they forget within some 40.
SETTLING = 3200
# Of the environment, not a parameter: to watch a training changes no byte of it.
LIVE = "HALFLIGHT_LIVE"


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
    data: LabelledStamps,
    preparation: Preparation,
    train: params.Train,
    *,
    backend: str,
    seed: int,
    provenance: Mapping[str, Any],
) -> Estimator:
    """An untrained estimator for prepared stamps such as these, with the network of section train.

    Its head starts at the mean and scatter of the labels to train on, whose range it remembers.
    """
    stamps = data.stamps
    network = new_network(task, stamps, train.model, backend=backend, seed=seed)
    task, labels = task.configured(train), data.labels[data.train]
    weights = network.get_weights()
    bias = task.first_bias(labels).astype(weights["head/bias"].dtype)
    network.set_weights({**weights, "head/bias": bias})
    sizes = stamps.table["psf_half_light_radius"].to_numpy(float)[data.train]
    seen = {"psf_half_light_radius": sizes / stamps.instrument.pixel_scale}
    seen |= task.learnt(labels)
    ranges = {name: (float(v.min()), float(v.max())) for name, v in seen.items()}
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
    try:
        if model.preset is None:
            network = presets.layer_list.build(
                model.layers or (), input_shape=image_shape, backend=backend, seed=seed
            )
        else:
            known = presets.options(model.preset)
            shapes: dict[str, Any] = {"input_shape": image_shape}
            if "psf_shape" in known:
                shapes = {"image_shape": image_shape, "psf_shape": psf_shape}
                shapes |= task.network_options()
            network = presets.build(
                model.preset, **shapes, **model.options, backend=backend, seed=seed
            )
            if "psf" in network.input_names:
                return network
            network = presets.with_psf.without_head(network)
        return presets.with_psf.build(
            network, psf_shape=psf_shape, outputs=task.outputs, backend=backend, seed=seed
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
    exchange: Exchange = ALONE,
) -> tuple[Estimator, pd.DataFrame]:
    """Train to the best validation loss and calibrate; return the estimator and its history.

    What is validated and kept are running averages of the weights (Polyak & Juditsky 1992), which
    jump less than the weights, with batch statistics of their own. Every stamp is changed on its
    way into the network as `augmented` says. An interrupted run goes on from its last epoch,
    to the same bytes, as long as `identity` (a fingerprint of the data and of all that shaped the
    estimator), `code` (one of the code that trains) and the settings are the same. Where the code
    alone is another, training begins anew and says so. exchange: with those that share the `shards`
    of each batch, of whom the first keeps checkpoints.
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
    trained = augmented(network, settings)
    trained.compile(
        optimizers.OPTIMIZERS[settings.optimizer](
            rate,
            weight_decay=settings.weight_decay,
            global_clipnorm=settings.global_clipnorm,
            use_ema=True,
            ema_momentum=settings.ema_momentum,
            learning_rate_multipliers=dict(settings.learning_rate_multipliers),
        ),
        loss=task.loss,
        metrics=list(task.metrics),
        sharding=Sharding(settings.shards, exchange),
    )
    checkpoint = _checkpoint(checkpoints, f"{name}-{_digest(settings, identity)}", code)
    backup = callbacks.BackupAndRestore(
        checkpoint, delete_checkpoint=False, save=exchange.rank == 0
    )
    require_same(exchange, backup.path)
    with followed(name) as followers:
        history = trained.fit(
            batches,
            validation_data=validation,
            epochs=settings.epochs,
            callbacks=[
                callbacks.SwapEMAWeights(swap_on_epoch=True),
                callbacks.EarlyStopping(
                    monitor="val_loss", patience=settings.patience, restore_best_weights=True
                ),
                callbacks.ProgressLogger(),
                *followers,
                backup,
            ],
        )
    exchange.gather(np.zeros(1))  # all have read the backup before it goes
    if trained is not network:
        network.compile_as(trained)  # so that it is saved with its optimizer
    settle_statistics(network, data, task, settings)
    counts = {"train": len(data.train), "validation": len(data.validation)}
    calibrated = calibrate(estimator, data).with_provenance(labels=counts)
    for quantity, dof in calibrated.dof.items():
        print(f"{name}: error bars of {quantity} hold 68 and 95 %; degrees of freedom {dof:.1f}")
    shutil.rmtree(checkpoint, ignore_errors=True)
    return calibrated, pd.DataFrame(list(history)).assign(arm=name)


def augmented(network: nn.Model, settings: params.Fit) -> nn.Model:
    """The network behind what section train, or finetune, changes stamps by; itself for nothing."""
    changes = settings.augmentation
    if not any(changes.values()):
        return network
    return presets.augmented.build(network, seed=settings.seed, **changes)


@contextmanager
def followed(name: str) -> Iterator[list[callbacks.Callback]]:
    """The callback by which DVCLive follows a training, where HALFLIGHT_LIVE names a folder.

    Below it, `name`/metrics.json holds the latest record and `name`/plots/metrics each curve, as
    `dvclive.Live` lays them out. Raises ValueError where DVCLive is not installed.
    """
    folder = os.environ.get(LIVE)
    if not folder:
        yield []
        return
    try:
        import dvclive
    except ImportError as error:
        raise ValueError(
            f"{LIVE}={folder} needs DVCLive: pip install '.[sweeps]', or unset {LIVE}"
        ) from error
    place = Path(folder) / name
    with dvclive.Live(str(place), resume=True, save_dvc_exp=False, dvcyaml=None) as live:
        yield [callbacks.DVCLiveLogger(live)]


def settle_statistics(
    network: nn.Model, data: LabelledStamps, task: tasks.Task, settings: params.Fit
) -> None:
    """Give batch normalisations the statistics of the weights as they are: no weight changes.

    Those of the training are of the weights that it went through, and not of their averages.
    """
    settled = augmented(network, settings)
    if settled is network:
        settled = nn.Model(network.inputs, network.outputs, backend=network.backend)
    settled.compile(optimizers.SGD(0.0), loss=task.loss)
    settled.fit(
        data.batches(task, data.train[:SETTLING], settings, training=True), epochs=1, verbose=0
    )


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


def calibrate(estimator: Estimator, data: LabelledStamps) -> Estimator:
    """The estimator, made honest of the validation split: see `Task.calibrated`."""
    answers = predict_prepared(estimator, data.stamps, data.validation)
    return estimator.calibrated(answers, data.labels[data.validation])


def predict_prepared(estimator: Estimator, stamps: store.Stamps, rows: np.ndarray) -> tasks.Answers:
    """What `Estimator.predict` answers of prepared stamps on disk."""
    parts = [
        estimator.predict({name: stamps[name][chunk] for name in estimator.task.inputs})
        for chunk in np.split(rows, range(CHUNK, len(rows), CHUNK))
    ]
    return tuple(np.concatenate(answer) for answer in zip(*parts, strict=True))


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
