"""Ledger: a sweep's folder, which knows what was asked and what came of it, whoever was killed."""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from halflight.files import write_json
from halflight.reading import ReadingError, read_json
from halflight.sweeps.copies import Snapshot
from halflight.sweeps.experiment import Experiment

SWEEP = "sweep.json"
EXPERIMENT = "experiment.json"
# May be another when a sweep goes on: more are asked for.
GROWS = "trials"


class LedgerError(ValueError):
    """A sweep's folder that cannot be gone on with; the message says why and what to do."""


class Ledger:
    """The folder of one sweep: `sweep.json`, and one folder for each experiment."""

    def __init__(self, folder: Path) -> None:
        """Name the folder."""
        self.folder = folder

    def of(self, number: int) -> Path:
        """The folder of an experiment."""
        return self.folder / f"{number:04d}"

    def begin(self, definition: Mapping[str, Any], take: Callable[[], Snapshot]) -> Snapshot:
        """Begin with the code that `take` takes, or go on with the code that the sweep began with.

        Raises LedgerError where the sweep began with another definition.
        """
        kept = self.begun()
        if kept is None:
            snapshot = take()
            plain = {"definition": dict(definition), "snapshot": asdict(snapshot)}
            write_json(self.folder / SWEEP, plain)
            return snapshot
        before, now = dict(kept["definition"]), dict(definition)
        differing = sorted(
            name
            for name in before.keys() | now.keys()
            if name != GROWS and before.get(name) != now.get(name)
        )
        if differing:
            raise LedgerError(
                f"{self.folder}: this sweep began with other {', '.join(differing)}: give the new "
                "one another name, or begin anew with --restart"
            )
        return Snapshot(kept["snapshot"]["baseline"], kept["snapshot"]["commit"])

    def begun(self) -> dict[str, Any] | None:
        """What `begin` wrote; None where nothing has begun."""
        path = self.folder / SWEEP
        if not path.is_file():
            return None
        kept = self._read(path)
        if not isinstance(kept, dict) or not {"definition", "snapshot"} <= kept.keys():
            raise LedgerError(f"{path} is no sweep of this version: begin anew with --restart")
        return kept

    def experiments(self) -> list[Experiment]:
        """Every experiment that was asked for, by number."""
        found = []
        for path in sorted(self.folder.glob(f"[0-9]*/{EXPERIMENT}")):
            plain = self._read(path)
            try:
                found.append(Experiment.of(plain))
            except ValueError as error:
                raise LedgerError(f"{path} {error}: delete it, and it is run again") from error
        return found

    def save(self, experiment: Experiment) -> None:
        """Write down what is known of an experiment, whole or not at all."""
        write_json(self.of(experiment.number) / EXPERIMENT, experiment.plain())

    def forget(self) -> None:
        """Remove everything of the sweep but its lock."""
        for path in self.folder.glob("*"):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the folder against a second process; raises LedgerError where one holds it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(self.folder / ".lock", os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(lock)
            raise LedgerError(
                f"{self.folder}: another process is at this sweep: wait until it ends, or end it"
            ) from error
        try:
            yield
        finally:
            os.close(lock)

    @staticmethod
    def _read(path: Path) -> Any:
        try:
            return read_json(path)
        except ReadingError as error:
            raise LedgerError(f"{error}: delete it, and it is run again") from error
