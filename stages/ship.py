"""Ship: put the estimator of the full run into the package, with its model card."""

from dataclasses import replace
from pathlib import Path

import pandas as pd

from halflight import files, models, nn, tasks
from halflight.estimator import Estimator
from halflight.joint import Joint
from halflight.params.plain import plain_values
from halflight.paths import REPORTS
from stages import run
from stages.full_scores import SCORES, folder_of
from stages.full_stamps import place_of

STUDY = REPORTS / "full" / "dvc.yaml"
LOCK = STUDY.with_suffix(".lock")
NAMES = {"radius": "camera"}
"""Of the model that a task's estimator is shipped as."""
POPULATION = {
    "radius": "simulated galaxies of one Sersic profile or of bulge and disc, among neighbours and "
    "close companions: half-light radii of 0.5 to 30 pixels, PSFs of 1.5 to 7 pixels FWHM, noise "
    "and depth of images from the ground (params.yaml, radius.simulate, tier camera)",
}
LIMITS = {
    "radius": (
        "Trained on synthetic galaxies alone; no observed image was used.",
        "One band at a time; noise that is independent from pixel to pixel; a PSF that is known.",
        "Error bars hold for that population; beyond its sizes and PSFs rows are flagged.",
        "Spiral arms, clumps, bars and dust are not in the training.",
    ),
}


def main(task: str) -> None:
    """Copy the estimator without its optimizer; its scores are those of the committed study."""
    place, name = place_of(task), NAMES[task]
    trained, joint = Estimator.load(place.estimator), Joint.load(place.estimator)
    if joint is None:
        raise ValueError(f"{place.estimator} has no combination: run `dvc repro {STUDY}`")
    bare = nn.Model(trained.network.inputs, trained.network.outputs, seed=trained.network.seed)
    folder = models.HOME / name
    joint.save(replace(trained, network=bare), folder)
    headline = tasks.measuring(tasks.get(task)).headline.name
    scores = scores_of(pd.read_csv(folder_of(task) / SCORES), headline, trained.orientations)
    card = {
        "name": name,
        "title": f"{tasks.measuring(tasks.get(task)).title} of galaxies, for any camera",
        "default": True,
        "population": POPULATION[task],
        "limits": LIMITS[task],
        "scores": scores,
        "command": f"dvc repro && dvc repro {STUDY} && python -m stages.ship {task}",
        "made_from": hash_of(place.estimator),
        "licence": trained.licence,
    }
    files.write_json(folder / models.CARD, card)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    print(f"ship: {name}: {size / 1e6:.1f} MB in {folder}")


def scores_of(table: pd.DataFrame, quantity: str, orientations: int) -> dict[str, float]:
    """Of all simulated test galaxies, by the full run's network and by that and the fit."""
    chosen = table[
        (table[["run", "dataset"]] == ["full", "simulated"]).all(axis="columns")
        & (table[["galaxies", "by"]] == "all").all(axis="columns")
        & (table["quantity"] == quantity)
        & (table["orientations"] == orientations)
    ]
    found = chosen.set_index("method").to_dict("index")
    return {
        f"{method}_{score}": float(found[method][score])
        for method in ("combined", "network")
        for score in ("nmad", "outlier_fraction", "coverage_68", "coverage_95")
    }


def hash_of(output: Path) -> str:
    """The hash that the study's lock has of an output.

    Raises:
        ValueError: it has none.
    """
    for stage in plain_values(LOCK.read_bytes())["stages"].values():
        for out in stage.get("outs", ()):
            if out["path"] == str(output):
                return str(out["md5"])
    raise ValueError(f"{LOCK} knows no {output}: run `dvc repro {STUDY}`")


if __name__ == "__main__":
    run(main, ValueError)
