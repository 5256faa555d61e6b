"""Others: one table of how well what is neither a star nor a galaxy is told from them."""

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from halflight import files, params
from halflight.judged import SCORE
from halflight.paths import REPORTS
from halflight.quality import FLAGS
from halflight.scores.probability import roc_auc
from halflight.scores.statistics import resamples
from halflight.trials.others import OTHERS
from stages import run
from stages.other import HONEST, SCORES, SEED

BRIGHT = 20.0  # mag: a faint blend is a faint star within its noise


def main(task: str) -> None:
    """Read the scores of every stamp, and write the table."""
    settings = params.read(f"{task}.evaluate")
    folder = REPORTS / "other" / task
    scores = pd.read_csv(folder / SCORES)
    areas = told_apart(scores, seed=SEED, repeats=settings.bootstrap)
    files.write_text(folder / "README.md", described(scores, areas))
    print(f"others: {folder / 'README.md'}")


def told_apart(scores: pd.DataFrame, *, seed: int, repeats: int) -> pd.DataFrame:
    """Of each kind: the area under its ROC, with the central 68 % of a bootstrap of objects.

    auroc_bright is that of objects brighter than `BRIGHT`; flagged the share `out_of_domain`; named
    the share with any flag that a single honest object may not have; silent the share with neither
    these nor `undecided`: a probability that nothing is held against.
    """
    wide = scores.pivot_table(SCORE, "id", "kind", sort=False)
    magnitude = scores.drop_duplicates("id").set_index("id")["magnitude"].reindex(wide.index)
    bright = (magnitude < BRIGHT).to_numpy()
    chosen = list(resamples(wide.index.to_numpy(), seed=seed, repeats=repeats))
    rows = []
    for kind, of_kind in scores.groupby("kind", sort=False):
        pair = wide[[HONEST, kind]].to_numpy()
        low, high = np.quantile([area(pair[again]) for again in chosen], [0.16, 0.84])
        flags = of_kind["flags"].to_numpy()
        other = flags & FLAGS["out_of_domain"] != 0
        named = flags & ~(FLAGS["out_of_domain"] | FLAGS["undecided"]) != 0
        rows.append(
            {
                "kind": kind,
                "auroc": area(pair),
                "auroc_low": low,
                "auroc_high": high,
                "auroc_bright": area(pair[bright]),
                "flagged": other.mean(),
                "named": named.mean(),
                "silent": (flags == 0).mean(),
            }
        )
    return pd.DataFrame(rows)


def area(pair: np.ndarray) -> float:
    """The area under the ROC of scores (n, 2) of honest stamps and of spoilt ones."""
    ranks = rankdata(pair.T.ravel())  # of which infinite scores have one, too
    return roc_auc(ranks, np.repeat([False, True], len(pair)))


def described(scores: pd.DataFrame, areas: pd.DataFrame) -> str:
    """The table in words."""
    meanings = {
        each.__name__: (each.__doc__ or "").partition("\n")[0].rstrip(".") for each in OTHERS
    }
    honest = areas[areas["kind"] == HONEST].iloc[0]
    count = int((scores["kind"] == HONEST).sum())
    lines = [
        "# Stars and galaxies: what is neither, and whether it is noticed",
        "",
        f"{count} synthetic test stamps of one star or one galaxy alone, each spoilt in "
        f"{len(OTHERS)} ways (`halflight.trials.others`). `domain_score` says how unlike one star "
        "or one galaxy a stamp's pixels are (`halflight.likeness`), by what is usual of others. "
        "AUROC is the chance that a spoilt stamp has a larger one than an honest one, in brackets "
        "the central 68 % of a bootstrap of objects; bright: of those brighter than "
        f"{BRIGHT:.0f} mag. Flagged: `out_of_domain`; named: any other flag but `undecided`; "
        f"silent: no flag at all. Of the honest ones {honest['flagged']:.1%} are flagged, "
        f"{honest['named']:.1%} named and {honest['silent']:.0%} silent. Written by "
        "`dvc repro reports/other/dvc.yaml`.",
        "",
        "| kind | what | AUROC | bright | flagged | named | silent |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in (
        areas[areas["kind"] != HONEST].sort_values("auroc", kind="stable").to_dict("records")
    ):
        interval = f"{row['auroc']:.3f} ({row['auroc_low']:.3f}-{row['auroc_high']:.3f})"
        shares = " | ".join(f"{row[name]:.0%}" for name in ("flagged", "named", "silent"))
        lines.append(
            f"| {row['kind'].replace('_', ' ')} | {meanings[row['kind']]} | {interval} | "
            f"{row['auroc_bright']:.3f} | {shares} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    run(main, ValueError)
