"""How well spoilt measurements are told apart from honest ones by their score."""

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from halflight.scores.probability import roc_auc
from halflight.scores.statistics import resamples

HONEST = "honest"
"""The kind of what was not spoilt."""
BRIGHT = 18.0  # mag: what is wrong with a PSF shows in bright galaxies first


def told_apart(scores: pd.DataFrame, *, seed: int, repeats: int) -> pd.DataFrame:
    """Of each kind: the area under its ROC, with the central 68 % of a bootstrap of galaxies.

    auroc_bright is that of galaxies brighter than `BRIGHT`; flagged the share out of the domain.
    """
    wide = scores.pivot_table("domain_score", "id", "kind", sort=False)
    magnitude = scores.drop_duplicates("id").set_index("id")["magnitude"].reindex(wide.index)
    bright = (magnitude < BRIGHT).to_numpy()
    chosen = list(resamples(wide.index.to_numpy(), seed=seed, repeats=repeats))
    rows = []
    for kind in (name for name in wide if name != HONEST):
        pair = wide[[HONEST, kind]].to_numpy()
        again = [area(pair[rows_of]) for rows_of in chosen]
        low, high = np.quantile(again, [0.16, 0.84])
        rows.append(
            {
                "kind": kind,
                "auroc": area(pair),
                "auroc_low": low,
                "auroc_high": high,
                "auroc_bright": area(pair[bright]),
                "flagged": float((pair[:, 1] > 1).mean()),
            }
        )
    return pd.DataFrame(rows)


def area(pair: np.ndarray) -> float:
    """The area under the ROC of scores (n, 2) of honest stamps and of spoilt ones."""
    ranks = rankdata(pair.T.ravel())  # of which infinite scores have one, too
    return roc_auc(ranks, np.repeat([False, True], len(pair)))
