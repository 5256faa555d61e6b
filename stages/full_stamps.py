"""Full_stamps: many more stamps to learn from than the default run has, of the same population."""

from halflight import params
from halflight.paths import TaskPaths
from halflight.simulation import SimulationError
from halflight.workers import WorkerError
from stages import run
from stages.prepare import prepare
from stages.simulate import simulate


def place_of(task: str) -> TaskPaths:
    """Where the full run of a task has its stamps, and what is trained on them."""
    return TaskPaths(task).of_study("full")


def main(task: str) -> None:
    """Simulate and prepare, as the stages of these names do."""
    settings, ready, full = params.read(f"{task}.simulate", f"{task}.prepare", f"{task}.full")
    tier = settings.tiers[full.tier].changed(count=full.count, first=full.first)
    place = place_of(task)
    simulate(settings.changed(tiers={full.tier: tier.model_dump()}), place.stamps("simulated"))
    prepare(task, ready, place, "simulated")


if __name__ == "__main__":
    run(main, ValueError, SimulationError, WorkerError)
