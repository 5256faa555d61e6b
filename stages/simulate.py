"""Simulate: GalSim stamps of galaxies whose half-light radius is known. Synthetic, and said so."""

from contextlib import closing

from tqdm import tqdm

from halflight import params, store
from halflight.instrument import SDSS
from halflight.paths import TaskPaths
from halflight.simulation import SimulationError, simulate_stamps
from halflight.workers import WorkerError
from stages import processes, run


def main(task: str) -> None:
    """Draw, render and store the population of params.yaml, one block after the other."""
    settings = params.read(f"{task}.simulate")
    folder = TaskPaths(task).stamps("simulated")
    blocks = simulate_stamps(
        settings.count,
        seed=settings.seed,
        stamp_size=settings.stamp_size,
        psf_size=settings.psf_size,
        population=settings.population,
        processes=processes(),
    )
    instrument = SDSS.with_bands([settings.population.band])
    with (
        closing(blocks),
        store.write_stamps(folder, instrument=instrument, origin="simulated") as writer,
        tqdm(total=settings.count, desc="simulate", unit=" stamps", disable=None) as bar,
    ):
        for table, image, sigma, psf in blocks:
            writer.append(table, image=image, sigma=sigma, psf=psf)
            bar.update(len(table))
    print(f"simulate: {settings.count} synthetic stamps in {folder}")


if __name__ == "__main__":
    run(main, ValueError, SimulationError, WorkerError)
