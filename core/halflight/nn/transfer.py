"""Transfer: weights that two models share by name and shape, and a report of what was loaded."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from halflight.nn.weights import WeightsError, read_matching


@dataclass(frozen=True)
class LoadReport:
    """What `load_weights` did: full names of weights, `layer/weight`."""

    loaded: tuple[str, ...]
    missing: tuple[str, ...] = ()
    """Weights of the model that the file lacks; they stayed as they were."""
    unexpected: tuple[str, ...] = ()
    """Weights of the file that the model lacks."""
    mismatched: tuple[str, ...] = ()
    """Weights of both, in different shapes; they stayed as they were."""

    def __str__(self) -> str:
        """Say it in a line each."""
        lines = [f"loaded {len(self.loaded)} weights"]
        for what, names in (
            ("not in the file, left as they were", self.missing),
            ("of another shape in the file, left as they were", self.mismatched),
            ("in the file alone, not loaded", self.unexpected),
        ):
            if names:
                lines.append(f"{len(names)} {what}: {', '.join(names)}")
        return "\n".join(lines)


def read_shared(
    path: str | os.PathLike[str], shapes: Mapping[str, tuple[int, ...]]
) -> tuple[LoadReport, dict[str, NDArray[Any]]]:
    """Return the arrays of a file that fit `shapes` (name -> shape), and the report.

    Raises:
        WeightsError: the file is broken, holds NaN or infinity, or fits nowhere.
    """
    fits, found = read_matching(path, shapes)
    report = LoadReport(
        loaded=tuple(name for name in shapes if name in fits),
        missing=tuple(name for name in shapes if name not in found),
        unexpected=tuple(name for name in found if name not in shapes),
        mismatched=tuple(name for name in shapes if name in found and name not in fits),
    )
    if not fits:
        raise WeightsError(
            f"{path}: belongs to another model: they share no weight by name and shape"
        )
    return report, fits
