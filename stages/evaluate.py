"""Evaluate: predict both test splits and score every method by the same rules."""

import numpy as np
import pandas as pd

from halflight import files, nn, params, paths, store
from halflight.scores import tables as scoring
from stages import run
from stages.training import chosen_backend, predict

ARMS = {
    "zero_shot": paths.TRAINED_MODEL,
    "fine_tuned": paths.FINETUNED_MODELS / "fine_tuned",
    "from_scratch": paths.FINETUNED_MODELS / "from_scratch",
}


def main() -> None:
    """Write every prediction and reference to data/evaluated, the scores to reports/metrics."""
    everything = params.load()
    settings, choice = everything.evaluate, chosen_backend(everything.train)
    backend = choice.backend
    simulated = store.read_stamps(paths.PREPARED_SIMULATED)
    survey = store.read_stamps(paths.PREPARED_SURVEY)
    judged_simulated = pd.read_parquet(paths.JUDGED_SIMULATED)
    judged_survey = pd.read_parquet(paths.JUDGED_SURVEY)

    rows = simulated.table["id"].isin(judged_simulated["id"]).to_numpy().nonzero()[0]
    test = (survey.table["split"] == "test").to_numpy().nonzero()[0]
    network = nn.load_model(paths.TRAINED_MODEL, backend=backend)
    judged_test = judged_survey.set_index("id").loc[survey.table["id"].iloc[test]].reset_index()
    predictions = pd.concat(
        [
            scoring.predictions("simulated", judged_simulated),
            prediction("simulated", "network", network, simulated, rows),
            scoring.predictions("survey", judged_test),
            *(
                prediction("survey", arm, nn.load_model(path, backend=backend), survey, test)
                for arm, path in ARMS.items()
            ),
        ],
        ignore_index=True,
    )
    objects = pd.concat(
        [
            scoring.simulated_objects(simulated.table.iloc[rows], judged_simulated),
            scoring.survey_objects(survey.table.iloc[test], judged_test),
        ],
        ignore_index=True,
    )
    metrics, bins = scoring.score(
        predictions,
        objects,
        magnitude_edges=settings.magnitude_edges,
        seed=settings.seed,
        bootstrap=settings.bootstrap,
    )
    labels = files.read_json(paths.FINETUNED_LABELS)["train"]
    transfer = scoring.transfer(
        predictions, objects, labels=labels, seed=settings.seed, bootstrap=settings.bootstrap
    )
    files.write_parquet(paths.EVALUATED_PREDICTIONS, predictions)
    files.write_parquet(paths.EVALUATED_OBJECTS, objects)
    devices = {
        "train": files.read_json(paths.TRAINED_DEVICE)["device"],
        "finetune": files.read_json(paths.FINETUNED_DEVICE)["device"],
        "evaluate": choice.device,
    }
    files.write_json(paths.METRICS, {**metrics, "device": devices})
    files.write_csv(paths.BINS, bins)
    files.write_csv(paths.TRANSFER, transfer)
    print(bins.pivot_table("nmad", ["dataset", "against", "bin_low"], "method").to_string())


def prediction(
    dataset: str, method: str, model: nn.Model, stamps: store.Stamps, indices: np.ndarray
) -> pd.DataFrame:
    """A network's predictions, one row an object."""
    mean, sigma = predict(model, stamps, indices)
    return pd.DataFrame(
        {
            "dataset": dataset,
            "id": stamps.table["id"].to_numpy()[indices],
            "method": method,
            "ln_radius": mean,
            "ln_radius_sigma": sigma,
        }
    )


if __name__ == "__main__":
    run(main, ValueError, FileNotFoundError, RuntimeError, MemoryError)
