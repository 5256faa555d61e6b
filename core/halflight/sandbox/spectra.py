"""The synthetic sky's spectra, SpecObjAll: who was targeted, and what the pipeline made of it.

The selection is that of a survey: bright galaxies almost all, red ones deeper, blue points as
quasar candidates, some stars, and a sparse deep sample of everything. What has a spectrum is
therefore brighter and redder than the sky, and the faintest class is wrong the most often.
"""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from halflight.sandbox.catalogue import GALAXY, STAR
from halflight.sandbox.identifiers import spectrum_id

if TYPE_CHECKING:
    from halflight.params.sandbox import Spectra

CLASSES = {
    "galaxy": "GALAXY",
    "compact_galaxy": "GALAXY",
    "single_star": "STAR",
    "binary": "STAR",
    "quasar": "QSO",
}
FIBERS = 1000  # a plate
FIRST_MJD = 55_000
UNSURE = 4  # bit of zWarning, SMALL_DELTA_CHI2: the fit is hardly better than the next


def spectra(
    objects: pd.DataFrame,
    truth: pd.DataFrame,
    survey: "Spectra",
    rng: np.random.Generator,
    *,
    plate: int,
) -> pd.DataFrame:
    """One field's rows of SpecObjAll, of its primary objects.

    Args:
        objects: the field's rows of PhotoObjAll.
        truth: its rows of SyntheticTruth, in the same order, with `kind` and `redshift`.
        survey: the selection's parameters.
        rng: the field's own stream.
        plate: the field's own number.
    """
    chance = _chance(objects, survey)
    chosen = np.flatnonzero(
        (rng.random(len(objects)) < chance) & (objects["mode"].to_numpy() == 1)
    )[:FIBERS]
    rows, real = objects.iloc[chosen], truth.iloc[chosen]
    count, faintness = len(rows), rows["cModelMag_r"].to_numpy() - survey.pivot
    kinds = real["kind"].map(CLASSES).to_numpy(dtype=object)
    wrong = rng.random(count) < np.clip(survey.wrong * 10 ** (0.3 * faintness), 0, 0.1)
    others = np.where(kinds == "GALAXY", "STAR", "GALAXY")
    failed = rng.random(count) < np.clip(survey.failed * 10 ** (0.3 * faintness), 0, 0.9)
    error = 3e-5 * 10 ** np.clip(0.25 * faintness, -1, 2) * np.exp(0.3 * rng.standard_normal(count))
    error = np.where(failed, 0.5 * rng.random(count), error)
    fibers = list(range(1, count + 1))
    return pd.DataFrame(
        {
            "specObjID": [spectrum_id(plate=plate, fiber=f, mjd=FIRST_MJD) for f in fibers],
            "bestObjID": rows["objID"].to_numpy(),
            "plate": np.full(count, plate),
            "mjd": np.full(count, FIRST_MJD),
            "fiberID": fibers,
            "class": np.where(wrong, others, kinds),
            "subClass": np.full(count, "", dtype=object),
            "z": real["redshift"].to_numpy() + error * rng.standard_normal(count),
            "zErr": error,
            "zWarning": np.where(failed, UNSURE, 0),
            "sciencePrimary": np.ones(count, dtype=np.int64),
            "run2d": np.full(count, 26),
        }
    )


def _chance(objects: pd.DataFrame, survey: "Spectra") -> np.ndarray:
    """The probability that each object gets a fibre."""
    r = objects["cModelMag_r"].to_numpy()
    colour = {
        name: objects[f"psfMag_{name[0]}"].to_numpy() - objects[f"psfMag_{name[1]}"].to_numpy()
        for name in ("ug", "gr")
    }
    galaxy = objects["type"].to_numpy() == GALAXY
    point = objects["type"].to_numpy() == STAR
    samples = (
        (galaxy & (r < survey.main_limit), survey.main),
        (galaxy & (r < survey.red_limit) & (colour["gr"] > 1.1), survey.red),
        (point & (r < survey.star_limit), survey.stars),
        (point & (r < survey.quasar_limit) & (colour["ug"] < 0.6), survey.quasars),
        (r < survey.deep_limit, survey.deep),
    )
    missed = np.ones(len(objects))
    for members, share in samples:
        missed *= np.where(members, 1 - share, 1)
    return np.asarray(1 - missed)
