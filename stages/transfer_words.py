"""Words of the transfer study: what is said of a sky above its table."""

import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from halflight import params
from halflight.scores.statistics import Interval
from halflight.tables import FIELD

LEAST = 5  # galaxies whose scatter is told
SDSS_THANKS = "Acknowledge SDSS (www.sdss.org) where these numbers are shown."


def about_sandbox(test: pd.DataFrame) -> list[str]:
    """Of the synthetic survey."""
    return [
        "## A synthetic survey",
        "",
        f"Against the truth of {len(test)} galaxies, {test['group'].nunique()} fields, by which "
        "the bootstrap draws. Labels are the scene fit's.",
    ]


def about_injected(test: pd.DataFrame, injected: params.TransferInjected, size: int) -> list[str]:
    """Of synthetic galaxies in frames; size: pixels a side of a stamp as it is cut."""
    frames = len(test[[*FIELD]].drop_duplicates())
    places = test[[*FIELD, "rowc", "colc"]].drop_duplicates()
    often = np.mean(
        [
            sharing(part[["rowc", "colc"]].to_numpy(int) - size // 2, size)
            for _, part in test.groupby([*FIELD])
        ]
    )
    return [
        "## Synthetic galaxies in real frames",
        "",
        f"Against the truth of {len(test)} galaxies of the simulation's population in empty places "
        f"of {_counted(frames, 'frame')} of the recorded survey: noise, sky, neighbours and "
        f"artefacts are real. Labels are truths. Every stamp of {size} pixels lies wholly in one "
        f"of the {injected.window}-pixel squares that the frames are cut into, and every row of "
        "squares in one split: no pixel of the sky is in stamps of two splits, nor in those of "
        f"two squares. {test['group'].nunique()} squares have the test galaxies, at {len(places)} "
        "places, and the bootstrap draws by squares, as stamps of one overlap: a pixel of theirs "
        f"is in {often:.0f} of them on average. Other seeing, another camera column and another "
        f"part of the sky are for other frames to tell. {SDSS_THANKS}",
    ]


def about_recorded(every: pd.DataFrame, test: pd.DataFrame, limit: float) -> list[str]:
    """Of the recorded galaxies; every: those without a truth, too; limit: the faintest simulated.

    limit is a magnitude.
    """
    faint, known = (int((each["magnitude"] > limit).sum()) for each in (every, test))
    few = "" if known >= LEAST else ": too few for a scatter, so that they have no table"
    return [
        "## The recorded survey",
        "",
        f"Nobody knows a truth here: residuals are against the scene fit's answer, of the "
        f"{len(test)} of {len(every)} test galaxies where it is good enough to be a label. Labels "
        "are the scene fit's, too, so what a network gains here may be the fit's own error. Test "
        f"galaxies fainter than any that was simulated (magnitude {limit:g}) are counted apart; of "
        f"{faint} such {known} can be compared{few}. The bootstrap draws by groups of galaxies "
        "whose stamps share pixels, of which there are "
        f"{test['group'].nunique()}: intervals of so few are themselves uncertain. {SDSS_THANKS}",
    ]


def told(interval: Interval, form: str, between: str = "-") -> str:
    """A value and its interval, unknown where one group alone has all objects."""
    if math.isnan(interval.low):
        return f"{interval.value:{form}} (unknown)"
    return f"{interval.value:{form}} ({interval.low:{form}}{between}{interval.high:{form}})"


def sharing(corners: NDArray[np.integer], size: int) -> float:
    """In how many of these stamps (n, 2) [row, column] a pixel lies that is in any, on average.

    Of stamps (size, size) of one frame. Raises ValueError where there is none.
    """
    if len(corners) == 0:
        raise ValueError("there is no stamp, and so no pixel that stamps share")
    covered = np.zeros(np.max(corners, axis=0) + size, bool)
    for top, left in corners:
        covered[top : top + size, left : left + size] = True
    return len(corners) * size**2 / int(covered.sum())


def _counted(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
