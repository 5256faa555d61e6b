"""The pictures of a classification: name, title, how to read it, how it is drawn."""

from collections.abc import Sequence
from functools import partial

from halflight.report.classes import FIGURES
from halflight.report.classification.data import ANSWERS_OF, ClassData
from halflight.report.classification.readings import (
    of_activations,
    of_hardest,
    of_magnitude,
    of_reliability,
    of_roc,
)
from halflight.report.figures import hardest
from halflight.report.section import Picture


def pictures(data: ClassData, names: Sequence[str] | None = None) -> list[Picture]:
    """Return the pictures of these names, in their order; None: all that there are.

    Raises ValueError for a name that no picture has.
    """
    known = {picture.name: picture for picture in _all(data)}
    unknown = [name for name in names or () if name not in known]
    if unknown:
        raise ValueError(f"there is no picture {unknown}; known are {', '.join(known)}")
    return [known[name] for name in (known if names is None else names)]


def _all(data: ClassData) -> list[Picture]:
    levels, shown = data.levels, {"dataset": "survey"}
    cases = data.wrong.table.head(hardest.MOST)
    return [
        Picture(
            "reliability",
            "Are the probabilities honest?",
            of_reliability(data),
            "Above, a line for each method: the share of stars against the probability of one, "
            "about the diagonal. Below, the number of objects by probability, as steps.",
            partial(FIGURES["reliability"], data.tables, **shown),
        ),
        Picture(
            "roc",
            "What is lost for what",
            of_roc(data),
            "Two line charts, a line for each method: the share of stars missed against that of "
            "galaxies called stars, and the purity of galaxies against their completeness.",
            partial(FIGURES["roc"], data.tables, completeness=levels.galaxy_completeness, **shown),
        ),
        Picture(
            "completeness_and_purity",
            "From bright to faint",
            of_magnitude(data),
            "Four line charts over magnitude, a line for each method: area under the curve, purity "
            "of galaxies, completeness of stars and mean squared error.",
            partial(
                FIGURES["completeness_and_purity"],
                data.bins,
                against=ANSWERS_OF["survey"],
                completeness=levels.galaxy_completeness,
                purity=levels.star_purity,
                **shown,
            ),
        ),
        Picture(
            "hardest",
            "Called the other class",
            of_hardest(data),
            "Rows of small colour images of single stars and galaxies; below each what it is, its "
            "magnitude, the probability of a star that it was given, and its number.",
            partial(
                FIGURES["hardest"], data.wrong.image, cases, title="Most wrong, the worst first"
            ),
        ),
        Picture(
            "activations",
            "What the network makes of a star and of a galaxy",
            of_activations(data),
            "Pairs of rows, a star above a galaxy, a pair for each layer: the object in colour and "
            "beside it maps of it in shades that become coarser from layer to layer.",
            partial(FIGURES["activations"], data.seen.images, data.seen.maps),
        ),
    ]
