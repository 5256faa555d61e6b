"""Tier_survey: galaxies of a synthetic survey that nothing learnt from, as one of the tiers."""

import pandas as pd

from halflight import files, params, store, tasks, training
from halflight.measured import measured_objects
from halflight.scores import tables
from stages import run
from stages.runs import both_runs
from stages.scored import predicted, scores, shown
from stages.tier import scores_of
from stages.transfer_places import place_of

KIND = "survey"


def main(task: str) -> None:
    """Score every method of every run on the test split of the sky of the study of transfer."""
    train, settings = params.read(f"{task}.train", f"{task}.evaluate")
    wanted, place = tasks.measuring(tasks.get(task)), place_of(task, "sandbox")
    stamps = store.read_stamps(place.stamps("survey"))
    table, fits = measured_objects(place, wanted, stamps, "survey", "test")
    objects = tables.survey_objects(wanted, table, fits)
    classical = tables.classical_predictions(wanted, "survey", fits)
    parts = [scores(wanted, classical, objects, settings)]
    default, package = both_runs(wanted, backend=training.choose_backend(train).backend)
    for each in (default, *package.ways()):
        network = each.estimator.measure_stamps(stamps, table["source_index"].to_numpy())
        found = dict(each.answers(wanted, network, fits))
        predictions = predicted(wanted, "survey", table["id"], found)
        parts.append(each.told(scores(wanted, predictions, objects, settings)))
    scored = pd.concat(parts, ignore_index=True)
    print(shown(scored, wanted))
    files.write_csv(scores_of(task, KIND), scored)


if __name__ == "__main__":
    run(main, ValueError, RuntimeError, MemoryError)
