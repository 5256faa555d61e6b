"""Combine: join network and classical fit as serves objects of known truth best: the estimator."""

from pathlib import Path

from halflight import params, store, tasks, training
from halflight.combination import TooFewError
from halflight.estimator import Estimator
from halflight.joint import fitted_joint
from halflight.measured import measured_objects
from halflight.paths import TaskPaths
from stages import run


def main(task: str) -> None:
    """Fit the combination on the simulation's validation split; keep it beside the network.

    Where that split is too small to tell, or nothing measures what the network does, the network
    stands alone.
    """
    settings, train = params.read(f"{task}.classical", f"{task}.train")
    place, wanted = TaskPaths(task), tasks.get(task)
    trained = Estimator.load(place.trained, backend=training.choose_backend(train).backend)
    if not isinstance(wanted, tasks.Measurement):
        print(f"combine: no fit measures what task {task} does: the network is the estimator")
        trained.save(place.estimator)
        return
    combine(wanted, settings, trained, place, place.estimator)


def combine(
    wanted: tasks.Measurement,
    settings: params.Classical,
    trained: Estimator,
    place: TaskPaths,
    folder: Path,
) -> None:
    """Save an estimator into a folder, joined with the fits of the validation split of `place`."""
    stamps = store.read_stamps(place.stamps("simulated"))
    table, fits = measured_objects(place, wanted, stamps, "simulated", "validation")
    network = trained.measure_stamps(stamps, table["source_index"].to_numpy())
    try:
        joint = fitted_joint(wanted, settings, table, fits, network)
    except TooFewError as error:
        print(f"combine: network and {wanted.reference} are not joined: {error}")
        trained.save(folder)
        return
    joint.save(trained, folder)
    names = ", ".join(joint.combinations)
    print(f"combine: {names}: network and {wanted.reference} of {len(table)} stamps joined")


if __name__ == "__main__":
    run(main, ValueError, RuntimeError, MemoryError)
