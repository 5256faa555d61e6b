"""The card of a model that was made one camera's own, and the line that says what comes next."""

import shlex
from collections.abc import Mapping
from pathlib import Path

from halflight.cameras.camera import Camera
from halflight.cameras.learning import Rows
from halflight.cameras.population import GALAXIES
from halflight.cameras.proving import Scores
from halflight.estimator import Estimator
from halflight.instrument import PIXEL_SCALE
from halflight.models import Card
from halflight.text import printable

LIMITS = (
    "Made for one camera: images of other pixels, PSFs or noise are for the model it came from.",
    "Learnt from and scored on synthetic galaxies alone; no observed galaxy was used.",
    "One band at a time; noise that is independent from pixel to pixel; a PSF that is known.",
    "A PSF narrower than two pixels is told by its stamp in part alone: so it is simulated, too.",
    "Spiral arms, clumps, bars and dust are not in the simulation.",
)


def card_of(
    folder: Path,
    base: Estimator,
    camera: Camera,
    splits: Mapping[str, Rows],
    found: Scores,
    *,
    command: str,
    made_from: str,
) -> Card:
    """What is to be known of the model; the scores of the model before begin with `before_`.

    base: the network that it came from; made_from: the hash of that model's folder.
    """
    low, high = (radius / PIXEL_SCALE for radius in GALAXIES.radius)
    counts = ", ".join(f"{len(rows)} for {name}" for name, rows in splits.items())
    return Card(
        name=folder.name,
        title=f"{base.task.title} of galaxies, for one camera",
        default=False,
        population=(
            f"synthetic galaxies ({counts}) of one Sersic profile or of bulge and disc, among "
            f"neighbours: half-light radii of {low:.2g} to {high:.2g} pixels of the stamp; "
            f"{camera.describe()}"
        ),
        limits=LIMITS,
        scores=found,
        command=printable(command),
        made_from=made_from,
        licence=base.licence,
    )


def conclusion(folder: Path, found: Scores) -> str:
    """What was gained, whether it was worth it, and what to do now.

    It was where the truths are more probable under what the model says of them than they were.
    """
    best = "combined" if "combined_nll" in found else "network"

    def both(score: str, form: str) -> str:
        after, before = (found[f"{start}{best}_{score}"] for start in ("", "before_"))
        return f"{after:{form}} (before: {before:{form}})"

    gained = (
        f"on synthetic galaxies kept apart: scatter of ln R_e {both('nmad', '.3f')}, outliers "
        f"{both('outlier_fraction', '.0%')}, 68 % intervals hold {both('coverage_68', '.0%')}"
    )
    if found[f"{best}_nll"] < found[f"before_{best}_nll"]:
        return f"{gained}. Next: halflight measure ... --model {shlex.quote(str(folder))}"
    return f"{gained}. That is no gain: go on with the model before, or adapt it on more --galaxies"
