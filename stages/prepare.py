"""Prepare: split by sky, clean and scale simulated and survey stamps alike."""

from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from halflight import files, params, paths, store
from halflight import prepare as preparation
from halflight.instrument import PIXEL_SCALE
from stages import run

BLOCK = 256
SCALING_SAMPLE = 2048


def main() -> None:
    """Read the simulated and survey stamps, write data/prepared."""
    everything = params.load()
    settings, endpoint = everything.prepare, everything.survey.endpoint
    simulated = store.read_stamps(paths.SIMULATED)
    survey = store.read_stamps(paths.SURVEY_STAMPS)

    split = {
        "simulated": preparation.split_patches(
            simulated.table["id"].to_numpy().astype(str),
            fractions=settings.simulated_fractions,
            seed=settings.seed,
        ),
        "survey": split_survey(survey.table, settings, endpoint),
    }
    scaling = fit_scalings(simulated, split["simulated"] == "train", settings)
    dropped = []
    for name, stamps, folder in [
        ("simulated", simulated, paths.PREPARED_SIMULATED),
        ("survey", survey, paths.PREPARED_SURVEY),
    ]:
        dropped.append(prepare(name, stamps, split[name], scaling, settings, folder))
    files.write_json(paths.PREPARED_SCALING, {k: v.to_dict() for k, v in scaling.items()})
    files.write_csv(paths.PREPARED_DROPPED, pd.concat(dropped, ignore_index=True))


def split_survey(
    table: pd.DataFrame, settings: params.Prepare, endpoint: params.Endpoint
) -> np.ndarray:
    """The split of each survey object, or "shared sky" for one that lies in two."""
    by_rows = settings.survey_patches[endpoint] == "rows"
    patches = (
        preparation.row_patches(table, rows_per_patch=settings.rows_per_patch)
        if by_rows
        else preparation.field_patches(table)
    )
    split = preparation.split_patches(
        patches,
        fractions=settings.survey_fractions[endpoint],
        seed=settings.seed,
        contiguous=by_rows,
    )
    diagonal = settings.stamp_size * np.sqrt(2) * PIXEL_SCALE
    ra, dec = table["ra"].to_numpy(), table["dec"].to_numpy()
    split[preparation.shared_sky(ra, dec, split, radius=diagonal)] = "shared sky"
    return split


def fit_scalings(
    simulated: store.Stamps, training: np.ndarray, settings: params.Prepare
) -> dict[str, preparation.Scaling]:
    """Scalings of image and PSF, from simulated training stamps alone."""
    sample = np.flatnonzero(training)[:SCALING_SAMPLE]
    sigma = simulated["sigma"][sample]
    image, _ = preparation.clean_stamps(simulated["image"][sample], sigma)
    noise = float(np.median(sigma[np.isfinite(sigma)]))
    return {
        "image": preparation.fit_scaling(
            preparation.centre_crop(image, settings.stamp_size), settings.image_softening * noise
        ),
        "psf": preparation.fit_scaling(
            preparation.centre_crop(simulated["psf"][sample], settings.psf_size),
            settings.psf_softening,
        ),
    }


def prepare(
    name: str,
    stamps: store.Stamps,
    split: np.ndarray,
    scaling: dict[str, preparation.Scaling],
    settings: params.Prepare,
    folder: Path,
) -> pd.DataFrame:
    """Write one kind of stamps, scaled; return the objects left out, with the reason."""
    reason = np.full(len(stamps), "", dtype=object)
    reason[split == "shared sky"] = "shares sky with an object of another split"
    with store.write_stamps(folder) as writer:
        for start in tqdm(range(0, len(stamps), BLOCK), f"prepare {name}", disable=None):
            rows = np.arange(start, min(start + BLOCK, len(stamps)))
            image, bad = preparation.clean_stamps(stamps["image"][rows], stamps["sigma"][rows])
            reason[rows[bad > settings.max_bad_fraction]] = "too many bad pixels"
            keep = reason[rows] == ""
            table = stamps.table.iloc[rows[keep]].assign(
                split=split[rows[keep]], source_index=rows[keep], bad_fraction=bad[keep]
            )
            image = preparation.centre_crop(image[keep], settings.stamp_size)
            psf = preparation.centre_crop(stamps["psf"][rows[keep]], settings.psf_size)
            writer.append(table, image=scaling["image"].apply(image), psf=scaling["psf"].apply(psf))
    counts = pd.Series(split[reason == ""]).value_counts()
    left_out = pd.DataFrame({"dataset": name, "id": stamps.table["id"], "reason": reason})
    left_out = left_out[left_out["reason"] != ""]
    print(
        f"prepare: {name}: "
        + ", ".join(f"{counts.get(s, 0)} {s}" for s in preparation.SPLITS)
        + f"; {len(left_out)} left out"
    )
    return left_out


if __name__ == "__main__":
    run(main, ValueError, FileNotFoundError)
