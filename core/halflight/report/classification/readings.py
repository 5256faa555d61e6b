"""What is to be seen in each picture of a classification in this run, in sentences of numbers."""

import numpy as np

from halflight.methods import METHODS, answer_of
from halflight.report.bin_tables import Grid, label
from halflight.report.classification.data import ANSWERS_OF, JUDGE, ClassData
from halflight.report.classification.headline import scored, subject_of
from halflight.report.classification.tables import rows_by_magnitude
from halflight.report.figures import activations, hardest
from halflight.report.figures.reliability import FEW
from halflight.report.formatting import format_count, format_fraction, format_number
from halflight.report.readings import NOTHING
from halflight.scores.classes import BETTER_HIGHER
from halflight.scores.probability import (
    calibration_error,
    purity_and_completeness,
    purity_at,
)

SURE = 0.02  # of a class: the outermost bins of the picture of reliability
MISTAKEN = 0.01  # of the galaxies, called stars: where the missed stars are told


def of_reliability(data: ClassData) -> str:
    """How honest the probabilities are, and how often a sure answer is wrong."""
    known = {name: table for name, table in data.tables.items() if len(table) >= FEW}
    answer = answer_of(known, "reference")
    if answer is None:
        return NOTHING
    errors = {name: calibration_error(t["value"], t["label"]) for name, t in known.items()}
    least = min(errors, key=errors.__getitem__)
    table = known[answer]
    p, label_of = table["value"].to_numpy(), table["label"].to_numpy()
    sure = (p <= SURE) | (p >= 1 - SURE)
    wrong = int((sure & ((p > 0.5) != (label_of > 0.5))).sum())
    text = (
        f"{format_count(len(table))} survey test objects, by {data.labelled_by}. Above, honest "
        "probabilities lie on the diagonal; bars are the binomial scatter of a share. Below, how "
        "many objects have which probability, on a logarithmic axis. CAL is how far probability "
        "and share are apart, on average over windows of 100 objects: "
        f"{format_number(errors[answer])} for {subject_of(answer)}"
    )
    if JUDGE in errors and answer != JUDGE:
        text += f", {format_number(errors[JUDGE])} for the {METHODS[JUDGE].title}"
    if least not in (answer, JUDGE):
        text += f", least for the {METHODS[least].title} ({format_number(errors[least])})"
    return (
        f"{text}. {format_count(int(sure.sum()))} objects have a class of a probability of "
        f"{_share(1 - SURE)} or more by {subject_of(answer)}; of these "
        f"{format_count(wrong) if wrong else 'none'} {'is' if wrong == 1 else 'are'} of the other "
        "class."
    )


def of_roc(data: ClassData) -> str:
    """What the answer and the forest miss at the same price."""
    known = {name: t for name, t in data.tables.items() if 0 < t["label"].sum() < len(t)}
    answer = answer_of(known, "reference")
    if answer is None:
        return NOTHING
    compared = [answer, *([JUDGE] if JUDGE in known and answer != JUDGE else [])]
    missed, pure = [], []
    for name in compared:
        table = known[name]
        rank, label_of = table["rank"].to_numpy(), table["label"].to_numpy()
        share = format_fraction(1 - stars_found(rank, label_of, MISTAKEN))
        missed.append(f"{subject_of(name)} {'miss' if name == 'stacked' else 'misses'} {share}")
        purity = purity_at(-rank, 1.0 - label_of, data.levels.galaxy_completeness)
        pure.append(f"{format_fraction(purity)} for {subject_of(name)}")
    return (
        "Left, both axes are logarithmic and a better method lies nearer the lower left corner. "
        f"Where {_share(MISTAKEN)} of the galaxies are called stars, "
        f"{' and '.join(missed)} of the stars. Right, how pure the galaxies are that are found; at "
        f"{_share(data.levels.galaxy_completeness)} complete, the grey line, "
        f"{' and '.join(pure)}."
    )


def stars_found(rank: np.ndarray, label_of: np.ndarray, mistaken: float) -> float:
    """The largest completeness of stars at which at most this share of galaxies is called stars.

    rank, label_of: (n,), the label 1 for a star. 0 where even the first object costs more.
    """
    purity, complete = purity_and_completeness(rank, label_of)
    found = complete * label_of.sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        lost = np.nan_to_num((found / purity - found) / (len(label_of) - label_of.sum()))
    cheap = lost <= mistaken
    return float(complete[cheap].max()) if cheap.any() else 0.0


