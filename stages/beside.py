"""Beside: the same stamps measured by this project's methods and by others', each timed alone."""

import time
from contextlib import closing

import numpy as np
import pandas as pd

from halflight import files, models, params
from halflight.images import ImageError
from halflight.measurer import Measurer
from halflight.simulation import SimulationError, simulate_stamps
from halflight.trials import peers
from halflight.trials.recovered import recovered
from halflight.workers import WorkerError
from stages import processes, run
from stages.beside_ways import Q, ways
from stages.beside_words import described, table_of
from stages.plant import folder_of

WARM = 2  # stamps that are measured before the clock runs: what is compiled or loaded late


def main(task: str) -> None:
    """Write every method's answer to every stamp, their scores, and a text."""
    if lacking := peers.missing():
        raise ValueError(f"{' and '.join(lacking)} are not installed: pip install '.[compare]'")
    wanted = params.load_own_images().beside
    simulate, fit, evaluate = params.read(
        f"{task}.simulate", f"{task}.classical", f"{task}.evaluate"
    )
    blocks = simulate_stamps(
        wanted.count,
        first=wanted.first,
        seed=simulate.seed,
        stamp_size=simulate.stamp_size,
        psf_size=simulate.psf_size,
        population=simulate.population,
        processes=processes(),
    )
    with closing(blocks):
        table, *stamps = zip(*blocks, strict=True)
    truths = pd.concat(table, ignore_index=True)[["id", "magnitude", Q]]
    arrays = tuple(np.concatenate(each) for each in stamps)
    parts, seconds = [], {}
    for measure in ways(Measurer.load(models.find()), fit, simulate.population.band):
        measure(*(array[:WARM] for array in arrays))
        begun = time.perf_counter()
        found = measure(*arrays)
        taken = (time.perf_counter() - begun) / len(truths)
        for method, rows in found.items():
            parts.append(recovered(truths, rows.assign(id=truths["id"])).assign(method=method))
            seconds[method] = taken
        print(f"beside: {', '.join(found)}: {taken:.3f} s a source")
    answers = pd.concat(parts, ignore_index=True)
    kept = folder_of(task) / "beside"
    scored = table_of(answers, seconds, seed=evaluate.seed, bootstrap=evaluate.bootstrap)
    files.write_csv(kept / "answers.csv", answers)
    files.write_csv(kept / "scores.csv", scored)
    files.write_text(kept / "README.md", described(scored, len(truths)))
    print(f"beside: {kept / 'README.md'}")


if __name__ == "__main__":
    run(
        main,
        *(ValueError, RuntimeError, SimulationError, WorkerError, MemoryError, ImageError),
    )
