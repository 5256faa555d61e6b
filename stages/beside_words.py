"""What the study of other programs beside this one says of itself in words."""

from typing import Any

import pandas as pd

from halflight.trials.recovered import SCORES, scores
from stages.planted import TITLES, cell

METHODS = {
    "best": ("halflight, best", "network and scene fit: `halflight measure`"),
    "fast": ("halflight, fast", "the network alone"),
    "sersic_fit": ("our Sersic fit", "one PSF-convolved profile, neighbours masked"),
    "aperture": ("our aperture", "half of the Kron flux, corrected for seeing and axis ratio"),
    "statmorph_sersic": ("statmorph, Sersic", "its PSF-convolved Sersic fit, `sersic_rhalf`"),
    "statmorph_rhalf": ("statmorph, rhalf_ellip", "half-light ellipse, seeing included"),
    "photutils": ("photutils", "`SourceCatalog.flux_radius(0.5)`: a circle, seeing included"),
    "photutils_corrected": ("photutils, corrected", "the same, corrected as our aperture is"),
    "sep": ("sep", "`flux_radius` of half of the Kron flux: a circle, seeing included"),
    "sep_corrected": ("sep, corrected", "the same, corrected as our aperture is"),
}
"""Each method's title, and what it is."""
WITH_BOUNDS = ("best", "fast", "sersic_fit")
_BARS = ("coverage_68", "coverage_95")


def table_of(answers: pd.DataFrame, seconds: dict[str, float], **options: Any) -> pd.DataFrame:
    """`scores` of every method, a row each, with its seconds a source."""
    rows = []
    for method in METHODS:
        row = {"method": method} | scores(answers[answers["method"] == method], **options)
        if method not in WITH_BOUNDS:
            row |= {f"{name}{end}": float("nan") for name in _BARS for end in ("", "_low", "_high")}
        rows.append(row | {"seconds": seconds[method]})
    return pd.DataFrame(rows)


def described(scored: pd.DataFrame, count: int) -> str:
    """The table in words."""
    titles = ["method", "failures", *(title for title, *_ in TITLES.values()), "s a source"]
    lines = [
        "# Beside others, on the same stamps",
        "",
        f"{count} synthetic stamps of `radius.simulate.population`, with neighbours; half of the "
        "galaxies are bulge and disc. They are of the simulation that this project's network was "
        "trained on, which others know nothing of; real galaxies are in none. The truth is R_e, "
        "the semi-major axis of the half-light ellipse before the PSF: a radius that is given "
        "with seeing, or of a circle, is another quantity, and so biased by what it is.",
        "",
        "Failures gave no number. Wrong: off by a factor of 1.35, or none; of the wrong flagged: "
        "by the method itself. NMAD is of ln R_e. One process, one stamp after the other; "
        "statmorph's, photutils' and sep's two rows share one measurement. In brackets: the "
        "central 68 % of a bootstrap. Written by `dvc repro reports/own_images/dvc.yaml`; times "
        "are those of the machine that ran it.",
        "",
        f"| {' | '.join(titles)} |",
        "|---" * len(titles) + "|",
    ]
    for row in scored.to_dict("records"):
        title, what = METHODS[row["method"]]
        cells = [f"{title}: {what}", str(row["not_measured"])]
        cells += [*(cell(row, name) for name in SCORES), f"{row['seconds']:.3f}"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"
