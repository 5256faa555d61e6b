"""Estimator: a trained network with all that its measurements depend on, as one folder.

A folder holds `estimator.json` (task, instrument, preparation, training range, provenance, licence)
and `network/`, which `halflight.nn.load_model` reads.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tqdm import tqdm

from halflight import __version__, files, inputs, nn, tasks
from halflight.instrument import Instrument
from halflight.predictive import ONE_SIGMA, fitted_dof
from halflight.prepare import ORIENTATIONS, Preparation, orient
from halflight.quality import FLAGS, pixel_flags, psf_flags
from halflight.store import Stamps
from halflight.text import shown

DESCRIPTION = "estimator.json"
NETWORK = "network"
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
        orientations: of each stamp that are measured and averaged, 1 to 8.
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
        outputs = 2 * len(self.task.quantities)
        if self.network.output_shapes != [(outputs,)]:
            raise ValueError(
                f"task {self.task.name} needs a network of {outputs} outputs, received "
                f"{self.network.output_shapes}"
            )
        if self.orientations not in range(1, ORIENTATIONS + 1):
            raise ValueError(
                f"orientations must be 1 to {ORIENTATIONS}: {shown(self.orientations)}"
            )

    def measure(
        self,
        image: NDArray[np.floating],
        sigma: NDArray[np.floating],
        psf: NDArray[np.floating],
        *,
        instrument: Instrument | None = None,
    ) -> pd.DataFrame:
        """Measure stamps, one row each, in order.

        Args:
            image, sigma: (n, S, S, bands) sky-subtracted pixels and their noise, in the
                instrument's unit, any byte order; NaN, an infinite sigma or a mask marks a bad
                pixel. The object lies at the stamp's centre. (n, S, S) will do for one band.
            psf: (n, P, P, bands), P odd, each centred on its middle pixel, with the sum 1.
            instrument: of these stamps; None: the one of the training.

        Returns:
            The columns of `Task.table`, then `bad_fraction` and `flags` (see
            `halflight.quality.FLAGS`). A stamp that cannot be measured is a row of NaN.

        Raises:
            ValueError: an instrument of other bands or PSFs, or shapes that do not fit, named.
        """
        camera = self.instrument if instrument is None else instrument
        inputs.check_instrument(camera, like=self.instrument)
        bands = self.instrument.bands
        image, sigma, psf = (inputs.with_bands(array, bands) for array in (image, sigma, psf))
        inputs.check_shapes(image, sigma, psf, bands=bands, preparation=self.preparation)
        parts = [
            self._measure(camera, *(array[i : i + CHUNK] for array in (image, sigma, psf)))
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
                parts.append(self.measure(*arrays, instrument=stamps.instrument))
                bar.update(len(chunk))
        return pd.concat(parts, ignore_index=True)

    def predict(self, prepared: Mapping[str, NDArray[np.float32]]) -> tuple[Any, Any]:
        """What the network answers of prepared stamps: values and sigmas, (n, quantities) float64.

        They are in units of the pixel and of its noise: see `Task.offsets`.
        """
        turned = [
            self.network.predict(
                {name: np.ascontiguousarray(orient(a, k)) for name, a in prepared.items()}, CHUNK
            )
            for k in range(self.orientations)
        ]
        return self.task.decode(np.stack(turned, axis=1))

    def recalibrated(self, residuals: NDArray[np.floating]) -> Self:
        """The same estimator with error bars that hold 68.27 and 95 % of these.

        residuals: (n, quantities), of objects that it did not learn from, over their sigmas. The
        factor of a sigma goes into the bias of the network's last layer, so that the saved network
        carries it: a variance scaling in the sense of Guo et al. 2017 (ICML, "temperature"), for a
        regression. The tails are told by `dof`.
        """
        scales = np.quantile(np.abs(residuals), ONE_SIGMA, axis=0)
        weights = self.network.get_weights()
        weights["head/bias"] = self.task.recalibrated(weights["head/bias"], list(scales))
        self.network.set_weights(weights)
        names = [quantity.name for quantity in self.task.quantities]
        tails = [fitted_dof(column) for column in residuals.T]
        return replace(self, dof=dict(zip(names, tails, strict=True)))

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
            task = tasks.get(description["task"]["name"])
            if description["task"] != task.describe():
                raise ValueError(f"it measures other quantities than task {task.name} does now")
            return cls(
                nn.load_model(Path(folder) / NETWORK, backend=backend),
                task,
                Instrument.from_dict(description["instrument"]),
                Preparation.from_dict(description["preparation"]),
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
    ) -> pd.DataFrame:
        """Rows of one chunk of stamps."""
        with np.errstate(over="ignore"):  # beyond float32 is infinite, and so no PSF
            points = np.ma.filled(psf, np.nan).astype(np.float32)
        light = points.sum(axis=(1, 2), dtype=np.float64)
        usable = np.isfinite(points).all(axis=(1, 2, 3)) & (light > 0).all(axis=1)
        points[~usable] = 0.0
        prepared = self.preparation.apply(image, sigma, points)
        answers, sigmas = self.predict(prepared.inputs)
        usable &= prepared.bad_fraction < 1
        answers[~usable], sigmas[~usable] = np.nan, np.nan
        values = answers + self.task.offsets(instrument, prepared.noise[:, 0])
        names = [quantity.name for quantity in self.task.quantities]
        dof = np.where(usable[:, np.newaxis], [self.dof.get(n, np.inf) for n in names], np.nan)
        flags = np.where(usable, 0, FLAGS["not_measured"])
        bad = prepared.bad_fraction > self.preparation.max_bad_fraction
        flags |= np.where(bad, FLAGS["bad_pixels"], 0)
        flags |= np.where(usable, psf_flags(points) | pixel_flags(image, sigma), 0)
        sizes = inputs.psf_sizes(points, usable)
        for flag, name, measured in [
            ("psf_out_of_range", "psf_half_light_radius", sizes),
            *(("value_out_of_range", name, answers[:, k]) for k, name in enumerate(names)),
        ]:
            low, high = self.training_range.get(name, (-np.inf, np.inf))
            outside = usable & ((measured < low) | (measured > high))
            flags |= np.where(outside, FLAGS[flag], 0)
        table = self.task.table(values, sigmas, dof)
        return table.assign(bad_fraction=prepared.bad_fraction, flags=flags)

    def _measured_nothing(self) -> pd.DataFrame:
        nothing = np.empty((0, len(self.task.quantities)))
        table = self.task.table(nothing, nothing, nothing)
        return table.assign(bad_fraction=np.empty(0, np.float32), flags=np.empty(0, np.int64))
