"""Fixtures: rows of results, with ids of every kind."""

import numpy as np
import pandas as pd
import pytest

from halflight.results import COLUMNS, Results

RUN = {
    "image": "frame-r.fits",
    "catalogue": "detected",
    "psf": "psField",
    "model": "tiny",
    "model_sha256": "ab" * 32,
    "tier": "best",
    "command": "halflight measure frame-r.fits -o 'a b.fits'",
    "date": "2026-11-30T05:00:00Z",
    "halflight": "0.1.0",
}


def made(ids, *, optional=False, run=RUN, seed=0):
    """Results with these ids, random numbers, and a row in five not measured."""
    rng = np.random.default_rng(seed)
    count = len(ids)
    columns = {}
    for column in COLUMNS:
        if column.optional and not optional:
            continue
        if column.kind == "id":
            columns["id"] = ids
        elif column.kind == "number":
            columns[column.name] = np.where(
                np.arange(count) % 5 == 4, np.nan, rng.normal(size=count)
            )
        elif column.kind == "integer":
            whole = column.name != "run"
            columns[column.name] = rng.integers(0, 2**40 if whole else 1, count)
        else:
            columns[column.name] = np.array(['ok, "so" é\n'] * count, object)
    return Results(pd.DataFrame(columns), (run,))


@pytest.fixture
def results():
    return made(np.arange(7, dtype=np.int64) + 2**60)
