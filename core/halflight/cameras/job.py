"""An adaptation: its four steps, each kept when it is done, and the folder that they end in."""

import hashlib
import json
import shutil
from collections.abc import Callable
from contextlib import closing
from copy import deepcopy
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from halflight import __version__, files, models, store, tasks
from halflight.cameras.camera import Camera
from halflight.cameras.card import card_of, conclusion
from halflight.cameras.learning import FIT, Rows, fine_tuned, labelled, splits_of, write_prepared
from halflight.cameras.population import GALAXIES
from halflight.cameras.proving import Scores, measured, scene_fits, scores
from halflight.cameras.stamps import simulate
from halflight.estimator import Estimator
from halflight.joint import COMBINATION, fitted_joint
from halflight.measurer import Measurer
from halflight.reading import name_of

LEAST_GALAXIES = 200  # a fifth of them tells how network and fit are joined


@dataclass(frozen=True)
class Adaptation:
    """What `halflight adapt` was asked for.

    Attributes:
        folder: to write. base: the model to begin with, and base_hash: of its folder.
        camera: that galaxies are simulated for.
        galaxies, epochs, seed, processes, command, say: as `halflight.adapt` has them.

    Raises ValueError for a model of another kind, too few galaxies, or no epoch.
    """

    folder: Path
    base: Measurer
    base_hash: str
    camera: Camera
    galaxies: int
    epochs: int
    seed: int
    processes: int
    command: str
    say: Callable[[str], None]

    def __post_init__(self) -> None:
        if self.galaxies < LEAST_GALAXIES:
            raise ValueError(f"galaxies must be {LEAST_GALAXIES} or more, received {self.galaxies}")
        if self.epochs < 1:
            raise ValueError(f"epochs must be 1 or more, received {self.epochs}")
        bands = self.base.estimator.instrument.bands
        if len(bands) != 1 or self.base.probability is not None:
            raise ValueError(
                "only a model of half-light radii in one band can be adapted, received one of task "
                f"{self.base.estimator.task.name} in {', '.join(bands)}"
            )

    @cached_property
    def task(self) -> tasks.Measurement:
        """What is measured."""
        return tasks.measuring(self.base.estimator.task)

    @cached_property
    def splits(self) -> dict[str, Rows]:
        """The galaxies to learn from, to calibrate on and to score with."""
        return splits_of(self.galaxies)

    @cached_property
    def work(self) -> Path:
        """Where what is done is kept: another folder for other inputs."""
        return self.folder.resolve().with_name(f".{self.folder.name}.{self._identity}")

    def run(self) -> models.Card:
        """Do what is not done yet, write the folder, whole or not at all, and return its card."""
        others = self.work.parent.glob(f".{self.folder.name}.{'?' * len(self._identity)}")
        for other in sorted(set(others) - {self.work}):
            self.say(f"  {name_of(other)} is of other inputs, and never ended: remove it")
        stamps = self._simulated()
        fits = self._fits(stamps)
        tuned = self._tuned(stamps)
        self.say("4 of 4: join and score")
        after, found = self._joined(tuned, stamps, fits)
        card = card_of(
            self.folder,
            self.base.estimator,
            self.camera,
            self.splits,
            found,
            command=self.command,
            made_from=self.base_hash,
        )
        with files.whole_folder(self.folder) as partial:
            after.estimator.write(partial)
            if after.joint is not None:
                files.write_json(partial / COMBINATION, after.joint.to_dict())
            files.write_json(partial / models.CARD, asdict(card))
        shutil.rmtree(self.work)
        self.say(conclusion(self.folder, found))
        return card

    @cached_property
    def _identity(self) -> str:
        """A hash of all that decides a byte of the result but its card."""
        camera, digest = self.camera, hashlib.blake2b(digest_size=8)
        plain = [self.base_hash, camera.instrument.to_dict(), camera.photons, self.galaxies]
        plain += [self.epochs, self.seed, __version__, FIT.model_dump(), GALAXIES.model_dump()]
        digest.update(json.dumps(plain, sort_keys=True).encode())
        for array in (camera.psfs, camera.noise, camera.binning):
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()

    def _simulated(self) -> store.Stamps:
        folder, size = self.work / "stamps", self.base.estimator.preparation.stamp_size
        self.say(f"1 of 4: simulate {self.galaxies} galaxies")
        if not folder.is_dir():
            blocks = simulate(
                self.camera, self.galaxies, seed=self.seed, size=size, processes=self.processes
            )
            camera = self.camera.instrument
            with (
                store.write_stamps(folder, instrument=camera, origin="simulated") as writer,
                closing(blocks),
                tqdm(total=self.galaxies, desc="simulate", unit=" stamps", disable=None) as bar,
            ):
                for table, image, sigma, psf in blocks:
                    writer.append(table, image=image, sigma=sigma, psf=psf)
                    bar.update(len(table))
        return store.read_stamps(folder)

    def _fits(self, stamps: store.Stamps) -> dict[str, pd.DataFrame]:
        """The scene fits to calibrate on and to score with; none where the network is alone."""
        if self.base.joint is None:
            self.say("2 of 4: nothing to fit: the model is a network alone")
            return {}
        settings, fits = self.base.joint.settings, {}
        for split in ("validation", "test"):
            path, rows = self.work / f"{split}.parquet", self.splits[split]
            self.say(f"2 of 4: fit {len(rows)} of them, for {split}")
            if not path.is_file():
                found = scene_fits(self.task, self.camera, stamps, rows, settings, self.processes)
                files.write_parquet(path, found)
            fits[split] = pd.read_parquet(path)
        return fits

    def _tuned(self, stamps: store.Stamps) -> Estimator:
        base, kept, prepared = self.base.estimator, self.work / "tuned", self.work / "prepared"
        self.say(f"3 of 4: fine-tune on {len(self.splits['train'])} of them")
        if not kept.is_dir():
            if not prepared.is_dir():
                write_prepared(stamps, base.preparation, prepared)
            data = labelled(self.task, self.camera, store.read_stamps(prepared), self.splits)
            tuned = fine_tuned(
                replace(base, network=deepcopy(base.network)),
                self.camera,
                data,
                epochs=self.epochs,
                seed=self.seed,
                checkpoints=self.work / "checkpoints",
                identity=self._identity,
            )
            before = base.provenance.get("trained_on", "unknown")
            tuned.with_provenance(
                trained_on=f"{before}, simulated for one camera", camera=self.camera.describe()
            ).save(kept)
        return Estimator.load(kept, backend=base.network.backend)

    def _joined(
        self, tuned: Estimator, stamps: store.Stamps, fits: dict[str, pd.DataFrame]
    ) -> tuple[Measurer, Scores]:
        """The tuned network, joined with the fit where the model was, and the scores of both."""
        learn, test = self.splits["validation"], self.splits["test"]
        joint = None
        if self.base.joint is not None:
            joint = fitted_joint(
                self.task,
                self.base.joint.settings,
                stamps.table.iloc[learn],
                fits["validation"],
                measured(tuned, self.camera, stamps, learn),
            )
        after = Measurer(tuned, joint)
        found: Scores = {}
        for start, each in (("", after), ("before_", self.base)):
            table = measured(each.estimator, self.camera, stamps, test)
            truths = stamps.table.iloc[test]
            found |= scores(self.task, table, truths, f"{start}network_")
            if each.joint is not None:
                table = each.joint.joined(self.task, table, fits["test"])
                found |= scores(self.task, table, truths, f"{start}combined_")
        return after, found
