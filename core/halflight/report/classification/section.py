"""The section of a task that tells two classes apart: results, pictures, limits."""

from collections.abc import Sequence

from halflight.report.classification.data import ClassData
from halflight.report.classification.headline import headline, summary
from halflight.report.classification.pictures import pictures
from halflight.report.classification.tables import (
    BINNED,
    bin_table,
    decided_bins,
    decided_tables,
    learning_table,
    paired_table,
    score_tables,
)
from halflight.report.section import Part, Section
from halflight.report.statements import source_of

LEAD = (
    "The probability that an object is a star, from its pixels in up to five bands: a network "
    "beside a random forest, support vectors, the published cut and spread_model."
)
FEW = 500  # objects of the survey's test fields: of fewer, AUC and MSE are known to some tenth
_SCORES = (
    "AUC: how often a star ranks above a galaxy. Average precision: of stars. MSE: of the "
    "probability from 1 for a star and 0 for a galaxy. CAL: how far probabilities and shares are "
    "apart, on average over windows of 100 objects in the order of their probability. The number "
    "of galaxies is the sum of their probabilities. A cut has no finite log loss. Bold is the best."
)
_SMALL = " Small print: 68 % bootstrap interval, of whole fields where there are any."
_PAIRED = (
    "Both methods on the same objects in each resample of fields, so that what is hard for both "
    "cancels. Small print: 95 % interval; where it holds 0, the difference may be none."
)
_DECIDED = (
    "An object of which neither class is as probable is flagged undecided and left open; what is "
    "decided is called the more probable class. A threshold that validation chose is the least of "
    "as many as there are objects, and so tends to be a little too low: what it is worth is what "
    "it does here, on test objects. The rule by which network and forest are joined was found on "
    "the same validation objects. Small print: 68 % bootstrap interval of whole fields."
)


def classification(
    data: ClassData,
    *,
    task: str,
    title: str,
    figures: Sequence[str] | None = None,
) -> Section:
    """Return the section of one task; figures: names of pictures, in reading order; None: all."""
    return Section(
        task=task,
        title=title,
        lead=LEAD,
        headline=headline(data),
        pictures=pictures(data, figures),
        parts=_parts(data),
        limits=limits(data),
        source=source_of(data.provenance, trained_by=data.trained_by, devices=data.devices),
        summary=summary(data),
    )


def limits(data: ClassData) -> list[str]:
    """Return what these results cannot say, the points that depend on the data first."""
    points = []
    if data.synthetic:
        points.append(
            "The survey here is synthetic: stars and galaxies of simple profiles and of typical "
            "colours. What a real sky has beside them (fringes, moving objects, galaxies of real "
            "shapes) is in none of these numbers; a published score on SDSS is of another sky."
        )
    if data.recorded:
        points.append(
            "The labels are the catalogue's own type, itself a cut in psfMag − cModelMag: the cut "
            "is judged by itself, and whoever disagrees with the catalogue counts as wrong."
        )
    else:
        points.append(
            "Only what has a spectrum is labelled, and a survey chooses by brightness and colour "
            "what it takes one of: scores are of such objects, not of all that is on the sky. "
            "Quasars have no class here; none of them is learnt from or scored."
        )
    counts = [own.get("count", 0) for own in data.scores("survey").values()]
    if counts and max(counts) < FEW:
        points.append(
            f"The survey's test fields have {max(counts):g} labelled objects. Read the intervals, "
            "not the last digit."
        )
    return [
        *points,
        "Which share of objects are stars is part of a probability: where it is another one than "
        "in training, at another latitude for instance, probabilities are off though their order "
        "is not.",
        "Network and forest are joined by a rule that was found on validation fields of the same "
        "sky. The forest reads a catalogue; of an object that has only pixels, the fine-tuned "
        "network's probability is all there is.",
        "Bins with few objects have wide intervals, and one without both classes has no AUC.",
    ]


def _parts(data: ClassData) -> list[Part]:
    intervals = any("auc_low" in own for own in data.scores("survey").values())
    note = _SCORES + (_SMALL if intervals else "")
    others = [*score_tables(data, "survey_truth"), *score_tables(data, "simulated")]
    binned = {score: bin_table(data, score) for score in BINNED}
    return [
        Part(score_tables(data, "survey"), note=note),
        Part(
            [paired_table(data)],
            heading="Is the network worth its while beside the forest?",
            note=_PAIRED if data.paired else "",
        ),
        Part([binned.pop("auc"), binned.pop("mse")], heading="By magnitude"),
        Part(list(binned.values()), folded="Purity and completeness by magnitude"),
        *_decided(data),
        Part(
            [table for table in others if table.rows],
            heading="By the truth",
            folded="Every score on survey objects of known truth, and on simulated ones",
        ),
        Part([learning_table(data.history)], heading="Training"),
    ]


def _decided(data: ClassData) -> list[Part]:
    if data.decided.empty:
        return []
    return [
        Part(decided_tables(data), heading="What is left open", note=_DECIDED),
        Part([decided_bins(data)], folded="What is left open by magnitude"),
    ]
