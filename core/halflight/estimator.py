"""Estimator: a trained network with all that its measurements depend on, as one folder.

A folder holds `estimator.json` (task, instrument, preparation, training range, provenance, licence)
and `network/`, which `halflight.nn.load_model` reads.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tqdm import tqdm

from halflight import __version__, files, nn, tasks
from halflight.instrument import Instrument
from halflight.prepare import ORIENTATIONS, Preparation, orient
from halflight.psf import psf_half_light_radius
from halflight.quality import FLAGS, pixel_flags, psf_flags
from halflight.store import Stamps
from halflight.text import shown

DESCRIPTION = "estimator.json"
NETWORK = "network"
FORMAT = 1
LICENCE = "BSD-3-Clause"
KEYS = {
    *("format", "task", "instrument", "preparation", "orientations", "training_range"),
    *("provenance", "licence"),
}
CHUNK = 256  # stamps measured at a time


@dataclass(frozen=True)
class Estimator:
    """A trained network that measures stamps.

    Attributes:
        network: takes what `preparation` makes; its answers are `task`'s to read.
        task: what is measured.
        instrument: of the stamps that it takes.
        preparation: what is done to a stamp first.
        training_range: least and largest value of columns of the training table, by name.
        orientations: of each stamp that are measured and averaged, 1 to 8.
        provenance: how it was made, in plain values.
        licence: SPDX identifier.
    """

    network: nn.Model
    task: tasks.Task
    instrument: Instrument
    preparation: Preparation
    training_range: Mapping[str, tuple[float, float]]
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
            instrument: of these stamps, where it is known: one that differs is refused.

        Returns:
            The columns of `Task.table`, then `bad_fraction` and `flags` (see
            `halflight.quality.FLAGS`). A stamp that cannot be measured is a row of NaN.

        Raises:
            ValueError: another instrument, or shapes that do not fit, named.
        """
        if instrument is not None and (difference := self.instrument.difference(instrument)):
            raise ValueError(
                f"this estimator measures stamps of {self.instrument.name}, these have {difference}"
            )
        image, sigma, psf = (self._with_bands(array) for array in (image, sigma, psf))
        self._check_shapes(image, sigma, psf)
        parts = [
            self._measure(*(array[i : i + CHUNK] for array in (image, sigma, psf)))
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

    def predict(self, inputs: Mapping[str, NDArray[np.float32]]) -> tuple[Any, Any]:
        """Values and sigmas, each (n, quantities) float64, of stamps that are prepared already."""
        turned = [
            self.network.predict(
                {name: np.ascontiguousarray(orient(a, k)) for name, a in inputs.items()}, CHUNK
            )
            for k in range(self.orientations)
        ]
        return self.task.decode(np.stack(turned, axis=1))

    def recalibrated(self, scales: NDArray[np.floating]) -> Self:
        """The same estimator with every error bar, one scale a quantity, that many times as wide.

        The factor goes into the bias of the network's last layer, so that the saved network carries
        it. A variance scaling in the sense of Guo et al. 2017 (ICML, "temperature"), for a
        regression.
        """
        weights = self.network.get_weights()
        weights["head/bias"] = self.task.recalibrated(weights["head/bias"], list(scales))
        self.network.set_weights(weights)
        return self

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
            "training_range": {name: list(pair) for name, pair in self.training_range.items()},
            "provenance": {"halflight": __version__, **self.provenance},
            "licence": self.licence,
        }

    def save(self, folder: Path) -> None:
        """Write the folder, whole or not at all; an old one is replaced."""
        with files.whole_folder(Path(folder)) as partial:
            self.network.save(partial / NETWORK)
            files.write_json(partial / DESCRIPTION, self.describe())

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
                description["orientations"],
                dict(description["provenance"]),
                description["licence"],
            )
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ValueError(f"{file}: {error}") from error

    def _measure(self, image: NDArray[Any], sigma: NDArray[Any], psf: NDArray[Any]) -> pd.DataFrame:
        """Rows of one chunk of stamps."""
        with np.errstate(over="ignore"):  # beyond float32 is infinite, and so no PSF
            points = np.ma.filled(psf, np.nan).astype(np.float32)
        light = points.sum(axis=(1, 2), dtype=np.float64)
        usable = np.isfinite(points).all(axis=(1, 2, 3)) & (light > 0).all(axis=1)
        points[~usable] = 0.0
        prepared = self.preparation.apply(image, sigma, points)
        values, sigmas = self.predict(prepared.inputs)
        usable &= prepared.bad_fraction < 1
        values[~usable], sigmas[~usable] = np.nan, np.nan
        table = self.task.table(values, sigmas)
        flags = np.where(usable, 0, FLAGS["not_measured"])
        bad = prepared.bad_fraction > self.preparation.max_bad_fraction
        flags |= np.where(bad, FLAGS["bad_pixels"], 0)
        flags |= np.where(usable, psf_flags(points) | pixel_flags(image, sigma), 0)
        sizes = self._psf_sizes(points, usable)
        for flag, column, measured in [
            ("psf_out_of_range", "psf_half_light_radius", sizes),
            *(
                ("value_out_of_range", quantity.column, quantity.physical(values[:, number]))
                for number, quantity in enumerate(self.task.quantities)
            ),
        ]:
            low, high = self.training_range.get(column, (-np.inf, np.inf))
            outside = usable & ((measured < low) | (measured > high))
            flags |= np.where(outside, FLAGS[flag], 0)
        return table.assign(bad_fraction=prepared.bad_fraction, flags=flags)

    def _psf_sizes(self, psf: NDArray[np.float32], usable: NDArray[np.bool_]) -> NDArray[Any]:
        """Half-light radius (arcsec) of each PSF's first band; NaN where there is none."""
        sizes = np.full(len(psf), np.nan)
        for row in np.flatnonzero(usable):
            try:
                sizes[row] = psf_half_light_radius(psf[row, ..., 0], self.instrument.pixel_scale)
            except ValueError:
                sizes[row] = np.inf  # no radius inside the stamp: as broad as none in training
        return sizes

    def _with_bands(self, array: NDArray[Any]) -> NDArray[Any]:
        """The stamps with an axis of bands, which those of a single band may lack."""
        single = len(self.instrument.bands) == 1 and array.ndim == 3
        return array[..., np.newaxis] if single else array

    def _check_shapes(self, image: NDArray[Any], sigma: NDArray[Any], psf: NDArray[Any]) -> None:
        bands, p = len(self.instrument.bands), self.preparation
        for name, array, size, parity in (
            ("image", image, p.stamp_size, "even"),
            ("sigma", sigma, p.stamp_size, "even"),
            ("psf", psf, p.psf_size, "odd"),
        ):
            side = array.shape[1] if array.ndim == 4 else 0
            fits = array.ndim == 4 and array.shape[1:] == (side, side, bands)
            if not fits or side < size or (side - size) % 2 or len(array) != len(image):
                raise ValueError(
                    f"{name} must be ({len(image)}, side, side, {bands}) with an {parity} side of "
                    f"at least {size} pixels, a band each of {', '.join(self.instrument.bands)}; "
                    f"received {array.shape}"
                )

    def _measured_nothing(self) -> pd.DataFrame:
        nothing = np.empty((0, len(self.task.quantities)))
        table = self.task.table(nothing, nothing)
        return table.assign(bad_fraction=np.empty(0, np.float32), flags=np.empty(0, np.int64))
