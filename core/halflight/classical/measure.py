"""Measure many stamps on every core: a table with one row a stamp, the same for any core count."""

import sys
from collections.abc import Callable, Generator, Hashable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, fields
from functools import partial
from typing import Any, NamedTuple, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from halflight.classical.aperture import measure_aperture
from halflight.classical.bound import radius_bound
from halflight.classical.scene import Beliefs, SceneFit, SceneImages, explain_scene, fit_scene
from halflight.classical.segmentation import DETECTION_THRESHOLD
from halflight.classical.sersic import fit_sersic
from halflight.half_light import Component
from halflight.workers import in_order

MEASURES: dict[str, Callable[..., Any]] = {
    "scene_fit": fit_scene,
    "sersic_fit": fit_sersic,
    "aperture": measure_aperture,
}
"""What measures a stamp, by the name of its method."""
_OBSERVED = ("x", "y", "nmgy_per_count", "sky", "gain", "dark_variance")
_PROFILE = ("half_light_radius", "axis_ratio", "position_angle", "sersic_n")
_TRUTH = (
    *(*_OBSERVED, *_PROFILE, "flux", "components", "bulge_fraction"),
    *(f"{part}_{name}" for part in ("bulge", "disc") for name in _PROFILE),
)
_CHUNK = 16  # stamps handed to a worker at a time

Row = dict[str, Any]
Result = TypeVar("Result")
Settings = dict[str, dict[str, Any]]  # the keyword arguments of each method


class _Chunk(NamedTuple):
    """Some stamps in a row, and the number of the first."""

    first: int
    image: NDArray[np.float32]
    sigma: NDArray[np.float32]
    psf: NDArray[np.float32]


def measure_stamps(
    image: NDArray[np.float32],
    sigma: NDArray[np.float32],
    psf: NDArray[np.float32],
    *,
    beliefs: Beliefs,
    processes: int = 1,
    methods: Sequence[str] = tuple(MEASURES),
    detection_threshold: float = DETECTION_THRESHOLD,
    local_background: bool = False,
) -> pd.DataFrame:
    """Measure every stamp by every method, in order, one row each.

    image, sigma: (n, S, S) float32 nmgy; psf: (n, P, P) float32. Memory-mapped arrays are read a
    chunk at a time. processes: workers, each on one thread; `halflight.workers.in_order` says what
    more than 1 ask for. beliefs: of the scene fit, and the instrument's pixel scale. methods: some
    of MEASURES. detection_threshold: of sources, in units of the smoothed image's noise.
    local_background: see `measure_aperture`.

    Columns: the fields of each method's result after the method's name and "_". A stamp that cannot
    be measured is a row of NaN with its status. Raises ValueError for unknown
    methods and mismatched shapes, and WorkerError for a process that died.
    """
    unknown = [name for name in methods if name not in MEASURES]
    if unknown or not methods:
        raise ValueError(f"methods must be some of {list(MEASURES)}, got {list(methods)}")
    _check_shapes(image, sigma, psf)
    scale = {"pixel_scale": beliefs.pixel_scale}
    own: Settings = {
        "scene_fit": {"beliefs": beliefs},
        "sersic_fit": scale,
        "aperture": scale | {"local_background": local_background},
    }
    common = {"detection_threshold": detection_threshold}
    settings = {name: common | own[name] for name in methods}
    print(f"measuring {len(image)} stamps: {', '.join(methods)}", file=sys.stderr)
    rows: list[Row] = []
    blocks = _blocks(partial(_measure_chunk, settings), image, sigma, psf, processes)
    with closing(blocks), tqdm(total=len(image), unit="stamp", disable=None) as bar:
        for block in blocks:
            rows += block
            bar.update(len(block))
    radii = {
        name: int(sum(np.isfinite(row[f"{name}_ln_radius"]) for row in rows)) for name in methods
    }
    print(f"measured {len(rows)} stamps; radii found: {radii}", file=sys.stderr)
    return pd.DataFrame(rows)


