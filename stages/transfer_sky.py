"""Transfer_sky: a larger synthetic sky than the default run's, to learn from and to test on."""

from halflight import params, tasks
from halflight.paths import TaskPaths
from halflight.surveys import SurveyError
from halflight.workers import WorkerError
from stages import run
from stages.classical import measure
from stages.download import download_to
from stages.prepare import prepare


def main(task: str) -> None:
    """Download, prepare and measure them, as the stages of these names do."""
    survey, wanted, sky = params.read("survey", f"{task}.survey", "sandbox")
    ready, fit, settings = params.read(f"{task}.prepare", f"{task}.classical", f"{task}.transfer")
    place = TaskPaths(task).of_study("transfer")
    synthetic = survey.changed(endpoint="sandbox", skyserver_url=None, sas_url=None)
    download_to(place, synthetic, wanted, sky.changed(**settings.sandbox), "transfer_sky")
    prepare(task, ready, place, "survey")
    measure(tasks.get(task), fit, place, "survey")


if __name__ == "__main__":
    run(main, SurveyError, WorkerError, ValueError)
