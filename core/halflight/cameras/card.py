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
    """Whether it was worth it, and what to do now."""
    best = "combined" if "combined_nmad" in found else "network"
    after, before = found[f"{best}_nmad"], found[f"before_{best}_nmad"]
    held, was_held = found[f"{best}_coverage_68"], found[f"before_{best}_coverage_68"]
    changes = (
        f"on synthetic galaxies kept apart the scatter of ln R_e is {after:.3f}, it was "
        f"{before:.3f}; 68 % intervals hold {held:.0%}, they held {was_held:.0%}"
    )
    better = after < before or abs(held - 0.68) < abs(was_held - 0.68)
    told = "" if better else "; the model before serves this camera no worse: keep that one"
    return f"{changes}{told}. Next: halflight measure ... --model {shlex.quote(str(folder))}"
