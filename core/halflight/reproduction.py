"""Whether this checkout's scores are the committed ones, within what another machine may change.

On x86-64 with AVX2 a run ends with the same bytes. Elsewhere, and with HALFLIGHT_CPU=native, last
bits of sums differ and training amplifies them: `python -m halflight.reproduction [REVISION]` says
by how much, and ends with 0 where all is within tolerance, 1 where it is not, 2 where there is
nothing to compare.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from . import paths

SCORES = ("nmad", "mse")
"""What is compared: the scatter of a quantity, or the squared error of a probability."""
# Of that score over all magnitudes, as a fraction: what last bits change, and nothing beyond. A
# training on few labels amplifies most; a fit that converges, hardly.
TOLERANCES = {
    "network": 0.10,
    "zero_shot": 0.15,
    "fine_tuned": 0.25,
    "from_scratch": 0.50,
    "combined": 0.10,
    "scene_fit": 0.02,
    "sersic_fit": 0.01,
    "aperture": 0.01,
    # Of probabilities: a tree may split elsewhere, and what is joined with a network follows it.
    "stacked": 0.25,
    "forest": 0.10,
    "svm": 0.05,
    "spread": 0.02,
    "cut": 0.01,
}
BESIDE = {"device", "paired", "decided"}  # of metrics: what is no score of a method


class Comparison(NamedTuple):
    """A score of this checkout beside the committed one; None: there it is not."""

    place: str
    committed: float | None
    found: float | None
    tolerance: float

    @property
    def holds(self) -> bool:
        """Whether they agree within the tolerance."""
        if self.committed is None or self.found is None:
            return False
        return abs(self.found - self.committed) <= self.tolerance * abs(self.committed)

    def __str__(self) -> str:
        """One line: both numbers, their difference and what is allowed."""
        if self.committed is None or self.found is None:
            return f"{self.place}: only {'here' if self.committed is None else 'committed'}"
        change = self.found / self.committed - 1 if self.committed else 0.0
        verdict = "" if self.holds else ": NOT within tolerance"
        return (
            f"{self.place}: {self.committed:.4g} -> {self.found:.4g}, "
            f"{100 * change:+.2f} % of {100 * self.tolerance:g} %{verdict}"
        )


def compare(committed: Mapping[str, Any], found: Mapping[str, Any]) -> list[Comparison]:
    """Every score of one task, of a method with its tolerance, and how many stamps it is of.

    Raises ValueError for a method without a tolerance.
    """
    before, after = dict(_scores(committed)), dict(_scores(found))
    compared = []
    for place in sorted(before.keys() | after.keys()):
        method, score = place[-2:]
        if method not in TOLERANCES:
            known = ", ".join(TOLERANCES)
            raise ValueError(f"{' '.join(place)}: no tolerance for {method!r}, only for {known}")
        tolerance = TOLERANCES[method] if score in SCORES else 0.0
        compared.append(Comparison(" ".join(place), before.get(place), after.get(place), tolerance))
    return compared


def _scores(metrics: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], float]]:
    for quantity, datasets in metrics.items():
        if quantity not in BESIDE:
            for dataset, methods in datasets.items():
                for method, scores in methods.items():
                    for score in {"count", *SCORES} & scores.keys():
                        yield (quantity, dataset, method, score), scores[score]


def _committed(revision: str, file: Path) -> str:
    done = subprocess.run(
        ["git", "show", f"{revision}:./{file.as_posix()}"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ValueError(f"git show {revision}:{file}: {done.stderr.strip() or 'failed'}")
    return done.stdout


def main(revision: str = "HEAD") -> int:
    """Compare every task's metrics with those of a revision, in the current folder."""
    files = sorted((paths.REPORTS / "metrics").glob("*/metrics.json"))
    try:
        if not files:
            raise ValueError(f"no metrics in {paths.REPORTS / 'metrics'}: run `dvc repro` first")
        compared = [
            comparison._replace(place=f"{file.parent.name} {comparison.place}")
            for file in files
            for comparison in compare(
                json.loads(_committed(revision, file)), json.loads(file.read_text("utf-8"))
            )
        ]
    except (OSError, ValueError) as error:
        print(f"reproduction: {error}", file=sys.stderr)
        return 2
    print(*compared, sep="\n")
    outside = sum(not comparison.holds for comparison in compared)
    if outside:
        print(f"{outside} of {len(compared)} are not within tolerance of {revision}")
        return 1
    same = all(comparison.found == comparison.committed for comparison in compared)
    print(f"{'the same as' if same else 'within tolerance of'} {revision}")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
