"""Simulate: GalSim stamps of objects whose truth is known. Synthetic, and said so."""

from contextlib import closing
from pathlib import Path

from tqdm import tqdm

from halflight import params, store
from halflight.instrument import SDSS
from halflight.paths import TaskPaths
from halflight.simulation import SimulationError, simulate_stamps
from halflight.workers import WorkerError, answers_kept
from stages import processes, run


def main(task: str) -> None:
    """Draw, render and store the tiers of params.yaml, one block after the other."""
    simulate(params.read(f"{task}.simulate"), TaskPaths(task).stamps("simulated"))


def simulate(settings: params.Simulate | params.SimulateSources, folder: Path) -> None:
    """Write the stamps of all tiers into a folder."""
    instrument = SDSS.with_bands(settings.bands)
    with (
        answers_kept(),
        store.write_stamps(folder, instrument=instrument, origin="simulated") as writer,
        tqdm(total=settings.count, desc="simulate", unit=" stamps", disable=None) as bar,
    ):
        for name, tier in settings.tiers.items():
            blocks = simulate_stamps(
                tier.count,
                first=tier.first,
                seed=settings.seed,
                stamp_size=settings.stamp_size,
                psf_size=settings.psf_size,
                population=settings.population_of(name),
                processes=processes(),
                targets=settings.targets,
            )
            with closing(blocks):
                for table, image, sigma, psf in blocks:
                    writer.append(table.assign(tier=name), image=image, sigma=sigma, psf=psf)
                    bar.update(len(table))
    counts = ", ".join(f"{tier.count} {name}" for name, tier in settings.tiers.items())
    print(f"simulate: synthetic stamps in {folder}: {counts}")


if __name__ == "__main__":
    run(main, ValueError, SimulationError, WorkerError)
