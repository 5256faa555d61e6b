"""A synthetic sky in SDSS's own formats: the same catalogue and bytes for the same parameters."""

import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from tqdm import tqdm

from halflight.cache import FileCache
from halflight.instrument import BANDS
from halflight.sandbox.addresses import Address, read_address
from halflight.sandbox.catalogue import field_objects, field_row
from halflight.sandbox.frames import band_place, drawn_objects, frame_file, observe
from halflight.sandbox.layout import FieldKey, Strip, lay_out
from halflight.sandbox.measurements import Truth, true_shapes
from halflight.sandbox.observing import (
    FieldCalibration,
    FieldPsf,
    field_calibration,
    field_psf,
)
from halflight.sandbox.population import Source, draw_strip
from halflight.sandbox.psfield import psfield_file
from halflight.sandbox.rendering import Rendering
from halflight.sandbox.spectra import spectra
from halflight.sandbox.streams import Purpose, stream

if TYPE_CHECKING:
    from halflight.params.sandbox import Sandbox as Parameters


FIRST_PLATE = 5000  # a field has one of its own; beyond 8191 an identifier has 64 bits


class SyntheticSky:
    """A made-up sky that a `Sandbox` serves, of the parameters in params.yaml's section `sandbox`.

    Nothing is rendered before it is asked for, unless within `rendering`; what was rendered once is
    kept, compressed. Beside SDSS's tables, spectra among them, there is SyntheticTruth: objID,
    thingId, kind, is_star (1, 0), half_light_radius (arcsec, semi-major), axis_ratio,
    position_angle (degrees east of north), sersic_n (-9999 for bulge and disc), bulge_fraction,
    magnitude (r, total) and redshift of every catalogued object; what it has not is -9999.

    Args:
        parameters: that section of `halflight.params`, or anything with its attributes.
        folder: where files are kept as each is made, also for a later run; None keeps them in
            memory. It must belong to one `recipe`.
    """

    def __init__(self, parameters: "Parameters", folder: Path | None = None) -> None:
        self.parameters = parameters
        self.seed = parameters.seed
        self.bands: tuple[str, ...] = tuple(parameters.bands)
        self.strips = lay_out(parameters)
        self._strip_of = {key: strip for strip in self.strips for key in strip.keys}
        self._sources: dict[Strip, list[Source]] = {}
        self._files: dict[Address, bytes] = {}
        self._folder = None if folder is None else FileCache(folder)
        self._rendering: Rendering | None = None
        self._locks: dict[object, threading.Lock] = {}
        self._lock = threading.Lock()

    @property
    def description(self) -> str:
        """One line for people."""
        return f"synthetic sky, {len(self.fields)} fields, seed {self.seed}"

    @property
    def fields(self) -> list[FieldKey]:
        """All fields (run, camcol, field)."""
        return list(self._strip_of)

    def tables(self) -> Mapping[str, pd.DataFrame]:
        """PhotoObjAll, Field and SpecObjAll as SkyServer has them, and SyntheticTruth."""
        return self._tables

    @cached_property
    def _tables(self) -> Mapping[str, pd.DataFrame]:
        objects, truths, rows, spectroscopy = [], [], [], []
        for strip in self.strips:
            truth = true_shapes(self.sources(strip))
            for key in strip.keys:
                table, true, row = self._field_tables(strip, key, truth)
                objects.append(table)
                truths.append(true)
                rows.append(row)
                spectroscopy.append(self._spectra(strip, key, table, true))
        return {
            "PhotoObjAll": pd.concat(objects, ignore_index=True),
            "Field": pd.DataFrame(rows),
            "SpecObjAll": pd.concat(spectroscopy, ignore_index=True),
            "SyntheticTruth": pd.concat(truths, ignore_index=True),
        }

    def _spectra(
        self, strip: Strip, key: FieldKey, objects: pd.DataFrame, truth: pd.DataFrame
    ) -> pd.DataFrame:
        number = self.fields.index(key)
        rng = stream(self.seed, Purpose.SPECTRA, strip.number, key.field - strip.first_field)
        return spectra(objects, truth, self.parameters.spectra, rng, plate=FIRST_PLATE + number)

    def _field_tables(
        self, strip: Strip, key: FieldKey, truth: Truth
    ) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, object]]:
        rng = stream(self.seed, Purpose.CATALOGUE, *band_place(strip, key, "r"))
        psfs, calibrations = self.psfs(key), self.calibrations(key)
        low, high = self.parameters.catalogue.score_range
        score = rng.uniform(low, high)
        objects, true = field_objects(
            strip,
            key,
            truth,
            psfs=psfs,
            calibrations=calibrations,
            bands=self.bands,
            catalogue=self.parameters.catalogue,
            score=score,
            rng=rng,
        )
        row = field_row(
            strip, key, psfs=psfs, calibrations=calibrations, objects=objects, score=score
        )
        return objects, true, row

    def sources(self, strip: Strip) -> list[Source]:
        """The true objects of a strip."""
        with self._lock_of(strip):
            if strip not in self._sources:
                self._sources[strip] = draw_strip(strip, seed=self.seed, sky=self.parameters)
            return self._sources[strip]

    def psfs(self, key: FieldKey) -> dict[str, FieldPsf]:
        """The PSF over a field, by band."""
        strip = self._strip_of[key]
        return {
            b: field_psf(key, strip, b, seed=self.seed, seeing=self.parameters.seeing)
            for b in BANDS
        }

    def calibrations(self, key: FieldKey) -> dict[str, FieldCalibration]:
        """The calibration of a field, by band."""
        strip, camera = self._strip_of[key], self.parameters.camera
        return {b: field_calibration(key, strip, b, seed=self.seed, camera=camera) for b in BANDS}

    def file(self, path: str) -> bytes | None:
        """The bytes of a frame or psField; None for any other path or a field outside this sky."""
        address = read_address(path)
        if address is None or address not in self._addresses:
            return None
        if self._rendering is not None and not self._rendering.wait(address):
            return None
        with self._lock_of(address):
            content = self._find(address)
            if content is None:
                content = self.make(address)
                self._keep(address, content)
            return content

    @contextmanager
    def rendering(self, processes: int, bands: Sequence[str] | None = None) -> Iterator[None]:
        """Make the files of these bands (all) while the block runs, in that many processes.

        Each can be had as soon as it is ready; the bytes are the same as without.

        Raises:
            ValueError: processes is below 1.
            WorkerError: at the end of the block: a process died.
        """
        asked = [a for a in self._addresses if bands is None or a.band in (None, *bands)]
        missing = [address for address in asked if self._find(address) is None]
        make = self.make if processes == 1 else partial(_make, self.parameters)
        print(
            f"synthetic sky: rendering {len(missing)} of {len(asked)} files",
            file=sys.stderr,
        )
        with tqdm(total=len(missing), desc="synthetic sky", disable=None) as bar:

            def keep(address: Address, content: bytes) -> None:
                self._keep(address, content)
                bar.update()

            self._rendering = Rendering(
                missing, make, keep, processes=processes, name=lambda address: address.path
            )
            with closing(self._rendering):
                yield

    def _find(self, address: Address) -> bytes | None:
        if self._folder is not None:
            return self._folder.find(address.path)
        return self._files.get(address)

    def _keep(self, address: Address, content: bytes) -> None:
        if self._folder is not None:
            self._folder.store(address.path, content)
        else:
            self._files[address] = content

    @cached_property
    def _addresses(self) -> dict[Address, None]:
        """All files of this sky, field by field (a dictionary for quick look-up)."""
        kinds = (*self.bands, None)
        return dict.fromkeys(Address(key, band) for key in sorted(self.fields) for band in kinds)

    def make(self, address: Address) -> bytes:
        """The bytes of one file of this sky, made anew."""
        if address.band is None:
            return self._psfield(address.key)
        return self._frame(address.key, address.band)

    def _psfield(self, key: FieldKey) -> bytes:
        strip = self._strip_of[key]
        low, high = self.parameters.psf_sum_range
        sums = {
            band: stream(self.seed, Purpose.PSF_SUM, *band_place(strip, key, band)).uniform(
                low, high
            )
            for band in BANDS
        }
        calibrations = self.calibrations(key)
        return psfield_file(key, psfs=self.psfs(key), calibrations=calibrations, raw_sums=sums)

    def _frame(self, key: FieldKey, band: str) -> bytes:
        strip = self._strip_of[key]
        calibration = self.calibrations(key)[band]
        image = observe(
            drawn_objects(strip, key, self.sources(strip), band),
            band_place(strip, key, band),
            seed=self.seed,
            psf=self.psfs(key)[band],
            calibration=calibration,
            residual=self.parameters.residual,
            defects=self.parameters.defects,
            bright=self.parameters.bright,
        )
        return frame_file(image, strip, key, band, calibration)

    def _lock_of(self, what: object) -> threading.Lock:
        """The lock of one file or strip, so that two requests do not do the same work."""
        with self._lock:
            return self._locks.setdefault(what, threading.Lock())


def _make(parameters: "Parameters", address: Address) -> bytes:
    """One file, in a process of its own."""
    return SyntheticSky(parameters).make(address)
