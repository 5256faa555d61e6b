"""Every file and folder of the pipeline, by name, relative to the repository root."""

from dataclasses import dataclass
from pathlib import Path

PARAMS = Path("params.yaml")
PIPELINE = Path("dvc.yaml")
# The pipelines of the studies, as a pattern; their stages run in the root like all others.
STUDIES = "reports/*/dvc.yaml"
SWEEPS = Path("sweeps.yaml")
DATA = Path("data")
REPORTS = Path("reports")
SKY = DATA / "sky.json"
DATASETS = ("simulated", "survey")

PAGE = REPORTS / "index.html"
# The same with the circumstances of the run. Not an output of any stage: they differ each time.
RUN_PAGE = REPORTS / "run.html"
# The few numbers by which DVC compares runs.
SUMMARY = REPORTS / "summary.json"
PAGE_MARKDOWN = REPORTS / "report.md"
FIGURES = REPORTS / "figures"

CAPACITY = REPORTS / "capacity"
CAPACITY_HISTORY = CAPACITY / "learning_curves.csv"
CAPACITY_FIGURE = CAPACITY / "learning_curves.png"

# Not outputs of any stage: sweeps, one folder each, and the copy that runs the quick profile.
SWEPT = Path("sweeps")
QUICK = Path("quick")
QUICK_SETTINGS = Path("quick.yaml")

# Not an output of any stage: what an interrupted stage needs to go on where it stopped.
CHECKPOINTS = Path(".checkpoints")
# A file for each stage that is running, locked by its process.
RUNNING = CHECKPOINTS / "running"
# A file for each stage that ran, of its time and memory.
RAN = CHECKPOINTS / "ran"


@dataclass(frozen=True)
class TaskPaths:
    """The files of one task; `dataset` is one of `DATASETS`."""

    task: str

    def of_study(self, name: str) -> "TaskPaths":
        """The files of a study that has stamps of its own, below those of the task."""
        return TaskPaths(f"{self.task}/{name}")

    @property
    def data(self) -> Path:
        """The folder of all its data."""
        return DATA / self.task

    def stamps(self, dataset: str) -> Path:
        """Stamps as they were simulated or cut out of the survey."""
        return self.data / dataset / "stamps"

    @property
    def provenance(self) -> Path:
        """Where the survey's stamps come from."""
        return self.data / "survey" / "provenance.json"

    @property
    def dropped(self) -> Path:
        """The survey's objects that gave no stamp, and why."""
        return self.data / "survey" / "dropped.csv"

    def prepared(self, dataset: str) -> Path:
        """Stamps as a network sees them, with their split."""
        return self.data / "prepared" / dataset / "stamps"

    def preparation(self, dataset: str) -> Path:
        """What was done to these stamps."""
        return self.data / "prepared" / dataset / "preparation.json"

    def left_out(self, dataset: str) -> Path:
        """The stamps that no split holds, and why."""
        return self.data / "prepared" / dataset / "left_out.csv"

    def classical(self, dataset: str) -> Path:
        """Classical measurements, one row a stamp."""
        return self.data / "classical" / f"{dataset}.parquet"

    @property
    def trained(self) -> Path:
        """The estimator trained on simulated stamps."""
        return self.data / "trained" / "estimator"

    @property
    def trained_history(self) -> Path:
        """Its learning curve."""
        return self.data / "trained" / "history.csv"

    @property
    def estimator(self) -> Path:
        """The same, joined with the scene fit: what measures best."""
        return self.data / "estimator"

    def finetuned(self, arm: str) -> Path:
        """An estimator that has learnt from survey labels: "fine_tuned" or "from_scratch"."""
        return self.data / "finetuned" / "estimators" / arm

    @property
    def finetuned_history(self) -> Path:
        """The learning curves of these."""
        return self.data / "finetuned" / "history.csv"

    @property
    def predictions(self) -> Path:
        """What every method measured of the test objects."""
        return self.data / "evaluated" / "predictions.parquet"

    @property
    def objects(self) -> Path:
        """The test objects, with their truths and references."""
        return self.data / "evaluated" / "objects.parquet"

    @property
    def decided(self) -> Path:
        """What is decided of the test objects, by how probable a class must be."""
        return self.data / "evaluated" / "decided.parquet"

    @property
    def metrics(self) -> Path:
        """Every score over all objects."""
        return REPORTS / "metrics" / self.task / "metrics.json"

    @property
    def bins(self) -> Path:
        """The scores in bins."""
        return REPORTS / "metrics" / self.task / "bins.csv"

    @property
    def transfer(self) -> Path:
        """The arms of the transfer experiment side by side."""
        return REPORTS / "metrics" / self.task / "transfer.csv"
