"""HEALPix and HATS: where on the sky a source is, in pixels, and catalogues in files by them.

Gorski et al. 2005, ApJ 622, 759, in the nested scheme: pixel p of order k holds 4p to 4p + 3 of
order k + 1. HATS (IVOA Note, 2025) is the layout that LSDB, and other programs, read.
"""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

INSTALL = "pip install '.[hats]'"
HIGHEST_ORDER = 29  # of an index of 64 bits


class HatsError(RuntimeError):
    """The libraries of HATS are absent, or could not write; the message says what to do."""


def pixels(ra: ArrayLike, dec: ArrayLike, order: int) -> NDArray[np.int64]:
    """The nested HEALPix pixel of each position (ICRS, degrees), at an order from 0 to 29.

    Raises ValueError for another order or a position that is none, and HatsError without hats.
    """
    if not 0 <= order <= HIGHEST_ORDER:
        raise ValueError(f"the order of HEALPix pixels must be 0 to 29, received {order}")
    longitude, latitude = np.asarray(ra, np.float64), np.asarray(dec, np.float64)
    good = np.isfinite(longitude) & (np.abs(latitude) <= 90)
    if not good.all():
        at = int(np.argmin(good))
        raise ValueError(
            f"{int((~good).sum())} of {len(good)} positions are none, the first in row {at}: RA "
            f"{longitude[at]}, Dec {latitude[at]}"
        )
    index = _library("hats.pixel_math.spatial_index")
    return np.asarray(index.compute_spatial_index(longitude % 360, latitude, order), np.int64)


def write_hats(folder: Path, name: str, tables: Sequence[Path], *, order: int) -> None:
    """Write Parquet tables with columns ra and dec (degrees) as a HATS catalogue, `folder`/`name`.

    Each of its partitions is a pixel of `order`. No more than one of `tables` is in memory.
    """
    arguments = _library("hats_import.catalog.arguments")
    run = _library("hats_import")
    wanted = arguments.ImportArguments(
        output_path=folder,
        output_artifact_name=name,
        input_file_list=list(tables),
        file_reader="parquet",
        ra_column="ra",
        dec_column="dec",
        constant_healpix_order=order,
        progress_bar=False,
        resume=False,
    )
    with _here() as client, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of deprecations between those libraries
        run.pipeline_with_client(wanted, client)


@contextmanager
def _here() -> Iterator[Any]:
    """A client of one thread of this process: the import moves bytes, and waits for the disk."""
    distributed = _library("distributed")
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,  # the import asks for the default one
    ):
        yield client


def _library(module: str) -> ModuleType:
    from importlib import import_module

    try:
        return import_module(module)
    except ImportError as error:
        raise HatsError(f"HEALPix and HATS need hats-import ({error}): {INSTALL}") from error
