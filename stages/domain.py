"""Domain: spoil honest stamps in every way there is, and see how well it is noticed."""

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from halflight import files, params, store, tasks, training
from halflight.measured import measured_objects
from halflight.measurer import Measurer
from halflight.paths import REPORTS, TaskPaths
from halflight.report.figures import out_of_domain
from halflight.report.saving import save_png
from halflight.scores.probability import roc_auc
from halflight.scores.statistics import resamples
from halflight.trials.corruptions import CORRUPTIONS, Corruption, Stamp
from halflight.workers import WorkerError
from stages import processes, run

HONEST = "honest"
BRIGHT = 18.0  # mag: what is wrong with a PSF shows in bright galaxies first


def main(task: str) -> None:
    """Write scores of every stamp, a table of how well each kind is told apart, and a figure."""
    settings, train = params.read(f"{task}.domain", f"{task}.train")
    place, wanted = TaskPaths(task), tasks.get(task)
    measurer = Measurer.load(place.estimator, backend=training.choose_backend(train).backend)
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
        image, sigma, psf = (np.stack(each)[..., np.newaxis] for each in zip(*spoilt, strict=True))
        found = measurer.measure(
            image, sigma, psf, instrument=stamps.instrument, tier="best", processes=processes()
        )
        columns = found[["domain_score", "flags"]].assign(
            kind=name,
            id=table["id"].to_numpy(),
            magnitude=table["magnitude"].to_numpy(),
        )
        parts.append(columns)
        print(f"domain: {name}: {(found['domain_score'] > 1).mean():.0%} out of the domain")
    scores = pd.concat(parts, ignore_index=True)
    folder = REPORTS / "domain" / task
    files.write_csv(folder / "scores.csv", scores)
    areas = told_apart(scores, seed=settings.seed, repeats=settings.bootstrap)
    save_png(out_of_domain.draw(scores, HONEST, areas), folder / "roc.png")
    files.write_text(folder / "README.md", described(wanted, scores, areas))
    print(f"domain: {folder / 'README.md'}")


def spoil(corrupt: Corruption | None, stamp: Stamp, seed: int, number: int, key: int) -> Stamp:
    """A stamp spoilt with random numbers of its own; None leaves it as it is."""
    if corrupt is None:
        return stamp
    return corrupt(
        Stamp(*(np.asarray(a, np.float32) for a in stamp)),
        np.random.Generator(np.random.Philox(key=[seed, key], counter=[0, 0, 0, number])),
    )


def told_apart(scores: pd.DataFrame, *, seed: int, repeats: int) -> pd.DataFrame:
    """Of each kind: the area under its ROC, with the central 68 % of a bootstrap of galaxies.

    auroc_bright is that of galaxies brighter than `BRIGHT`; flagged the share out of the domain.
    """
    wide = scores.pivot_table("domain_score", "id", "kind", sort=False)
    magnitude = scores.drop_duplicates("id").set_index("id")["magnitude"].reindex(wide.index)
    bright = (magnitude < BRIGHT).to_numpy()
    chosen = list(resamples(wide.index.to_numpy(), seed=seed, repeats=repeats))
    rows = []
    for kind in (name for name in wide if name != HONEST):
        pair = wide[[HONEST, kind]].to_numpy()
        again = [area(pair[rows_of]) for rows_of in chosen]
        low, high = np.quantile(again, [0.16, 0.84])
        rows.append(
            {
                "kind": kind,
                "auroc": area(pair),
                "auroc_low": low,
                "auroc_high": high,
                "auroc_bright": area(pair[bright]),
                "flagged": float((pair[:, 1] > 1).mean()),
            }
        )
    return pd.DataFrame(rows)


def area(pair: np.ndarray) -> float:
    """The area under the ROC of scores (n, 2) of honest stamps and of spoilt ones."""
    ranks = rankdata(pair.T.ravel())  # of which infinite scores have one, too
    return roc_auc(ranks, np.repeat([False, True], len(pair)))


def described(task: tasks.Task, scores: pd.DataFrame, areas: pd.DataFrame) -> str:
    """The table in words."""
    honest = scores[scores["kind"] == HONEST]
    alarms = float((honest["domain_score"] > 1).mean())
    meanings = {each.__name__: (each.__doc__ or "").split(".")[0] for each in CORRUPTIONS}
    lines = [
        f"# {task.title}: what is out of the domain, and whether it is noticed",
        "",
        f"{len(honest)} synthetic test stamps, each spoilt in {len(areas)} ways "
        "(`halflight.trials.corruptions`). AUROC is the chance that a spoilt stamp has a larger "
        "`domain_score` than an honest one, in brackets the central 68 % of a bootstrap of "
        f"galaxies; bright: of galaxies brighter than {BRIGHT:.0f} mag. Flagged: "
        f"`out_of_domain`, which {alarms:.1%} of the honest stamps are. Written by "
        "`dvc repro reports/domain/dvc.yaml`.",
        "",
        "![ROC of every kind, and the areas under them](roc.png)",
        "",
        "| kind | what | AUROC | bright | flagged |",
        "|---|---|---|---|---|",
    ]
    for row in areas.sort_values("auroc", kind="stable").to_dict("records"):
        interval = f"{row['auroc']:.3f} ({row['auroc_low']:.3f}-{row['auroc_high']:.3f})"
        lines.append(
            f"| {row['kind'].replace('_', ' ')} | {meanings[row['kind']]} | {interval} | "
            f"{row['auroc_bright']:.3f} | {row['flagged']:.0%} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    run(main, ValueError, RuntimeError, WorkerError, MemoryError)
