"""Training_stamps: those of a training that learns from others than the default run's."""

from halflight import params, tasks
from halflight.simulation import SimulationError
from halflight.workers import WorkerError
from stages import run
from stages.classical import measure
from stages.prepare import prepare
from stages.simulate import simulate
from stages.training import place_of


def main(task: str, kind: str) -> None:
    """Simulate, prepare and measure classically, as the stages of these names do."""
    settings, ready, fit, trainings = params.read(
        f"{task}.simulate", f"{task}.prepare", f"{task}.classical", f"{task}.trainings"
    )
    chosen, place = trainings.kinds[kind], place_of(task, trainings, kind)
    simulate(settings.changed(**chosen.simulate), place.stamps("simulated"))
    prepare(task, ready.changed(**chosen.prepare), place, "simulated")
    told = fit.changed(scene=fit.scene.changed(**chosen.scene))
    measure(tasks.measuring(tasks.get(task)), told, place, "simulated")


if __name__ == "__main__":
    run(main, ValueError, SimulationError, WorkerError)