def of_magnitude(data: ClassData) -> str:
    """Which method is best in how many bins, and what is lost from bright to faint."""
    against = ANSWERS_OF["survey"]
    grid = Grid.of_rows(rows_by_magnitude(data.bins, "survey", against))
    answer = answer_of(grid.methods, against)
    if answer is None:
        return NOTHING
    sentences = []
    for score, name in (("auc", "AUC"), ("mse", "MSE")):
        values = grid.of(score)
        measured = np.flatnonzero(np.isfinite(values).any(axis=0))
        own = values[grid.methods.index(answer)]
        known = np.flatnonzero(np.isfinite(own))
        if not len(known):
            continue
        pick = np.nanmax if score in BETTER_HIGHER else np.nanmin
        best = values[:, measured] == pick(values[:, measured], axis=0)
        won = [
            f"{METHODS[method].title} in {count}"
            for method, count in zip(grid.methods, best.sum(axis=1), strict=True)
            if count
        ]
        first, last = known[0], known[-1]
        sentences.append(
            f"{name} of {subject_of(answer)} goes from {scored(score, own[first])} at "
            f"{label(*grid.bins[first])} to {scored(score, own[last])} at "
            f"{label(*grid.bins[last])}; of {len(measured)} bins the best, alone or "
            f"beside others, is {'; '.join(won)}."
        )
    if not sentences:
        return NOTHING
    bars = np.isfinite(grid.of("auc_low")).any() or np.isfinite(grid.of("mse_low")).any()
    opening = f"Survey test objects in bins of r magnitude, by {data.labelled_by}"
    opening += "; bars are 68 % bootstrap intervals of fields." if bars else "."
    return f"{opening} {' '.join(sentences)}"


def of_hardest(data: ClassData) -> str:
    """How many were called the other class, which of them are shown, and what they are."""
    answer = answer_of(data.tables, "reference")
    if answer is None:
        return NOTHING
    table, whole = data.wrong.table, data.tables[answer]
    if table.empty:
        return (
            f"None of {format_count(len(whole))} survey test objects was called the other class by "
            f"{subject_of(answer)}."
        )
    stars = int((table["label"] > 0.5).sum())
    drawn = table.head(hardest.MOST)
    text = (
        f"Of {format_count(len(whole))} survey test objects {subject_of(answer)} called "
        f"{format_count(len(table))} ({format_fraction(len(table) / len(whole))}) the other class: "
        f"{format_count(stars)} of the stars and {format_count(len(table) - stars)} of the "
        f"galaxies, of a median r of {table['magnitude'].median():.1f} among all of "
        f"{whole['magnitude'].median():.1f}. "
    )
    text += (
        "They are shown" if len(drawn) == len(table) else f"The {len(drawn)} most wrong are shown"
    )
    text += ", g, r and i as blue, green and red, with the probability of a star that each had"
    kinds = drawn["kind"].replace("", np.nan).dropna().value_counts(sort=False)
    if len(kinds):
        counted = sorted(kinds.items(), key=lambda one: (-one[1], one[0]))
        listed = ", ".join(f"{str(kind).replace('_', ' ')} {count}" for kind, count in counted)
        text += f". By what the sky knows of them they are: {listed}"
    return f"{text}."


def of_activations(data: ClassData) -> str:
    """Which objects, which layers, and how many of their channels are at work."""
    maps = data.seen.maps
    if not maps:
        return NOTHING
    working = []
    for name, found in maps.items():
        busy = int((found.std(axis=(1, 2)).max(axis=0) > 0).sum())
        working.append(f"{name} {busy} of {found.shape[-1]}")
    most = max(found.shape[-1] for found in maps.values())
    chosen = f"the {activations.SHOWN} channels that differ most between the two"
    if most <= activations.SHOWN:
        chosen = "all channels"
    return (
        f"{' and '.join(data.seen.images)}, in g, r and i; beside each {chosen} of a layer, one "
        "brightness scale for both. The layers are the first, the third and the sixth that have "
        f"maps, as far as there are so many; channels that vary on either: {', '.join(working)}."
    )


def _share(level: float) -> str:
    """A share that was chosen, not measured, as a percentage without needless digits."""
    return f"{100 * level:.4g} %"
