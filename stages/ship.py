"""Ship: put the estimator of the default run into the package, with its model card."""

import json
from dataclasses import replace
from pathlib import Path

from halflight import files, models, nn, tasks
from halflight.estimator import Estimator
from halflight.joint import Joint
from halflight.params.plain import plain_values
from halflight.paths import TaskPaths
from stages import run

LOCK = Path("dvc.lock")
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
    """Copy the estimator without its optimizer; its scores are those of the committed metrics."""
    place, name = TaskPaths(task), NAMES[task]
    trained, joint = Estimator.load(place.estimator), Joint.load(place.estimator)
    if joint is None:
        raise ValueError(f"{place.estimator} has no combination: run `dvc repro`")
    bare = nn.Model(trained.network.inputs, trained.network.outputs, seed=trained.network.seed)
    folder = models.HOME / name
    joint.save(replace(trained, network=bare), folder)
    headline = tasks.measuring(tasks.get(task)).headline
    scores = json.loads(place.metrics.read_text())[headline.name]["simulated"]
    card = {
        "name": name,
        "title": f"{tasks.measuring(tasks.get(task)).title} of galaxies, for any camera",
        "default": True,
        "population": POPULATION[task],
        "limits": LIMITS[task],
        "scores": {
            f"{method}_{score}": scores[method][score]
            for method in ("combined", "network")
            for score in ("nmad", "outlier_fraction", "coverage_68", "coverage_95")
        },
        "command": f"dvc repro && python -m stages.ship {task}",
        "made_from": hash_of(place.estimator),
        "licence": trained.licence,
    }
    files.write_json(folder / models.CARD, card)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    print(f"ship: {name}: {size / 1e6:.1f} MB in {folder}")


def hash_of(output: Path) -> str:
    """The hash that dvc.lock has of an output of the pipeline.

    Raises:
        ValueError: it has none.
    """
    for stage in plain_values(LOCK.read_bytes())["stages"].values():
        for out in stage.get("outs", ()):
            if out["path"] == str(output):
                return str(out["md5"])
    raise ValueError(f"{LOCK} knows no {output}: run `dvc repro`")


if __name__ == "__main__":
    run(main, ValueError)
