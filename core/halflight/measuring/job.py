"""A job: one command's images measured into one table, resumed where it was stopped."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import pandas as pd

from halflight import images, models, results
from halflight.images.parts import split_part
from halflight.judged import Judged, judged
from halflight.measurer import Measurer
from halflight.measuring.bands import bands_identity, check_model, targets_of_bands
from halflight.measuring.run import measure_targets, whole_or_text
from halflight.measuring.targets import (
    Targets,
    image_identity,
    targets_of_image,
    targets_of_stamps,
)
from halflight.reading import name_of
from halflight.results import Results, Run
from halflight.results.kept import KeptRows, file_hash, kept_rows
from halflight.results.provenance import now
from halflight.results.schema import columns_asked_for
from halflight.text import printable

Settings = images.Options | Mapping[str, images.Options]
"""What is said of an image, or of each band's."""


@dataclass
class Job:
    """What `halflight measure` was asked for.

    Attributes:
        paths: of FITS images, or one folder of stamps.
        output: the table.
        catalogue, psf, model, tier, reference, extinction, decisive: as of `halflight.measure`.
        bands: of one field, that the images are, in the order of `paths`; none: each image is a
            field of its own.
        options: of `images.Options`; with bands, a value may be a mapping by band.
        append: whether rows follow those of the table that is there.
        restart: whether rows that an unfinished run has kept are measured again.
        classical, flag_names: whether those columns are asked for.
        processes: that fit at the same time. backend: of the network.
        command: for the provenance.
        say: what is told on the way, a line each.
        progress: whether a bar is shown.
    """

    paths: Sequence[str]
    output: Path
    catalogue: str | None = None
    psf: str | Mapping[str, str] | None = None
    model: str | None = None
    tier: str | None = None
    bands: Sequence[str] = ()
    reference: str | None = None
    extinction: Mapping[str, Any] | None = None
    decisive: float | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    append: bool = False
    restart: bool = False
    classical: bool = False
    flag_names: bool = False
    processes: int = 1
    backend: str = "cpu"
    command: str = "halflight measure"
    say: Callable[[str], None] = lambda _: None
    progress: bool = False

    def run(self) -> Results:
        """Measure, and write the table, whole or not at all; the rows of this job alone.

        Raises:
            ValueError, OSError, RuntimeError: one line that says what is wrong, and where.
        """
        self._check_output()
        settings = self._settings()
        before = self._before()
        folder = models.find(self.model)
        loaded = Measurer.load(folder, backend=self.backend)
        measurer = judged(loaded.deciding(self.decisive), folder)
        if self.bands:
            check_model(measurer, self.bands, folder.name)
        self._probability, tier = measurer.probability, self.tier or measurer.tier
        model = {"model": file_hash(folder), "tier": tier, "classical": str(self.classical)}
        model |= {"decisive": str(self.decisive)} if self.decisive else {}
        made: list[Results] = []
        self._targets: list[Targets] = []
        with ExitStack() as stack:
            # Images of several bands are one field, of which the first stands for all.
            for number, image in enumerate(self.paths[:1] if self.bands else self.paths):
                identity = self._identity(image, settings) | model
                inputs = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()
                self._refuse_twice(before, inputs, image)
                kept = stack.enter_context(
                    kept_rows(self.output, identity, number=number, restart=self.restart)
                )
                targets = self._open(image, settings, identity, measurer)
                self._check_goes_on(before, targets)
                self._tell(targets, f"{folder.name}, {tier}", kept)
                run = Run(
                    targets.image,
                    targets.catalogue,
                    targets.psf,
                    folder.name,
                    model["model"],
                    tier,
                    printable(self.command),
                    now(),
                    inputs,
                )
                made.append(self._measured(targets, measurer, kept, run))
                self._targets.append(targets)
            whole = made[0]
            for part in made[1:]:
                whole = whole.followed_by(part)
            results.write(self.output, whole if before is None else before.followed_by(whole))
        self._parts = made
        return whole

    def write_page(self, path: Path) -> None:
        """Write the page of what `run` has measured."""
        from halflight.measuring.looking import examples_of, overview_of
        from halflight.report.measured import write_page

        whole, first, examples, overviews = self._parts[0], 0, [], []
        for part in self._parts[1:]:
            whole = whole.followed_by(part)
        for number, (targets, part) in enumerate(zip(self._targets, self._parts, strict=True)):
            examples += examples_of(targets, part.rows, first)
            first += len(part.rows)
            if targets.field is not None:
                overviews.append(overview_of(targets.field, number))
        notes = [note for targets in self._targets for note in targets.notes]
        write_page(path, whole, overviews=overviews, examples=examples, notes=notes)

    def _check_output(self) -> None:
        """Refuse a table in the place of a folder, or of what it is measured from."""
        if self.output.is_dir():
            raise ValueError(f"{name_of(self.output)} is a folder: give another name for the table")
        named = [self.psf, *self.options.values()]
        values = [each.values() if isinstance(each, Mapping) else [each] for each in named]
        given = [*self.paths, self.catalogue, *chain.from_iterable(values)]
        for path in (
            split_part(each)[0] for each in given if isinstance(each, str | Path) and each
        ):
            if self.output.exists() and path.exists() and path.samefile(self.output):
                raise ValueError(
                    f"{name_of(self.output)} is what is measured: give another name for the table"
                )

    def _check_goes_on(self, before: Results | None, targets: Targets) -> None:
        """Refuse to append what does not fit, before it is measured."""
        if before is not None:
            columns = columns_asked_for(
                classical=self.classical,
                flag_names=self.flag_names,
                probability=self._probability,
            )
            try:
                before.check_goes_on(columns, pd.Series(whole_or_text(targets.sources["id"])))
            except ValueError as error:
                raise ValueError(
                    f"{name_of(self.output)} cannot be appended to: {error}"
                ) from error

    def _before(self) -> Results | None:
        """The table whose rows come first, where rows are to follow them."""
        return results.read(self.output) if self.append and self.output.exists() else None

    def _settings(self) -> Settings:
        """What is said of the images, by band where they are the bands of a field.

        Raises ImageError for bands that are not the images', or values by band of no band.
        """
        if not self.bands:
            for name in ("reference", "extinction"):
                if getattr(self, name) is not None:
                    raise images.ImageError(f"--{name} is of the bands of a field: give --bands")
            return images.Options(**self.options)
        images.check_names(self.bands)
        if folders := [path for path in self.paths if Path(path).is_dir()]:
            raise images.ImageError(
                f"{name_of(folders[0])} is a folder of stamps, which say their bands themselves: "
                "leave out --bands"
            )
        if len(self.bands) != len(self.paths):
            raise images.ImageError(
                f"--bands names {len(self.bands)} bands ({', '.join(self.bands)}) of "
                f"{len(self.paths)} images: each image is one band"
            )
        twice = [path for path in self.paths if list(self.paths).count(path) > 1]
        if twice and not {"hdu", "plane"} & set(self.options):
            raise images.ImageError(
                f"{name_of(twice[0])} is given for two bands: each is an image of its own, or, by "
                "--hdu or --plane, a part of its own"
            )
        return images.options_by_band(self.options, self.bands)

    def _identity(self, image: str, settings: Settings) -> dict[str, str]:
        if not isinstance(settings, images.Options):
            return bands_identity(
                self._by_band(),
                self.catalogue,
                self.psf,
                settings,
                reference=self.reference,
                extinction=self.extinction,
            )
        if Path(image).is_dir():
            return {"image": file_hash(Path(image) / "stamps.json")}
        return image_identity(image, self.catalogue, self.psf, settings)

    def _open(
        self,
        image: str,
        settings: Settings,
        identity: Mapping[str, str],
        measurer: Measurer | Judged,
    ) -> Targets:
        name = name_of(Path(self.catalogue).name) if self.catalogue else ""
        if not isinstance(settings, images.Options):
            return targets_of_bands(
                {b: images.open_field(path, settings[b]) for b, path in self._by_band().items()},
                self.catalogue,
                self.psf,
                settings,
                measurer,
                reference=self.reference,
                extinction=self.extinction,
                catalogue_name=name,
                identity=identity,
            )
        if Path(image).is_dir():
            if self.catalogue is not None or self.psf is not None or self.options:
                raise ValueError(
                    f"{name_of(image)} is a folder of stamps, which have their own sources, noise "
                    "and PSFs: leave out --catalogue, --psf and what describes an image"
                )
            return targets_of_stamps(Path(image))
        opened = images.open_field(image, settings)
        return targets_of_image(
            opened,
            self.catalogue,
            self.psf,
            settings,
            catalogue_name=name,
            identity=identity,
        )

    def _by_band(self) -> dict[str, str]:
        return dict(zip(self.bands, self.paths, strict=True))

    def _refuse_twice(self, before: Results | None, inputs: str, image: str) -> None:
        """A run that was stopped between its table and its tidying must not append again."""
        if before is not None and any(run.get("inputs_sha256") == inputs for run in before.runs):
            raise ValueError(
                f"{name_of(self.output)} has the rows of {name_of(image)} already, measured from "
                "the same inputs: leave out --append to replace the table"
            )

    def _tell(self, targets: Targets, model: str, kept: KeptRows) -> None:
        count, done = len(targets.sources), len(kept.done())
        sources = f"{count} sources ({targets.catalogue})"
        rest = f", {done} of them measured before" if done else ""
        self.say(
            f"{targets.image}: {sources}{rest}; PSF {targets.psf}; model {model}; "
            f"{self.processes} processes"
        )
        for note in targets.notes:
            self.say(f"  {note}")

    def _measured(
        self, targets: Targets, measurer: Measurer | Judged, kept: KeptRows, run: Run
    ) -> Results:
        try:
            return measure_targets(
                targets,
                measurer,
                kept,
                run,
                processes=self.processes,
                classical=self.classical,
                flag_names=self.flag_names,
                probability=measurer.probability,
                progress=self.progress,
            )
        except KeyboardInterrupt:
            done, count = len(kept.done()), len(targets.sources)
            if done:
                self.say(f"{done} of {count} rows are kept: the same command goes on from there")
            raise
