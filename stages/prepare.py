"""Prepare: split by sky, clean, crop and stretch stamps, simulated and survey's alike."""

import numpy as np
import pandas as pd
from tqdm import tqdm

from halflight import files, params, store, tables
from halflight import prepare as preparing
from halflight.paths import TaskPaths
from halflight.text import shown
from stages import run

BLOCK = 256
FIELD = ("run", "camcol", "field")


def main(task: str, dataset: str) -> None:
    """Read the stamps of one data set, write them as the network sees them."""
    prepare(task, params.read(f"{task}.prepare"), TaskPaths(task), dataset)


def prepare(task: str, settings: params.Prepare, place: TaskPaths, dataset: str) -> None:
    """Prepare the stamps of a data set in `place`; task: whose parameters an error names."""
    stamps = store.read_stamps(place.stamps(dataset))
    path = place.stamps(dataset) / store.TABLE
    tables.check(stamps.table, path, **split_columns(stamps, settings, task))
    preparation = preparing.preparation_of(settings)
    split = split_stamps(stamps, settings)
    left_out = write_prepared(stamps, split, preparation, place, dataset)
    files.write_csv(place.left_out(dataset), left_out)
    files.write_json(place.preparation(dataset), preparation.to_dict())
    kept = pd.Series(split[~stamps.table["id"].isin(left_out["id"])]).value_counts()
    counts = ", ".join(f"{kept.get(name, 0)} {name}" for name in preparing.SPLITS)
    print(f"prepare: {dataset}: {counts}; {len(left_out)} left out")


def origins(stamps: store.Stamps) -> np.ndarray:
    """The name of each stamp's rule (n,): its tier, where it is simulated, or where it is from."""
    if "tier" in stamps.table:
        return stamps.table["tier"].to_numpy(object)
    return np.full(len(stamps), stamps.origin, object)


def split_columns(stamps: store.Stamps, settings: params.Prepare, task: str) -> dict[str, str]:
    """The columns by which these stamps are split.

    Raises ValueError where `settings` have no rule for one of their origins.
    """
    if strangers := sorted(set(origins(stamps)) - set(settings.split)):
        raise ValueError(
            f"{task}.prepare.split says nothing of stamps of the origin {shown(strangers[0])}; "
            f"it has {', '.join(settings.split)}"
        )
    patches = {settings.split[name].patches for name in set(origins(stamps))}
    needed = FIELD if patches & {"fields", "rows"} else ()
    places = [name for name in ("ra", "dec") if {"ra", "dec"} & set(stamps.table)]
    rows = ["rowc"] if "rows" in patches else []
    return dict.fromkeys(needed, "integer") | dict.fromkeys([*places, *rows], "finite")


def split_stamps(stamps: store.Stamps, settings: params.Prepare) -> np.ndarray:
    """The split of each stamp, or "shared sky" for one that lies in two."""
    names, split = origins(stamps), np.full(len(stamps), "", object)
    for name in sorted(set(names)):
        rule, table = settings.split[name], stamps.table[names == name]
        patches = {
            "stamps": lambda table=table: table["id"].to_numpy().astype(str),
            "fields": lambda table=table: preparing.field_patches(table),
            "rows": lambda table=table: preparing.row_patches(
                table, rows_per_patch=settings.rows_per_patch
            ),
        }[rule.patches]()
        split[names == name] = preparing.split_patches(
            patches,
            fractions=rule.fractions,
            seed=settings.seed,
            contiguous=rule.patches == "rows",
        )
    if {"ra", "dec"} <= set(stamps.table):
        diagonal = settings.stamp_size * np.sqrt(2) * stamps.instrument.pixel_scale
        ra, dec = stamps.table["ra"].to_numpy(), stamps.table["dec"].to_numpy()
        split[preparing.shared_sky(ra, dec, split, radius=diagonal)] = "shared sky"
    return split


def write_prepared(
    stamps: store.Stamps,
    split: np.ndarray,
    preparation: preparing.Preparation,
    place: TaskPaths,
    dataset: str,
) -> pd.DataFrame:
    """Write the stamps, prepared; return the objects left out, with the reason."""
    reason = np.full(len(stamps), "", dtype=object)
    reason[split == "shared sky"] = "shares sky with an object of another split"
    with store.write_stamps(
        place.prepared(dataset), instrument=stamps.instrument, origin=stamps.origin
    ) as writer:
        for start in tqdm(range(0, len(stamps), BLOCK), f"prepare {dataset}", disable=None):
            rows = np.arange(start, min(start + BLOCK, len(stamps)))
            try:
                arrays = (stamps[name][rows] for name in ("image", "sigma", "psf"))
                dust = preparing.extinction_of(stamps.table.iloc[rows], stamps.instrument.bands)
                ready = preparation.apply(*arrays, instrument=stamps.instrument, extinction=dust)
            except ValueError as error:
                where = f"{place.stamps(dataset)}, stamps {start} to {rows[-1]}"
                raise ValueError(f"{where}: {error}") from error
            reason[rows[ready.bad_fraction > preparation.max_bad_fraction]] = "too many bad pixels"
            keep = reason[rows] == ""
            table = stamps.table.iloc[rows[keep]].assign(
                split=split[rows[keep]],
                source_index=rows[keep],
                bad_fraction=ready.bad_fraction[keep],
                noise=ready.noise[keep, 0],
            )
            writer.append(table, image=ready.image[keep], psf=ready.psf[keep])
    left_out = pd.DataFrame({"id": stamps.table["id"], "reason": reason})
    return left_out[left_out["reason"] != ""]


if __name__ == "__main__":
    run(main, ValueError)
