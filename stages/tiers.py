"""Tiers: how every method does on every kind of galaxy, beside the bound, and what it misses."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from halflight import files, params, tasks
from halflight.methods import METHODS, in_order
from halflight.paths import REPORTS
from halflight.scores.bins import EVERYTHING, ISOLATED
from halflight.tables import read_csv
from stages import run
from stages.runs import PACKAGE, WORDS
from stages.scored import head, lines_of
from stages.tier import scores_of

PROFILES = dict(zip(ISOLATED, ("one", "bulge and disc"), strict=True))
ENOUGH = 50  # galaxies of which a scatter is worth a comparison with its bound: known to 10 %
LEVELS = {"coverage_68": 0.68, "coverage_95": 0.95}
OFF, ROUNDING = 0.05, 1e-9  # of a coverage that misses what it says


def main(task: str) -> None:
    """Write the tables, from the scores that the stage tier has left."""
    kinds, wanted = params.read(f"{task}.tiers").kinds, tasks.measuring(tasks.get(task))
    summary = REPORTS / "tiers" / task / "README.md"
    scores = {kind: read_csv(scores_of(task, kind), orientations="number") for kind in kinds}
    lines = [
        f"# {wanted.title}: every method on every kind of simulated galaxy",
        "",
        "Synthetic galaxies, drawn with GalSim from the populations of params.yaml, section "
        f"`{task}.tiers`; NMAD and outliers are of the residual of {wanted.headline.name}, in "
        f"brackets the central 68 % of a bootstrap. {WORDS} Orientations are those of each stamp "
        "that are measured and averaged. Both runs are joined with the same fits. Written by "
        "`dvc repro reports/tiers/dvc.yaml`; the same in bins stands in the CSV files beside it.",
        "",
        *head("kind"),
    ]
    for kind, table in scores.items():
        lines += lines_of(kind, table, wanted)
    lines += [*beside_bound(scores, wanted), *misses(scores, wanted)]
    files.write_text(summary, "\n".join(lines) + "\n")
    print(f"tiers: {summary}")


def beside_bound(scores: Mapping[str, pd.DataFrame], task: tasks.Measurement) -> Iterator[str]:
    """The lines of a table of NMAD over the scatter that the Cramer-Rao bounds imply.

    scores: by kind. Of galaxies alone: beside these only that bound is one to be reached.
    """
    answers = {kind: of_package(table, task) for kind, table in scores.items()}
    shown = in_order(name for table in answers.values() for name in table["method"])
    titles = ["kind", "profiles", "galaxies", "bound", *(METHODS[name].short for name in shown)]
    yield from (
        "",
        "## Beside the bound",
        "",
        "NMAD over the scatter that the Cramer-Rao bounds of the same galaxies imply, of those "
        f"that next to no neighbour's light reaches; the network is that of the run {PACKAGE}. In "
        f"brackets the largest in a bin of magnitude. Of groups and bins of {ENOUGH} galaxies or "
        "more. Who knows how galaxies are distributed, as the scene fit and the network do, may "
        "fall below 1.",
        "",
        f"| {' | '.join(titles)} |",
        "|---" * len(titles) + "|",
    )
    for kind, table in answers.items():
        known = table[(table["count"] >= ENOUGH) & table["crb_nmad"].notna()]
        ratio = known["nmad"] / known["crb_nmad"]
        for galaxies, title in PROFILES.items():
            alone = known.assign(ratio=ratio)[known["galaxies"] == galaxies]
            whole = alone[alone["by"] == EVERYTHING].set_index("method").to_dict("index")
            if not whole:
                continue
            most = alone[alone["by"] == "magnitude"].groupby("method")["ratio"].max().to_dict()
            every = max(whole.values(), key=lambda row: row["count"])
            cells = [kind, title, str(int(every["count"])), f"{every['crb_nmad']:.4f}"]
            for method in shown:
                largest = f" ({most[method]:.2f})" if method in most else ""
                cells.append(f"{whole[method]['ratio']:.2f}{largest}" if method in whole else "-")
            yield f"| {' | '.join(cells)} |"


def misses(scores: Mapping[str, pd.DataFrame], task: tasks.Measurement) -> Iterator[str]:
    """The lines of a table of the bins in which the package's intervals hold too much or little."""
    found, told = [], 0
    for kind, table in scores.items():
        rows = of_package(table, task)
        joined = rows[(rows["method"] == "combined") & (rows["galaxies"] == EVERYTHING)]
        for row in joined.to_dict("records"):
            count = int(row["count"] - row["without_error"])
            for column, level in LEVELS.items():
                off = row[column] - level
                told += not pd.isna(off)  # too few galaxies have none
                if abs(off) > OFF + ROUNDING:
                    error = np.sqrt(level * (1 - level) / count)
                    cells = [kind, bin_of(row), str(count), f"{level:.0%}", f"{row[column]:.1%}"]
                    cells += [f"{100 * off:+.1f} \u00b1 {100 * error:.1f}", f"{off / error:+.1f}"]
                    found.append((abs(off) / error, f"| {' | '.join(cells)} |"))
    yield from (
        "",
        "## Where intervals do not hold what they say",
        "",
        f"Of {METHODS['combined'].title} of the run {PACKAGE}: the bins whose coverage is off by "
        f"more than {100 * OFF:.0f} points, {len(found)} of {told}, with the binomial uncertainty "
        f"of as many galaxies, which {sum(far > 2 for far, _ in found)} of them exceed twofold; "
        "the worst by that first. A galaxy is in a bin of each kind: what is missed is missed in "
        "several.",
        "",
        "| kind | bin | galaxies | level | holds | off by, points | over its uncertainty |",
        "|---|---|---|---|---|---|---|",
        *(line for _, line in sorted(found, key=lambda each: -each[0])),
    )


def of_package(scores: pd.DataFrame, task: tasks.Measurement) -> pd.DataFrame:
    """The headline's rows of what halflight comes with, by all orientations, and of the fits."""
    views = scores["orientations"]
    whole = (scores["run"] == PACKAGE) & (views == views[scores["run"] == PACKAGE].max())
    return scores[(whole | scores["run"].isna()) & (scores["quantity"] == task.headline.name)]


def bin_of(row: Mapping[Any, Any]) -> str:
    """A bin of scores in words."""
    name, low, high = str(row["by"]).replace("_", " "), row["bin_low"], row["bin_high"]
    if row["by"] == EVERYTHING:
        return "all"
    if pd.isna(low):
        return f"{name} below {high:g}"
    return f"{name} from {low:g}" if pd.isna(high) else f"{name} {low:g} to {high:g}"


if __name__ == "__main__":
    run(main, ValueError)
