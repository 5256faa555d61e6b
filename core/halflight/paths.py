"""Every file and folder of the pipeline, by name, relative to the repository root."""

from pathlib import Path

PARAMS = Path("params.yaml")

DATA = Path("data")
SURVEY = DATA / "survey"
SIMULATED = DATA / "simulated"
PREPARED = DATA / "prepared"
JUDGED = DATA / "judged"
TRAINED = DATA / "trained"
FINETUNED = DATA / "finetuned"
EVALUATED = DATA / "evaluated"

SURVEY_STAMPS = SURVEY / "stamps"
SURVEY_PROVENANCE = SURVEY / "provenance.json"
SURVEY_DROPPED = SURVEY / "dropped.csv"

PREPARED_SIMULATED = PREPARED / "simulated"
PREPARED_SURVEY = PREPARED / "survey"
PREPARED_SCALING = PREPARED / "scaling.json"
PREPARED_DROPPED = PREPARED / "dropped.csv"

JUDGED_SIMULATED = JUDGED / "simulated.parquet"
JUDGED_SURVEY = JUDGED / "survey.parquet"

TRAINED_MODEL = TRAINED / "model"
TRAINED_HISTORY = TRAINED / "history.csv"
TRAINED_DEVICE = TRAINED / "device.json"

FINETUNED_MODELS = FINETUNED / "models"
FINETUNED_HISTORY = FINETUNED / "history.csv"
FINETUNED_LABELS = FINETUNED / "labels.json"
FINETUNED_DEVICE = FINETUNED / "device.json"

EVALUATED_PREDICTIONS = EVALUATED / "predictions.parquet"
EVALUATED_OBJECTS = EVALUATED / "objects.parquet"

REPORTS = Path("reports")
METRICS = REPORTS / "metrics" / "metrics.json"
BINS = REPORTS / "metrics" / "bins.csv"
TRANSFER = REPORTS / "metrics" / "transfer.csv"
PAGE = REPORTS / "index.html"
PAGE_MARKDOWN = REPORTS / "report.md"
FIGURES = REPORTS / "figures"

CAPACITY = REPORTS / "capacity"
CAPACITY_HISTORY = CAPACITY / "learning_curves.csv"
CAPACITY_FIGURE = CAPACITY / "learning_curves.png"

# Not an output of any stage: what an interrupted stage needs to go on where it stopped.
CHECKPOINTS = Path(".checkpoints")