def fit_scenes(
    image: NDArray[np.float32],
    sigma: NDArray[np.float32],
    psf: NDArray[np.float32],
    *,
    beliefs: Beliefs,
    processes: int = 1,
    detection_threshold: float = DETECTION_THRESHOLD,
    images: bool = False,
    progress: Callable[[int], object] | None = None,
) -> tuple[pd.DataFrame, SceneImages | None]:
    """Fit the scene of every stamp, without a word: a row each by the fields of SceneFit, in order.

    Arrays, beliefs, processes and detection_threshold: as of `measure_stamps`. images: whether to
    return what each stamp is explained by, too: SceneImages of (n, S, S), 0 where there is no
    answer. progress: called with the number of stamps done since its last call.

    Raises as `measure_stamps`.
    """
    _check_shapes(image, sigma, psf)
    options = {
        "beliefs": beliefs,
        "detection_threshold": detection_threshold,
        "images": images,
    }
    rows: list[Row] = []
    drawn = np.zeros((3, *image.shape), np.float32) if images else None
    blocks = _blocks(partial(_explain_chunk, options), image, sigma, psf, processes)
    with closing(blocks):
        for block in blocks:
            for fit, explained in block:
                if drawn is not None and explained is not None:
                    drawn[:, len(rows)] = explained.target, explained.neighbours, explained.sky
                rows.append(asdict(fit))
            if progress is not None:
                progress(len(block))
    columns = [field.name for field in fields(SceneFit)]
    return pd.DataFrame(rows, columns=columns), None if drawn is None else SceneImages(*drawn)


def radius_bounds(
    table: pd.DataFrame, psf: NDArray[np.float32], *, stamp_size: int, pixel_scale: float
) -> NDArray[np.float64]:
    """Cramer-Rao sigma of ln R_e of simulated galaxies, (n,), of one and of two components.

    table: the truth of `halflight.simulation`: flux, half_light_radius, axis_ratio, sersic_n,
    position_angle, x, y, nmgy_per_count, sky, gain, dark_variance; where `components` is 2,
    bulge_fraction and the same of bulge and disc after their names. psf: (n, P, P) float32. Of two
    components all parameters but the index of the exponential disc are free. Neighbours are not
    counted: the bound is that of the galaxy alone. NaN where the stamp does not tell the parameters
    apart. About 5 ms a galaxy.
    """
    if len(table) != len(psf):
        raise ValueError(f"table and psf must be equally long, got {len(table)} and {len(psf)}")
    missing = [name for name in _TRUTH if name not in table]
    if missing:
        raise ValueError(f"the table of simulated truths lacks {', '.join(missing)}")
    bounds = np.full(len(table), np.nan)
    with threadpool_limits(limits=1):
        for i, row in enumerate(table.to_dict("records")):
            components = _components(row)
            bounds[i] = radius_bound(
                components,
                known_n=(False, True)[: len(components)],
                psf=psf[i],
                stamp_size=stamp_size,
                pixel_scale=pixel_scale,
                **{name: float(row[name]) for name in _OBSERVED},
            )
    return bounds


def _components(row: Mapping[Hashable, Any]) -> tuple[Component, ...]:
    """The profiles of a simulated galaxy: one, or bulge and disc."""
    share = float(row["bulge_fraction"])
    parts = {"": 1.0} if row["components"] == 1 else {"bulge_": share, "disc_": 1.0 - share}
    return tuple(
        Component(
            flux=part_of_light * float(row["flux"]),
            **{name: float(row[part + name]) for name in _PROFILE},
        )
        for part, part_of_light in parts.items()
    )


def _measure_chunk(settings: Settings, chunk: _Chunk) -> list[Row]:
    """Rows of some stamps."""
    rows = []
    for image, sigma, psf in zip(chunk.image, chunk.sigma, chunk.psf, strict=True):
        row: Row = {}
        for name, options in settings.items():
            result = MEASURES[name](image, sigma, psf, **options)
            row |= {f"{name}_{key}": value for key, value in asdict(result).items()}
        rows.append(row)
    return rows


def _explain_chunk(
    options: dict[str, Any], chunk: _Chunk
) -> list[tuple[SceneFit, SceneImages | None]]:
    """The scenes of some stamps."""
    stamps = zip(chunk.image, chunk.sigma, chunk.psf, strict=True)
    return [explain_scene(*stamp, **options) for stamp in stamps]


def _blocks(
    work: Callable[[_Chunk], list[Result]],
    image: NDArray[np.float32],
    sigma: NDArray[np.float32],
    psf: NDArray[np.float32],
    processes: int,
) -> Generator[list[Result], None, None]:
    """What `work` makes of every chunk of the stamps, in order."""
    chunks = (
        _Chunk(i, *(np.ascontiguousarray(array[i : i + _CHUNK]) for array in (image, sigma, psf)))
        for i in range(0, len(image), _CHUNK)
    )
    return in_order(
        work,
        chunks,
        processes=processes,
        name=lambda chunk: f"stamps {chunk.first} to {chunk.first + len(chunk.image) - 1}",
    )


def _check_shapes(
    image: NDArray[np.float32], sigma: NDArray[np.float32], psf: NDArray[np.float32]
) -> None:
    if image.ndim != 3 or image.shape != sigma.shape or psf.ndim != 3 or len(psf) != len(image):
        raise ValueError(
            "image and sigma must be (n, S, S) and psf (n, P, P), got "
            f"{image.shape}, {sigma.shape} and {psf.shape}"
        )
