"""Domain: spoil honest stamps in every way there is, and see how well it is noticed."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from halflight import classical, files, params, store, tasks, training
from halflight.instrument import Instrument
from halflight.joint import COMBINATION, Joint
from halflight.measured import measured_objects
from halflight.params import Classical
from halflight.paths import REPORTS, TaskPaths
from halflight.report.figures import out_of_domain
from halflight.report.saving import save_png
from halflight.trials.apart import HONEST, told_apart
from halflight.trials.corruptions import CORRUPTIONS, Corruption, Stamp
from halflight.workers import WorkerError
from stages import processes, run
from stages.domain_words import described
from stages.runs import PACKAGE, both_runs


def main(task: str) -> None:
    """Write scores of every stamp by each run, a table of how well each kind is told, a figure.

    Raises:
        ValueError: a run has no combination, which alone says what is out of the domain.
    """
    settings, train = params.read(f"{task}.domain", f"{task}.train")
    place, wanted = TaskPaths(task), tasks.measuring(tasks.get(task))
    runs = both_runs(wanted, backend=training.choose_backend(train).backend)
    joints = [each.joint for each in runs if each.joint is not None]
    if len(joints) < len(runs):
        lacking = next(each.run for each in runs if each.joint is None)
        raise ValueError(
            f"the estimator of the run {lacking} has no {COMBINATION}, which says what is out of "
            "the domain: the stage combine writes it where validation stamps are enough"
        )
    stamps = store.read_stamps(place.stamps("simulated"))
    table, _ = measured_objects(place, wanted, stamps, "simulated", "test")
    table = table[: settings.stamps]
    rows = table["source_index"].to_numpy()
    arrays = [stamps[name][rows] for name in ("image", "sigma", "psf")]
    parts = []
    for number, corrupt in enumerate([None, *CORRUPTIONS]):
        name = HONEST if corrupt is None else corrupt.__name__
        spoilt = [
            spoil(corrupt, Stamp(*(a[..., 0] for a in one)), settings.seed, number, int(key))
            for *one, key in zip(*arrays, table["id"], strict=True)
        ]
        one_kind = [np.stack(each)[..., np.newaxis] for each in zip(*spoilt, strict=True)]
        fits = fitted(joints, one_kind, stamps.instrument, wanted.reference)
        for each, joint, fit in zip(runs, joints, fits, strict=True):
            network = each.estimator.measure(*one_kind, instrument=stamps.instrument)
            found = joint.joined(wanted, network, fit)
            columns = found[["domain_score", "flags"]].assign(
                kind=name,
                id=table["id"].to_numpy(),
                magnitude=table["magnitude"].to_numpy(),
                run=each.run,
            )
            parts.append(columns)
            share = (found["domain_score"] > 1).mean()
            print(f"domain: {name}: {share:.0%} out of the domain by the run {each.run}")
    scores = pd.concat(parts, ignore_index=True)
    areas = pd.concat(
        [
            told_apart(one, seed=settings.seed, repeats=settings.bootstrap).assign(run=name)
            for name, one in scores.groupby("run", sort=False)
        ],
        ignore_index=True,
    )
    folder = REPORTS / "domain" / task
    files.write_csv(folder / "scores.csv", scores)
    own, of_own = scores[scores["run"] == PACKAGE], areas[areas["run"] == PACKAGE]
    save_png(out_of_domain.draw(own, HONEST, of_own), folder / "roc.png")
    files.write_text(folder / "README.md", described(wanted, scores, areas))
    print(f"domain: {folder / 'README.md'}")


def fitted(
    joints: Sequence[Joint], stamps: Sequence[np.ndarray], instrument: Instrument, reference: str
) -> Iterator[pd.DataFrame]:
    """The scene fits that each joint asks for, of the same stamps: joints that ask alike share one.

    stamps: image, sigma and psf, of one band. Columns: those of the fit after the reference's name.
    """
    made: list[tuple[Classical, pd.DataFrame]] = []
    for joint in joints:
        asked = joint.settings.changed(stamps=1)  # how many were fitted elsewhere is no matter here
        fits = next((fits for settings, fits in made if settings == asked), None)
        if fits is None:
            found, _ = classical.fit_scenes(
                *(each[..., 0].astype(np.float32) for each in stamps),
                beliefs=classical.Beliefs(
                    asked.scene, instrument.pixel_scale, instrument.zero_point
                ),
                processes=processes(),
                detection_threshold=asked.detection_threshold,
            )
            fits = found.add_prefix(f"{reference}_")
            made.append((asked, fits))
        yield fits


def spoil(corrupt: Corruption | None, stamp: Stamp, seed: int, number: int, key: int) -> Stamp:
    """A stamp spoilt with random numbers of its own; None leaves it as it is."""
    if corrupt is None:
        return stamp
    return corrupt(
        Stamp(*(np.asarray(a, np.float32) for a in stamp)),
        np.random.Generator(np.random.Philox(key=[seed, key], counter=[0, 0, 0, number])),
    )


if __name__ == "__main__":
    run(main, ValueError, RuntimeError, WorkerError, MemoryError)
