"""Split the sky into training, validation and test: no object and no patch of sky in two of them.

The split is made from the catalogue alone, before a pixel is looked at. Whole patches of sky go to
one split; what is left of an overlap (consecutive fields share 128 rows, runs cross) is taken out
by position.
"""

import hashlib
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

SPLITS = ("train", "validation", "test")


def field_patches(table: pd.DataFrame) -> np.ndarray:
    """Patch of each object: ten consecutive fields of a run and camera column."""
    return np.array(
        [
            f"{run}-{camcol}-{field // 10}"
            for run, camcol, field in zip(
                table["run"], table["camcol"], table["field"], strict=True
            )
        ],
        dtype=object,
    )


def row_patches(table: pd.DataFrame, *, rows_per_patch: int) -> np.ndarray:
    """Patch of each object: a band of rows of its field, for a survey of very few fields."""
    return np.array(
        [
            f"{run:06d}-{camcol}-{field:04d}-{int(row // rows_per_patch):04d}"
            for run, camcol, field, row in zip(
                table["run"], table["camcol"], table["field"], table["rowc"], strict=True
            )
        ],
        dtype=object,
    )


def split_patches(
    patches: np.ndarray, *, fractions: Sequence[float], seed: int, contiguous: bool = False
) -> np.ndarray:
    """Give each object the split of its patch.

    Parameters
    ----------
    patches : (n,) patch name of each object.
    fractions : shares of SPLITS, summing to 1; met as closely as whole patches allow.
    seed : patches are ordered by a hash of (seed, name), so a patch's place does not depend on
        which others are there.
    contiguous : order patches by name instead, so that neighbouring bands of one field stay
        together and few objects lie on a boundary.

    Returns
    -------
    (n,) object array of split names. Raises ValueError when a split with a positive share would
    stay empty.
    """
    names, inverse, counts = np.unique(patches.astype(str), return_inverse=True, return_counts=True)
    order = np.argsort(
        names if contiguous else [_hash(seed, name) for name in names], kind="stable"
    )
    # A patch belongs to the split in which the middle of its share of the objects falls.
    middles = (np.cumsum(counts[order]) - counts[order] / 2) / counts.sum()
    split_of_patch = np.empty(len(names), dtype=object)
    split_of_patch[order] = np.array(SPLITS, dtype=object)[
        np.searchsorted(np.cumsum(fractions)[:-1], middles, side="right")
    ]
    splits = split_of_patch[inverse]
    empty = [s for s, share in zip(SPLITS, fractions, strict=True) if share > 0 and s not in splits]
    if empty:
        raise ValueError(
            f"{len(names)} sky patches cannot fill {'/'.join(SPLITS)} as {tuple(fractions)}: "
            f"{', '.join(empty)} would be empty; download more fields or use smaller patches"
        )
    return splits


def shared_sky(ra: np.ndarray, dec: np.ndarray, split: np.ndarray, *, radius: float) -> np.ndarray:
    """Objects to leave out because their stamp shares sky with an object of a later split.

    Parameters
    ----------
    ra, dec : (n,) degrees.
    split : (n,) names of SPLITS; of two objects closer than `radius` the one whose split comes
        first in SPLITS is marked, so that the test split is never thinned.
    radius : arcsec, the diagonal of a stamp.

    Returns
    -------
    (n,) bool.
    """
    ra, dec = np.radians(ra), np.radians(dec)
    towards = np.column_stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)])
    chord = 2 * np.sin(np.radians(radius / 3600) / 2)
    rank = np.array([SPLITS.index(name) for name in split])
    marked = np.zeros(len(rank), bool)
    # Ranks are visited from the last on, so an object already marked does not mark others.
    for later in range(len(SPLITS) - 1, 0, -1):
        keeps = np.flatnonzero((rank == later) & ~marked)
        earlier = np.flatnonzero((rank < later) & ~marked)
        if keeps.size and earlier.size:
            distance, _ = cKDTree(towards[keeps]).query(
                towards[earlier], distance_upper_bound=chord
            )
            marked[earlier[np.isfinite(distance)]] = True
    return marked


def _hash(seed: int, name: str) -> bytes:
    return hashlib.blake2b(f"{seed}/{name}".encode(), digest_size=8).digest()
