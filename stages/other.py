"""Other: learn what is usual of stars and galaxies, and judge honest and spoilt stamps by it."""

import numpy as np
import pandas as pd

from halflight import files, likeness, params, store, training
from halflight.estimator import Estimator
from halflight.judged import SCORE, Judged
from halflight.likeness import Likeness
from halflight.measurer import Measurer
from halflight.paths import REPORTS, TaskPaths
from halflight.prepare import extinction_of
from halflight.store import Stamps
from halflight.trials.corruptions import Stamp
from halflight.trials.others import OTHERS, Other
from stages import run

HONEST, SCORES = "honest", "scores.csv"
LEARNT, JUDGED = 1000, 200  # at most so many stamps to learn from, and to spoil in each way
SEED = 1  # of what the stamps are spoilt with
# Arcsec to the next object a third as bright, and the most light of all others: alone enough.
APART, MOST_OTHER_LIGHT = 6.0, 0.01


def main(task: str) -> None:
    """Write an estimator with what is usual beside it, and the scores of every stamp."""
    train = params.read(f"{task}.train")
    place = TaskPaths(task)
    stamps = store.read_stamps(place.stamps("simulated"))
    known = likeness.indicators(*pixels(stamps, alone(place, stamps, "validation")[:LEARNT]))
    usual = Likeness.fitted(known)
    backend = training.choose_backend(train).backend
    estimator = Estimator.load(place.finetuned("fine_tuned"), backend=backend)
    with files.whole_folder(place.data / "other" / "estimator") as partial:
        estimator.write(partial)
        usual.save(partial)
    judge = Judged(Measurer(estimator), usual)
    # The last ones: the first were looked at while kinds and indicators were chosen.
    scores = judged_kinds(judge, stamps, alone(place, stamps, "test")[-JUDGED:])
    files.write_csv(REPORTS / "other" / task / SCORES, scores)


def alone(place: TaskPaths, stamps: Stamps, split: str) -> np.ndarray:
    """The rows of a split's stamps that show one star or one galaxy, without another beside it."""
    ready = store.read_stamps(place.prepared("simulated"), split="text", source_index="integer")
    rows = store.source_rows(ready, stamps)[(ready.table["split"] == split).to_numpy()]
    table = stamps.table.take(rows)
    apart = ~(table["blend_separation"].to_numpy(float) <= APART)  # NaN: there is none
    dark = table["neighbour_flux_fraction"].to_numpy(float) < MOST_OTHER_LIGHT
    single = (table["kind"] != "binary").to_numpy()
    return rows[apart & dark & single]


def pixels(stamps: Stamps, rows: np.ndarray) -> list[np.ndarray]:
    """Image, sigma and PSF of stamps."""
    return [stamps[name][rows] for name in ("image", "sigma", "psf")]


def judged_kinds(judge: Judged, stamps: Stamps, rows: np.ndarray) -> pd.DataFrame:
    """Score, flags and probability of each stamp as it is, and spoilt in each way."""
    honest = pixels(stamps, rows)
    table = stamps.table.take(rows)
    dust = extinction_of(table, stamps.instrument.bands)
    parts = []
    for number, spoil in enumerate([None, *OTHERS]):
        spoilt = [
            spoilt_by(spoil, Stamp(*one), number, int(key))
            for *one, key in zip(*honest, table["id"], strict=True)
        ]
        arrays = (np.stack(each) for each in zip(*spoilt, strict=True))
        found = judge.measure(*arrays, instrument=stamps.instrument, extinction=dust)
        parts.append(
            found[[SCORE, "flags", "star_probability"]].assign(
                kind=HONEST if spoil is None else spoil.__name__,
                id=table["id"].to_numpy(),
                magnitude=table["magnitude"].to_numpy(),
            )
        )
        print(f"other: {parts[-1]['kind'].iloc[0]}: {(found[SCORE] > 1).mean():.0%} flagged")
    return pd.concat(parts, ignore_index=True)


def spoilt_by(spoil: Other | None, stamp: Stamp, number: int, key: int) -> Stamp:
    """A stamp spoilt with random numbers of its own; None leaves it as it is."""
    plain = Stamp(*(np.array(a, np.float32) for a in stamp))
    if spoil is None:
        return plain
    key_of = np.random.Philox(key=[SEED, key], counter=[0, 0, 0, number])
    return spoil(plain, np.random.Generator(key_of))


if __name__ == "__main__":
    run(main, ValueError, RuntimeError, MemoryError)
