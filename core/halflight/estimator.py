"""Estimator: a trained network with all that its measurements depend on, as one folder.

A folder holds `estimator.json` (task, instrument, preparation, training range, provenance, licence)
and `network/`, which `halflight.nn.load_model` reads.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tqdm import tqdm

from halflight import __version__, files, inputs, nn, tasks
from halflight.instrument import Instrument
from halflight.prepare import ORIENTATIONS, Preparation, Prepared, extinction_of, preparation_from
from halflight.quality import FLAGS, pixel_flags, psf_flags, source_flags
from halflight.store import Stamps
from halflight.text import shown

DESCRIPTION = "estimator.json"
NETWORK = "network"
HEAD = "head"  # the name of a network's last layer
FORMAT = 2
LICENCE = "BSD-3-Clause"
KEYS = {
    *("format", "task", "instrument", "preparation", "orientations", "dof", "training_range"),
    *("provenance", "licence"),
}
CHUNK = 256  # stamps measured at a time


@dataclass(frozen=True)
class Estimator:
    """A trained network that measures stamps.

    Attributes:
        network: takes what `preparation` makes; its answers are `task`'s to read, in units of the
            pixel and of its noise.
        task: what is measured.
        instrument: of the stamps that it was trained on. It measures any other's of as many bands.
        preparation: what is done to a stamp first.
        training_range: least and largest PSF half-light radius ("psf_half_light_radius", pixels)
            and answer of each quantity (by its name) of the training split.
        dof: degrees of freedom of each quantity's error, by name; of none: Gaussian.
        orientations: of each stamp that are measured and averaged, 1 to 8; a classification's 1 to
            64, see `halflight.prepare.view`.
        provenance: how it was made, in plain values.
        licence: SPDX identifier.
    """

    network: nn.Model
    task: tasks.Task
    instrument: Instrument
    preparation: Preparation
    training_range: Mapping[str, tuple[float, float]]
    dof: Mapping[str, float] = field(default_factory=dict)
    orientations: int = ORIENTATIONS
    provenance: Mapping[str, Any] = field(default_factory=dict)
    licence: str = LICENCE

    def __post_init__(self) -> None:
        """Refuse parts that do not belong together.

        Raises:
            ValueError: the network's inputs or outputs are not those of the task, or the number of
                orientations is none.
        """
        bands, p = len(self.instrument.bands), self.preparation
        shapes = {
            "image": (p.stamp_size, p.stamp_size, bands),
            "psf": (p.psf_size, p.psf_size, bands),
        }
        expected = {name: shapes[name] for name in self.task.inputs}
        received = dict(zip(self.network.input_names, self.network.input_shapes, strict=True))
        if received != expected:
            raise ValueError(
                f"task {self.task.name} on stamps of {self.instrument.name} needs a network of the "
                f"inputs {expected}, received one of {received}"
            )
        outputs = self.task.outputs
        if self.network.output_shapes != [(outputs,)]:
            raise ValueError(
                f"task {self.task.name} needs a network of {outputs} outputs, received "
                f"{self.network.output_shapes}"
            )
        if self.orientations not in range(1, self.task.views + 1):
            raise ValueError(
                f"orientations must be 1 to {self.task.views}: {shown(self.orientations)}"
            )

    def measure(
        self,
        image: NDArray[np.floating],
        sigma: NDArray[np.floating],
        psf: NDArray[np.floating],
        *,
        instrument: Instrument | None = None,
        extinction: NDArray[np.floating] | None = None,
    ) -> pd.DataFrame:
        """Measure stamps, one row each, in order.

        Args:
            image, sigma: (n, S, S, bands) sky-subtracted pixels and their noise, in the
                instrument's unit, any byte order; NaN, an infinite sigma or a mask marks a bad
                pixel. The object lies at the stamp's centre. (n, S, S) will do for one band.
            psf: (n, P, P, bands), P odd, each centred on its middle pixel, with the sum 1.
            instrument: of these stamps; None: the one of the training. Where bands are told apart
                by name (`Preparation.by_band`) it may have some of them alone, in any order.
            extinction: (n, bands) magnitudes of Galactic dust, where the preparation asks for it.

        Returns:
            The columns of `Task.measured`, then `bad_fraction` and `flags` (see
            `halflight.quality.FLAGS`). A stamp that cannot be measured is a row of NaN.

        Raises:
            ValueError: an instrument of other bands or PSFs, or shapes that do not fit, named.
        """
        camera = self.instrument if instrument is None else instrument
        stamps = inputs.fitted(
            image,
            sigma,
            psf,
            extinction,
            camera,
            like=self.instrument,
            preparation=self.preparation,
        )
        parts = [
            self._measure(camera, *(array[i : i + CHUNK] for array in stamps))
            for i in range(0, len(image), CHUNK)
        ]
        return pd.concat(parts, ignore_index=True) if parts else self._measured_nothing()

    def measure_stamps(
        self, stamps: Stamps, rows: NDArray[np.integer] | None = None
    ) -> pd.DataFrame:
        """`measure` of stamps on disk, a chunk at a time, in the order of `rows` (None: all)."""
        chosen = np.arange(len(stamps)) if rows is None else rows
        chunks = np.split(chosen, range(CHUNK, len(chosen), CHUNK))
        parts = []
        with tqdm(total=len(chosen), desc="measure", unit=" stamps", disable=None) as bar:
            for chunk in chunks:
                arrays = (stamps[name][chunk] for name in ("image", "sigma", "psf"))
                camera = stamps.instrument
                dust = extinction_of(stamps.table.take(chunk), camera.bands)
                parts.append(self.measure(*arrays, instrument=camera, extinction=dust))
                bar.update(len(chunk))
        return pd.concat(parts, ignore_index=True)

    def predict(self, prepared: Mapping[str, NDArray[np.float32]]) -> tasks.Answers:
        """What the network answers of prepared stamps: see `Task.decode`."""
        numbers = range(self.orientations)
        seen = [self.network.predict(inputs.viewed(prepared, k), CHUNK) for k in numbers]
        return self.task.decode(np.stack(seen, axis=1))

    def calibrated(self, answers: tasks.Answers, labels: tasks.Values) -> Self:
        """The same estimator with answers that are honest of objects that it did not learn from.

        See `Task.calibrated`: the saved network carries it.
        """
        weights = self.network.get_weights()
        head = {name: weights[f"{HEAD}/{name}"] for name in ("kernel", "bias")}
        changed, dof = self.task.calibrated(head, answers, labels)
        self.network.set_weights(weights | {f"{HEAD}/{name}": w for name, w in changed.items()})
        return replace(self, dof=dof)

    def with_provenance(self, **entries: Any) -> Self:
        """The same estimator, with these entries in its provenance."""
        return replace(self, provenance={**self.provenance, **entries})

    def describe(self) -> dict[str, Any]:
        """All but the network, in plain values."""
        return {
            "format": FORMAT,
            "task": self.task.describe(),
            "instrument": self.instrument.to_dict(),
            "preparation": self.preparation.to_dict(),
            "orientations": self.orientations,
            "dof": {name: dof for name, dof in self.dof.items() if math.isfinite(dof)},
            "training_range": {name: list(pair) for name, pair in self.training_range.items()},
            "provenance": {"halflight": __version__, **self.provenance},
            "licence": self.licence,
        }

    def save(self, folder: Path) -> None:
        """Write the folder, whole or not at all; an old one is replaced."""
        with files.whole_folder(Path(folder)) as partial:
            self.write(partial)

    def write(self, folder: Path) -> None:
        """Write the files of a folder that somebody else makes whole."""
        self.network.save(folder / NETWORK)
        files.write_json(folder / DESCRIPTION, self.describe())

    @classmethod
    def load(cls, folder: Path | str, *, backend: str = "cpu") -> Self:
        """Read a folder that `save` wrote.

        Raises:
            FileNotFoundError: there is no estimator.
            ValueError: a file is damaged or of another version; the message names it.
        """
        file = Path(folder) / DESCRIPTION
        if not file.is_file():
            raise FileNotFoundError(f"no estimator at {folder} ({DESCRIPTION} is missing)")
        description = files.read_json(file)
        if not isinstance(description, dict) or set(description) != KEYS:
            raise ValueError(f"{file} needs exactly the keys {sorted(KEYS)}")
        if description["format"] != FORMAT:
            raise ValueError(
                f"{file} has format {shown(description['format'])}, this version of halflight "
                f"reads {FORMAT}: train it again, or use the version that wrote it"
            )
        try:
            task = tasks.get(description["task"]["name"]).restored(description["task"])
            return cls(
                nn.load_model(Path(folder) / NETWORK, backend=backend),
                task,
                Instrument.from_dict(description["instrument"]),
                preparation_from(description["preparation"]),
                {
                    name: (float(low), float(high))
                    for name, (low, high) in description["training_range"].items()
                },
                {name: float(dof) for name, dof in description["dof"].items()},
                description["orientations"],
                dict(description["provenance"]),
                description["licence"],
            )
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ValueError(f"{file}: {error}") from error

    def _measure(
        self,
        instrument: Instrument,
        image: NDArray[Any],
        sigma: NDArray[Any],
        psf: NDArray[Any],
        extinction: NDArray[Any],
    ) -> pd.DataFrame:
        """Rows of one chunk of stamps."""
        points, there = inputs.usable_psfs(psf, every_band=not self.preparation.by_band)
        of_all = replace(instrument, bands=self.instrument.bands)
        prepared = self.preparation.apply(
            image, sigma, points, instrument=of_all, extinction=extinction
        )
        usable = there.any(axis=1) & (prepared.bad_fraction < 1)
        answers = self.predict(prepared.inputs)
        for answer in answers:
            answer[~usable] = np.nan
        offsets = self.task.offsets(instrument, prepared.noise[:, 0])
        table = self.task.measured(answers, offsets, self.dof)
        flags = np.where(usable, 0, FLAGS["not_measured"])
        bad = prepared.bad_fraction > self.preparation.max_bad_fraction
        flags |= np.where(bad, FLAGS["bad_pixels"], 0)
        flags |= np.where(usable, psf_flags(points, there) | pixel_flags(image, sigma), 0)
        if self.preparation.by_band:
            flags |= np.where(usable, source_flags(image, sigma), 0)
        for flag, doubtful in self._doubts(answers, points, there, prepared, extinction, table):
            flags |= np.where(usable & doubtful, FLAGS[flag], 0)
        return table.assign(bad_fraction=prepared.bad_fraction, flags=flags)

    def _doubts(
        self,
        answers: tasks.Answers,
        points: NDArray[np.float32],
        there: NDArray[np.bool_],
        prepared: Prepared,
        extinction: NDArray[Any],
        table: pd.DataFrame,
    ) -> Iterator[tuple[str, NDArray[np.bool_]]]:
        """Flags that say what an answer may not be trusted for, and of which stamps (n,)."""
        seeing = self.instrument.seeing
        sizes = inputs.psf_sizes(points[..., seeing], there[:, seeing])
        for flag, name, found in [
            ("psf_out_of_range", "psf_half_light_radius", sizes),
            *(("value_out_of_range", *each) for each in self.task.learnt(answers[0]).items()),
        ]:
            low, high = self.training_range.get(name, (-np.inf, np.inf))
            yield flag, (found < low) | (found > high)
        if self.preparation.by_band:
            yield "missing_band", np.asarray(prepared.missing.any(axis=1))
            unknown = np.isnan(extinction) & ~prepared.missing
            yield "no_extinction", np.asarray(unknown.any(axis=1))
        yield from self.task.doubts(table).items()

    def _measured_nothing(self) -> pd.DataFrame:
        nothing = self.task.decode(np.empty((0, 1, self.task.outputs)))
        table = self.task.measured(nothing, np.zeros((0, 1)), self.dof)
        return table.assign(bad_fraction=np.empty(0, np.float32), flags=np.empty(0, np.int64))
