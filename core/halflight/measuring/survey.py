"""A survey: many images and one catalogue, measured HEALPix pixel by pixel, into a HATS catalogue.

Each source is measured once, on the image in which it lies farthest from an edge. A pixel's sources
on one image are a part: measured by a worker, from a catalogue of its own, into a table of its own,
which stays until all is done. So a run that is stopped goes on by parts, and one part can be run
alone, here.
"""

import hashlib
import json
import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from halflight import files, healpix, images, models, results
from halflight.measuring.job import Job
from halflight.measuring.targets import image_identity
from halflight.results.kept import file_hash
from halflight.workers import in_order

HIGHEST_ORDER = 10
"""Of partitions, 12 arcmin2 each: the import counts the sources of every pixel of the sky."""
TABLE, CATALOGUE = "radii.parquet", "hats"
_SOURCES, _RADII = "sources", "radii"


class Part(NamedTuple):
    """The sources of a pixel on one image, by where their catalogue and their table are."""

    pixel: int
    image: str
    sources: Path
    radii: Path


@dataclass
class Survey:
    """What `halflight survey` was asked for.

    Attributes:
        job: what is measured, and how, with the folder to write as its output.
        order: of the HEALPix pixels (nested): 5 is 3.4 square degrees each.
        partition: a pixel to measure alone, whose table is all that is written; None: all of them.
        say: what is told on the way, a line each.
    """

    job: Job
    order: int = 5
    partition: int | None = None
    say: Callable[[str], None] = lambda _: None

    def run(self) -> int:
        """Measure; return how many sources.

        Writes the folder, whole or not at all, with one table, radii.parquet, and the catalogue
        hats, which LSDB opens; of a partition alone, FOLDER-PIXEL.parquet beside it.

        Raises:
            ValueError, OSError, RuntimeError: one line that says what is wrong, and where.
        """
        job, output = self.job, self.job.output
        if job.catalogue is None:
            raise ValueError("a survey needs a catalogue with RA and Dec of its sources")
        if not 0 <= self.order <= HIGHEST_ORDER:
            raise ValueError(f"order must be 0 to {HIGHEST_ORDER}, received {self.order}")
        if self.partition is None and output.exists():
            raise ValueError(f"{output} is there already: give another name, or remove it")
        work = self._folder()
        parts = self._parts(work)
        if self.partition is not None:
            parts = [part for part in parts if part.pixel == self.partition]
            if not parts:
                raise ValueError(
                    f"no source on these images is in pixel {self.partition} of order {self.order}"
                )
        waiting = [part for part in parts if not part.radii.is_file()]
        self.say(f"{len(parts)} parts, {len(parts) - len(waiting)} of them measured before")
        measure = partial(measure_part, replace(job, say=_quiet, progress=False, processes=1))
        counts = in_order(measure, waiting, processes=job.processes, name=_name)
        with closing(counts):
            for part, count in zip(waiting, counts, strict=True):
                self.say(f"pixel {part.pixel}, {Path(part.image).name}: {count} sources")
        if self.partition is not None:
            alone = output.with_name(f"{output.name}-{self.partition}.parquet")
            return self._one_table(alone, parts)
        with files.whole_folder(output) as made:
            count = self._one_table(made / TABLE, parts)
            healpix.write_hats(made, CATALOGUE, [part.radii for part in parts], order=self.order)
        shutil.rmtree(work)
        return count

    def _one_table(self, path: Path, parts: list[Part]) -> int:
        [whole, *others] = [results.read(part.radii) for part in parts]
        for other in others:
            whole = whole.followed_by(other)
        results.write(path, whole)
        return len(whole.rows)

    def _folder(self) -> Path:
        """Where parts are kept: another one for other images, sources, models or options."""
        job, settings = self.job, images.Options(**self.job.options)
        known = [image_identity(path, job.catalogue, job.psf, settings) for path in job.paths]
        model = {"model": file_hash(models.find(job.model)), "tier": job.tier, "order": self.order}
        told = json.dumps([known, model, job.classical, job.flag_names], sort_keys=True)
        digest = hashlib.blake2b(told.encode(), digest_size=8).hexdigest()
        return self.job.output.resolve().with_name(f".{self.job.output.name}.{digest}")

    def _parts(self, work: Path) -> list[Part]:
        """All parts, by pixel and image; their catalogues are written where they are not there."""
        found = self._assigned()
        parts = []
        for key, sources in found.groupby(["pixel", "image"], sort=True):
            pixel, number = (int(each) for each in np.asarray(key))
            stem = f"{pixel}-{number:05d}.parquet"
            image = self.job.paths[number]
            part = Part(pixel, image, work / _SOURCES / stem, work / _RADII / stem)
            if not part.sources.is_file():
                files.write_parquet(part.sources, sources[["id", "ra", "dec"]])
            parts.append(part)
        return parts

    def _assigned(self) -> pd.DataFrame:
        """The sources that lie on an image: id, ra, dec, pixel, and the number of that image."""
        settings = images.Options(**self.job.options)
        best: pd.DataFrame | None = None
        for number, path in enumerate(self.job.paths):
            opened = images.open_field(path, settings)
            sources = images.read_sources(self.job.catalogue, opened, settings)
            rows, columns = opened.shape
            edges = [
                sources["x"],
                columns - 1 - sources["x"],
                sources["y"],
                rows - 1 - sources["y"],
            ]
            inside = (sources["status"] == "") & np.isfinite(sources["ra"])
            depth = np.where(inside, np.min(edges, axis=0), -np.inf)
            if best is None:
                best = sources[["id", "ra", "dec"]].assign(image=-1, depth=-np.inf)
            better = depth > best["depth"].to_numpy()
            best.loc[better, ["ra", "dec"]] = sources.loc[better, ["ra", "dec"]]
            best.loc[better, "image"], best.loc[better, "depth"] = number, depth[better]
        if best is None:
            raise ValueError("a survey needs one image or more")
        on_sky = best[best["image"] >= 0]
        self.say(
            f"{len(on_sky)} of {len(best)} sources lie on {on_sky['image'].nunique()} of "
            f"{len(self.job.paths)} images"
        )
        if not len(on_sky):
            raise ValueError("no source lies on an image with coordinates")
        return on_sky.assign(pixel=healpix.pixels(on_sky["ra"], on_sky["dec"], self.order))


def measure_part(job: Job, part: Part) -> int:
    """Measure one part as `halflight measure` does; return how many sources."""
    options = {name: value for name, value in job.options.items() if name not in _OF_A_CATALOGUE}
    part.radii.parent.mkdir(parents=True, exist_ok=True)
    own = replace(
        job, paths=[part.image], catalogue=str(part.sources), output=part.radii, options=options
    )
    return len(own.run().rows)


# Options that say how a given catalogue is read, of which a part's own has no need.
_OF_A_CATALOGUE = ("columns", "first_pixel", "positions")


def _quiet(_: str) -> None:
    """Say nothing."""


def _name(part: Part) -> str:
    return f"pixel {part.pixel} on {Path(part.image).name}"
