"""What the study of spoilt images says of itself in words."""

from collections.abc import Callable
from typing import Any

import pandas as pd

from halflight.trials.apart import HONEST
from halflight.trials.spoilt import SPOILINGS

# Flags of the cutting and of the image that say what no `domain_score` does.
SAID = (
    *("saturated", "masked", "edge", "larger_than_stamp", "unresolved", "no_pixels"),
    "psf_doubtful",
)
ENOUGH = 0.95  # of the area under a ROC


def described(settings: Any, scores: pd.DataFrame, areas: pd.DataFrame, alone: pd.DataFrame) -> str:
    """The table in words."""
    by_kind = scores.assign(flagged=scores["flags"] != 0).groupby("kind")[["flagged", "wrong"]]
    shares, honest = by_kind.mean(), scores[scores["kind"] == HONEST]
    count, noticed = len(areas), int((areas["auroc"] >= ENOUGH).sum())
    lines = [
        "# Images out of the domain, and whether it is noticed",
        "",
        f"{len(honest)} synthetic galaxies in real frames of the endpoint {settings.endpoint}, "
        f"band {settings.band}, measured from image and noise map by the path of "
        f"`halflight measure`; then the same with the whole image spoilt in {count} ways "
        "(`halflight.trials.spoilt`). AUROC is the chance that a spoilt source has a higher alarm "
        "than an honest one, in brackets the central 68 % of a bootstrap of galaxies. The alarm is "
        "`domain_score`, infinite where a flag of the cutting or of the image is set "
        f"({', '.join(SAID)}); score: "
        "`domain_score` alone; bright: the alarm, of galaxies brighter than 18 mag. Flagged: any "
        "flag of the row's own. Wrong: R_e off by a factor of 1.35, or none: what is not noticed "
        "matters where it makes R_e wrong. Acknowledge SDSS (www.sdss.org) where these numbers are "
        "shown. Written by `dvc repro reports/own_images/dvc.yaml`.",
        "",
        f"Told apart with AUROC of .95 or more: {noticed} of {count}. Of the honest, "
        f"{(honest['flags'] != 0).mean():.0%} are flagged and {honest['wrong'].mean():.0%} wrong.",
        "",
        "![ROC of every kind, and the areas under them](roc.png)",
        "",
        "| kind | what | AUROC | score | bright | flagged | wrong |",
        "|---|---|---|---|---|---|---|",
    ]
    meanings = {each.__name__: meaning(each) for each in SPOILINGS}
    of_score = alone.set_index("kind")["auroc"]
    for row in areas.sort_values("auroc", kind="stable").to_dict("records"):
        kind = row["kind"]
        interval = f"{row['auroc']:.3f} ({row['auroc_low']:.3f}-{row['auroc_high']:.3f})"
        cells = [kind.replace("_", " "), meanings[kind], interval, f"{of_score[kind]:.3f}"]
        cells += [f"{row['auroc_bright']:.3f}", *(f"{share:.0%}" for share in shares.loc[kind])]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def meaning(spoil: Callable[..., Any]) -> str:
    """The first sentence of what it says of itself."""
    return (spoil.__doc__ or "").split(". ")[0].rstrip(".")
