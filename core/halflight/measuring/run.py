"""The run: stamps are cut, measured and kept, chunk by chunk, until every source has its row."""

import math
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tqdm import tqdm

from halflight.images import Cutouts
from halflight.instrument import Instrument
from halflight.measuring.beside import classical_rows
from halflight.measuring.chunks import Chunk, Measured, Measures, measured_chunks
from halflight.measuring.targets import Targets
from halflight.quality import FLAGS, names_of
from halflight.results import Results, Run
from halflight.results.kept import Rows
from halflight.results.rows import Geometry, measured_rows, unmeasured_rows
from halflight.results.schema import columns_asked_for

Item = TypeVar("Item")
NOISE_MAGNITUDE = 26.34  # AB, of the noise of one of SDSS's pixels in r: 0.029 nanomaggies
_LENGTH, _MAGNITUDE = "half_light_radius", "magnitude"


def measure_targets(
    targets: Targets,
    estimator: Measures,
    kept: Rows,
    run: Run,
    *,
    processes: int = 1,
    classical: bool = False,
    flag_names: bool = False,
    probability: str | None = None,
    progress: bool = False,
) -> Results:
    """One row a source, in order: those that `kept` has are not measured again.

    probability: the column that an estimator which tells classes gives.
    A source that no stamp could be cut for is a row of NaN with the flag `not_measured`.
    """
    count = len(targets.sources)
    done = kept.done()
    rows = np.setdiff1d(np.arange(count), done)
    with tqdm(
        total=count,
        initial=len(done),
        desc="measure",
        unit=" sources",
        disable=None if progress else True,
        file=sys.stderr,
    ) as bar:
        cuts = _ahead(targets.cut(rows)) if len(rows) else ()
        chunks = measured_chunks(
            (_chunk(targets, cut) for cut in cuts),
            estimator,
            tier=run.tier,
            processes=processes,
            classical=classical,
        )
        with closing(chunks):
            for measured in chunks:
                cut, found = measured.cut, _rows_of(targets, measured, probability)
                if classical:
                    beside = classical_rows(cut, targets.instrument, measured.beside)
                    found = found.join(beside)
                kept.keep(cut.rows, found)
                bar.update(len(cut.rows))
        lost = np.setdiff1d(np.arange(count), kept.done())
        if len(lost):
            flags = targets.flags[lost] | FLAGS["not_measured"]
            kept.keep(
                lost,
                unmeasured_rows(len(lost), flags, classical=classical, probability=probability),
            )
            bar.update(len(lost))
    columns = columns_asked_for(classical=classical, flag_names=flag_names, probability=probability)
    return _results(targets.sources, kept.all(), run, columns)


def _chunk(targets: Targets, cut: Cutouts) -> Chunk:
    """Some stamps with all that measures them."""
    dust = None if targets.extinction is None else targets.extinction[cut.rows]
    return Chunk(cut, _assumed(targets, cut), dust)


def _rows_of(targets: Targets, measured: Measured, probability: str | None) -> pd.DataFrame:
    """Rows of some stamps."""
    cut, found = measured.cut, measured.found
    lengths = found.columns[found.columns.str.startswith(_LENGTH)]
    found = found.assign(**{name: found[name] / measured.pixel_scales for name in lengths})
    geometry = Geometry(cut.binning, cut.pixel_scale, cut.rotation, cut.parity)
    rows = measured_rows(found, geometry).assign(
        flags=found["flags"].to_numpy(np.int64) | np.asarray(cut.flags, np.int64),
        bad_fraction=found["bad_fraction"].to_numpy(np.float64),
        pixel_scale=cut.pixel_scale / cut.binning,
        binning=np.asarray(cut.binning, np.int64),
    )
    if probability is not None:
        rows[probability] = found[probability].to_numpy(np.float64)
    if not targets.has_zero_point:
        rows.loc[:, rows.columns.str.startswith(_MAGNITUDE)] = np.nan
    return rows


def _assumed(targets: Targets, cut: Cutouts) -> Instrument:
    """The instrument, as deep as SDSS where no zero point is known.

    The scene fit believes of galaxies what size they have at a magnitude. Whatever is assumed, no
    magnitude is told; but a belief about galaxies of magnitude -8 would be one about giants.
    """
    usable = np.isfinite(cut.sigma) & (cut.sigma > 0)
    if targets.has_zero_point or not usable.any():
        return targets.instrument
    noise = float(np.median(cut.sigma[usable]))
    return replace(targets.instrument, zero_point=NOISE_MAGNITUDE + 2.5 * math.log10(noise))


def _results(
    sources: pd.DataFrame, found: pd.DataFrame, run: Run, columns: Sequence[str]
) -> Results:
    """The table, in the schema's order."""
    table = found.assign(id=whole_or_text(sources["id"]), run=0)
    for name in ("x", "y", "ra", "dec"):
        table[name] = sources[name].to_numpy(np.float64)
    names = [", ".join(names_of(int(flags))) for flags in table["flags"]]
    table["flag_names"] = np.array(names, object)
    return Results(table[list(columns)].reset_index(drop=True), (run.to_dict(),))


def whole_or_text(ids: pd.Series) -> NDArray[np.generic]:
    """Ids as they are where they are integers or text; other kinds as the text that shows them."""
    array = ids.to_numpy()
    if array.dtype.kind in "iu":
        return array
    return np.array([v if isinstance(v, str) else str(v) for v in array.tolist()], object)


def _ahead(items: Iterable[Item]) -> Iterator[Item]:
    """The items, each made while the one before is worked on."""
    iterator = iter(items)
    following: Callable[[], Item | None] = lambda: next(iterator, None)  # noqa: E731
    with ThreadPoolExecutor(1) as pool:
        ready = pool.submit(following)
        while (item := ready.result()) is not None:
            ready = pool.submit(following)
            yield item
