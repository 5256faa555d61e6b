"""Measurer: a trained network beside the scene fit, joined: what measures a stamp best."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from halflight import classical, tasks
from halflight.estimator import Estimator
from halflight.instrument import Instrument
from halflight.joint import COMBINATION, Joint
from halflight.store import Stamps
from halflight.text import shown

TIERS = ("fast", "best")
"""fast: the network alone, one pass. best: joined with the scene fit, slower by what that takes."""
CHUNK = 2048  # stamps read and fitted at a time: some 200 MB, and minutes of work for a pool


@dataclass(frozen=True)
class Measurer:
    """A trained network that measures stamps, with the scene fit where the two can be joined."""

    estimator: Estimator
    joint: Joint | None = None

    @property
    def tier(self) -> str:
        """The best that it has."""
        return "fast" if self.joint is None else "best"

    @property
    def probability(self) -> str | None:
        """The column of the probability that it gives; None where it measures quantities."""
        task = self.estimator.task
        return task.probability if isinstance(task, tasks.Classification) else None

    def measure(
        self,
        image: NDArray[Any],
        sigma: NDArray[Any],
        psf: NDArray[Any],
        *,
        instrument: Instrument | None = None,
        tier: str | None = None,
        processes: int = 1,
        extinction: NDArray[np.floating] | None = None,
    ) -> pd.DataFrame:
        """Measure stamps, one row each, in order; see `Estimator.measure` for the arguments.

        tier: one of TIERS; None: the best that there is. processes: of the scene fit.

        Returns the columns of `Estimator.measure`; in the tier best also those that the fit alone
        measures (`halflight.joint.FIT_ALONE`; the position angle in degrees from the stamp's +x
        towards +y), and `disagreement`, of network and fit in units of their errors.

        Raises:
            ValueError: as `Estimator.measure`, and for a tier that is none or is not there.
        """
        network = self.estimator.measure(
            image, sigma, psf, instrument=instrument, extinction=extinction
        )
        if self._chosen(tier) == "fast" or self.joint is None:
            return network
        camera = self.estimator.instrument if instrument is None else instrument
        fits = self._fits(self.joint, camera, image, sigma, psf, processes=processes)
        return self.joint.joined(tasks.measuring(self.estimator.task), network, fits)

    def measure_stamps(
        self,
        stamps: Stamps,
        rows: NDArray[np.integer] | None = None,
        *,
        tier: str | None = None,
        processes: int = 1,
    ) -> pd.DataFrame:
        """`measure` of stamps on disk, a chunk at a time, in the order of `rows` (None: all)."""
        if self._chosen(tier) == "fast":
            return self.estimator.measure_stamps(stamps, rows)
        chosen = np.arange(len(stamps)) if rows is None else rows
        parts = [
            self.measure(
                *(stamps[name][chunk] for name in ("image", "sigma", "psf")),
                instrument=stamps.instrument,
                tier=tier,
                processes=processes,
            )
            for chunk in np.split(chosen, range(CHUNK, len(chosen), CHUNK))
        ]
        return pd.concat(parts, ignore_index=True)

    @classmethod
    def load(cls, folder: Path | str, *, backend: str = "cpu") -> Self:
        """Read the folder of an estimator, and how it is joined with a fit, where that is there.

        Raises as `Estimator.load`.
        """
        return cls(Estimator.load(folder, backend=backend), Joint.load(Path(folder)))

    def deciding(self, decisive: float | None) -> Self:
        """The same with another least probability of a class; None: with its own.

        Raises as `halflight.tasks.Task.deciding`.
        """
        if decisive is None:
            return self
        task = self.estimator.task.deciding(decisive)
        return replace(self, estimator=replace(self.estimator, task=task))

    def _chosen(self, tier: str | None) -> str:
        if tier is not None and tier not in TIERS:
            raise ValueError(f"tier must be one of {', '.join(TIERS)}, received {shown(tier)}")
        if tier == "best" and self.joint is None:
            raise ValueError(
                f"the tier best needs {COMBINATION} beside the network, which is not there: "
                "use the tier fast, or the estimator of the stage combine"
            )
        return tier or self.tier

    def _fits(
        self, joint: Joint, instrument: Instrument, *stamps: NDArray[Any], processes: int
    ) -> pd.DataFrame:
        """The scene fit's measurements of the first band: its columns, one row a stamp."""
        image, sigma, psf = (
            np.ma.filled(a[..., 0] if a.ndim == 4 else a, np.nan).astype(np.float32) for a in stamps
        )
        scale, zero_point = instrument.pixel_scale, instrument.zero_point
        fits, _ = classical.fit_scenes(
            image,
            sigma,
            psf,
            beliefs=classical.Beliefs(joint.settings.scene, scale, zero_point),
            processes=processes,
            detection_threshold=joint.settings.detection_threshold,
        )
        return fits.add_prefix(f"{tasks.measuring(self.estimator.task).reference}_")
