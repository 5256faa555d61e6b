"""BackupAndRestore: a killed training resumes, and ends with the very same bytes."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from halflight.nn.callbacks.callback import Callback, Logs
from halflight.nn.configuration import plain
from halflight.nn.history import History
from halflight.nn.remembering import Memory
from halflight.nn.weights import WeightsError, read_arrays, read_shapes, write_arrays

FORMAT = 2
_KEYS = {"format", "run", "epoch", "optimizer", "stop_training", "history", "callbacks"}


class BackupAndRestore(Callback):
    """After every epoch, save all that the rest of the training depends on; begin from it if found.

    One file, `backup_dir`/backup.safetensors, holds the weights, the optimizer's slots, step and
    learning rate (where it was set in training, as callbacks do), the epoch, the history, what
    stateful layers remember and the state of every other callback, and is replaced as a whole. A
    run that is killed in the middle of an epoch repeats that epoch. Nothing else may change between
    the two runs: the batches must follow from the epoch alone, as those of `ArraySource` do.

    Args:
        backup_dir: folder of the file.
        delete_checkpoint: remove the file once training has ended (Keras's default). With False a
            later `fit` finds the finished training, and returns its history and weights at once.
        save: False only begins from the file, and leaves it to another process to replace it.
    """

    def __init__(
        self,
        backup_dir: str | os.PathLike[str],
        *,
        delete_checkpoint: bool = True,
        save: bool = True,
    ) -> None:
        """Name the file."""
        self.path = Path(backup_dir) / "backup.safetensors"
        self.delete_checkpoint, self.save = delete_checkpoint, save

    def on_train_ready(self) -> None:
        """Resume from the backup, if there is one.

        Raises:
            ValueError: the batches come from a generator, which yields each but once.
            WeightsError: the backup is broken or of another run; nothing was changed.
        """
        if not self.run.replayable:
            raise ValueError(
                "BackupAndRestore: a generator's batches cannot be had again after a resume: "
                "pass arrays, or an object with `steps` and `batches(epoch)`"
            )
        if not self.path.exists():
            return
        self._compare(read_shapes(self.path))
        arrays, note = read_arrays(self.path)
        state = self._parse(note)
        groups: dict[str, dict[str, Any]] = {}
        for key, array in arrays.items():
            group, _, name = key.partition(":")
            groups.setdefault(group, {})[name] = array
        model, optimizer = self.model, self.run.compiled.optimizer
        try:
            optimizer.check_state(groups.get("optimizer", {}))
            model.set_weights(groups.get("weights", {}))
        except ValueError as error:
            raise WeightsError(f"{self._foreign()}: {error}") from error
        optimizer.set_state(groups.get("optimizer", {}), state["optimizer"])
        for i, (callback, values) in enumerate(
            zip(self._remembered(), state["callbacks"], strict=True)
        ):
            callback.set_state(values, groups.get(f"callback {i}", {}))
        kept = groups.get("memory", {})
        for place, memory in self._memories().items():
            memory.take([kept[name] for name in sorted(kept) if name.rpartition("/")[0] == place])
        self.run.history = History(state["history"])
        self.run.epoch = state["epoch"]
        model.stop_training = state["stop_training"]

    def on_epoch_complete(self, epoch: int, logs: Logs) -> None:
        """Replace the backup, if it is this process's to do."""
        if not self.save:
            return
        model, optimizer = self.model, self.run.compiled.optimizer
        arrays = {f"weights:{name}": array for name, array in model.get_weights().items()}
        arrays |= {f"optimizer:{name}": array for name, array in optimizer.get_state().items()}
        for place, memory in self._memories().items():
            arrays |= {f"memory:{place}/{k}": host for k, host in enumerate(memory.hosts())}
        callbacks = []
        for i, callback in enumerate(self._remembered()):
            values, kept = callback.get_state()
            callbacks.append(values)
            arrays |= {f"callback {i}:{name}": array for name, array in kept.items()}
        state = {
            "format": FORMAT,
            "run": self._fingerprint(),
            "epoch": self.run.epoch,
            "optimizer": optimizer.scalars(),
            "stop_training": model.stop_training,
            "history": self.run.history,
            "callbacks": callbacks,
        }
        write_arrays(self.path, arrays, json.dumps(state))

    def on_train_end(self) -> None:
        """Remove the backup, unless it is to be kept."""
        if self.delete_checkpoint and self.save:
            self.path.unlink(missing_ok=True)

    def _remembered(self) -> list[Callback]:
        return [callback for callback in self.run.callbacks if not callback.watches]

    def _memories(self) -> dict[str, Memory]:
        """What stateful layers keep from batch to batch, by layer and number."""
        return {
            f"{layer.name}/{number}": memory
            for layer in self.model.layers
            for number, memory in enumerate(layer.memories)
        }

    def _fingerprint(self) -> dict[str, Any]:
        """Return what must be the same in the run that resumes (the learning rate may differ)."""
        model, compiled = self.model, self.run.compiled
        heads = compiled.objective.heads
        optimizer = plain(compiled.optimizer)
        del optimizer["config"]["learning_rate"]
        return {
            "optimizer": optimizer,
            "losses": [plain(head.loss) for head in heads],
            "metrics": [[plain(metric) for metric in head.metrics] for head in heads],
            "steps": self.run.steps,
            "seed": model.seed,
            "backend": model.backend,
            "frozen": [layer.name for layer in model.layers if not layer.trainable],
            "callbacks": [type(callback).__name__ for callback in self._remembered()],
        }

    def _parse(self, note: str | None) -> dict[str, Any]:
        try:
            state = json.loads(note or "")
        except (ValueError, RecursionError) as error:
            raise WeightsError(f"{self.path}: not a backup: {error}") from error
        if not isinstance(state, dict) or state.get("format") != FORMAT or set(state) != _KEYS:
            raise WeightsError(f"{self.path}: not a backup of format {FORMAT}")
        mine, theirs = self._fingerprint(), state["run"]
        differing = {
            key: (theirs.get(key), mine[key]) for key in mine if theirs.get(key) != mine[key]
        }
        if differing:
            raise WeightsError(f"{self._foreign()}: (backup, now) = {differing}")
        return state

    def _compare(self, found: Mapping[str, tuple[int, ...]]) -> None:
        """Compare the shapes in the file with the model's and the optimizer's, before any data."""
        weights = {name: weight.shape for name, weight in self.model.weights.items()}
        slots = self.run.compiled.optimizer.state_shapes()
        expected = {f"weights:{name}": shape for name, shape in weights.items()}
        expected |= {f"optimizer:{name}": shape for name, shape in slots.items()}
        further = ("callback ", "memory:")
        held = {name: shape for name, shape in found.items() if not name.startswith(further)}
        if held != expected:
            names = sorted(held | expected)
            wrong = [name for name in names if held.get(name) != expected.get(name)]
            raise WeightsError(f"{self._foreign()}: it differs in {wrong!r:.200}")

    def _foreign(self) -> str:
        return f"{self.path}: is the backup of another training; delete it to begin anew"
