"""Full: the network trained on more stamps and for longer, joined with the fit as the default's."""

from halflight import files, params, tasks
from halflight.paths import TaskPaths
from stages import run
from stages.combine import combine
from stages.full_stamps import place_of
from stages.record import code_fingerprint
from stages.train import simulated, train


def main(task: str) -> None:
    """Train on the stamps that full_stamps made; join on the default run's validation split."""
    settings, fit, full = params.read(f"{task}.train", f"{task}.classical", f"{task}.full")
    wanted, place = tasks.measuring(tasks.get(task)), place_of(task)
    code = code_fingerprint("full", {"task": task})
    data = simulated(wanted, place)
    estimator, history = train(wanted, settings.changed(**full.train), place, data, "full", code)
    estimator.save(place.trained)
    files.write_csv(place.trained_history, history)
    combine(wanted, fit, estimator, TaskPaths(task), place.estimator)


if __name__ == "__main__":
    run(main, ValueError, FloatingPointError, RuntimeError, MemoryError)
