"""What a report is made from: the tables, their columns, and errors that name what is wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from halflight.methods import LEARNT_FROM_LABELS, METHODS, REFERENCES
from halflight.report.columns import CLASS_COLUMNS, COLUMNS, OPTIONAL
from halflight.report.examples import Example
from halflight.report.sight import Sight
from halflight.text import printable, shown

ENDPOINTS = ("sandbox", "recorded", "sdss")
DATASETS = ("simulated", "survey")

_CHOICES = {"dataset": DATASETS, "against": REFERENCES, "method": tuple(METHODS)}
_ARMS = {"history": ("train", *LEARNT_FROM_LABELS), "transfer": tuple(METHODS)}
_MEASURED, _OBJECTS = ["dataset", "id", "method"], ["dataset", "id"]
_KEYS = {
    "predictions": _MEASURED,
    "objects": _OBJECTS,
    "probabilities": _MEASURED,
    "classified": _OBJECTS,
}


def check_table(table: pd.DataFrame | None, name: str) -> pd.DataFrame:
    """Return `table` with the columns of its name, numbers as float64; None means empty.

    Those of OPTIONAL[name] are added where they lack.

    Raises TypeError for anything but a DataFrame; ValueError, naming table and value, for a
    missing column, text where numbers belong, an unknown dataset, method or arm, a repeated key.
    """
    wanted = (COLUMNS | CLASS_COLUMNS)[name]
    optional = OPTIONAL.get(name, {})
    if table is None:
        return pd.DataFrame({column: pd.Series(dtype=float) for column in (*wanted, *optional)})
    if not isinstance(table, pd.DataFrame):
        raise TypeError(f"{name} must be a pandas DataFrame or None, got {type(table).__name__}")
    if table.empty and not len(table.columns):
        return check_table(None, name)
    missing = [column for column in wanted if column not in table.columns]
    if missing:
        raise ValueError(
            f"table '{name}' lacks the column(s) {missing}; it has {list(table.columns)}"
        )
    table = table.reset_index(drop=True)
    for column, missing_value in optional.items():
        table[column] = table[column].fillna(missing_value) if column in table else missing_value
    for column, numeric in (wanted | dict.fromkeys(optional, True)).items():
        if numeric:
            try:
                table[column] = table[column].astype(float)
            except (TypeError, ValueError) as error:
                raise ValueError(f"'{name}.{column}' must hold numbers: {error}") from error
    choices_of = _CHOICES | ({"arm": _ARMS[name]} if name in _ARMS else {})
    for column, choices in choices_of.items():
        if column in table.columns:
            unknown = sorted({str(value) for value in table[column]} - set(choices))
            if unknown:
                raise ValueError(f"'{name}.{column}' holds {unknown}; known are {list(choices)}")
    if name in _KEYS and table.duplicated(_KEYS[name]).any():
        first = table.loc[table.duplicated(_KEYS[name]), _KEYS[name]].iloc[0].to_dict()
        raise ValueError(f"table '{name}' has more than one row for {first}")
    return table


@dataclass(frozen=True)
class StampSet:
    """Stamps to show: image and sigma (n, S, S) in nmgy, one label each, and their geometry.

    id joins `objects` and `predictions`; position_angle is in radians from +x towards +y; x and y
    are the centre in arcsec from the stamp centre. A NaN angle shows a circle, not an ellipse.
    pixel_scale: arcsec a pixel.
    """

    image: np.ndarray
    sigma: np.ndarray
    labels: tuple[str, ...]
    id: tuple[Any, ...]
    position_angle: np.ndarray
    x: np.ndarray
    y: np.ndarray
    pixel_scale: float

    def __len__(self) -> int:
        return len(self.labels)


def check_stamps(stamps: Mapping[str, Any] | None, name: str) -> StampSet:
    """Return a StampSet of a mapping: image, sigma, labels, pixel_scale; maybe id, x, y and angle.

    Raises ValueError, naming the part, where a part is missing or has the wrong shape.
    """
    if stamps is None:
        empty = np.zeros((0, 1, 1), np.float32)
        return StampSet(empty, empty, (), (), np.zeros(0), np.zeros(0), np.zeros(0), 1.0)
    missing = [key for key in ("image", "sigma", "labels", "pixel_scale") if key not in stamps]
    if missing:
        raise ValueError(f"gallery['{name}'] lacks {missing}; it has {list(stamps)}")
    image, sigma = np.asarray(stamps["image"]), np.asarray(stamps["sigma"])
    if image.ndim != 3 or image.shape[1] != image.shape[2] or image.shape != sigma.shape:
        raise ValueError(
            f"gallery['{name}']: image and sigma must both be (n, S, S), "
            f"got {image.shape} and {sigma.shape}"
        )
    count = len(image)

    def column(key: str, default: Sequence[Any]) -> Sequence[Any]:
        values = list(stamps.get(key, default))
        if len(values) != count:
            raise ValueError(
                f"gallery['{name}']['{key}'] has {len(values)} entries for {count} stamps"
            )
        return values

    return StampSet(
        image=image,
        sigma=sigma,
        labels=tuple(printable(str(label)) for label in column("labels", ())),
        id=tuple(column("id", [None] * count)),
        position_angle=np.asarray(column("position_angle", [np.nan] * count), dtype=float),
        x=np.asarray(column("x", [0.0] * count), dtype=float),
        y=np.asarray(column("y", [0.0] * count), dtype=float),
        pixel_scale=float(stamps["pixel_scale"]),
    )


def check_provenance(provenance: Mapping[str, Any]) -> dict[str, Any]:
    """Return provenance with its optional parts filled in as empty.

    Raises ValueError for a missing endpoint, release, band or sql, or an unknown endpoint: a page
    that cannot say what its data are must not be written.
    """
    if not isinstance(provenance, Mapping):
        raise ValueError(f"provenance must be a mapping, got {provenance!r:.80}")
    missing = [key for key in ("endpoint", "release", "band", "sql") if key not in provenance]
    if missing:
        raise ValueError(f"provenance lacks {missing}; it has {sorted(provenance)}")
    if provenance["endpoint"] not in ENDPOINTS:
        raise ValueError(
            f"provenance['endpoint'] is {shown(provenance['endpoint'])}; known are "
            f"{list(ENDPOINTS)}"
        )
    if type(provenance["release"]) is not int:
        raise ValueError(
            f"provenance['release'] must be a whole number: {shown(provenance['release'])}"
        )
    for key, kind in {"release": int, "band": str}.items():
        if not isinstance(provenance[key], kind):
            raise ValueError(
                f"provenance['{key}'] must be of the type {kind.__name__}, "
                f"got {provenance[key]!r:.80}"
            )
    optional: dict[str, Any] = {
        "files": [],
        "counts": {},
        "dropped": {},
        "centroid_offset_pixels": {},
    }
    for key, empty in optional.items():
        value = provenance.get(key)
        if value is not None and not isinstance(value, type(empty)):
            raise ValueError(
                f"provenance['{key}'] must be of the type {type(empty).__name__}, got {value!r:.80}"
            )
    for file in provenance.get("files") or ():
        if not isinstance(file, dict) or not {"path", "bytes", "sha256"} <= set(file):
            raise ValueError(f"provenance['files'] needs path, bytes and sha256, got {file!r:.80}")
    return optional | {key: value for key, value in provenance.items() if value is not None}


def check_metrics(metrics: Mapping[str, Any] | None) -> dict[str, dict[str, Any]]:
    """Return scores by data set, method and name, and the devices under "device".

    Raises ValueError, naming the entry, for what is none of these.
    """
    found: dict[str, dict[str, Any]] = {"device": {}}
    for dataset, entries in (metrics or {}).items():
        if not isinstance(entries, Mapping):
            raise ValueError(f"metrics['{dataset}'] must be a mapping, got {entries!r:.80}")
        for method, scores in entries.items():
            if dataset != "device" and not isinstance(scores, Mapping):
                raise ValueError(
                    f"metrics['{dataset}']['{method}'] must be a mapping, got {scores!r:.80}"
                )
        found[dataset] = dict(entries)
    return found


@dataclass(frozen=True)
class ReportData:
    """All that the page shows of one task, checked; its tables: see `halflight.report.columns`."""

    provenance: dict[str, Any]
    predictions: pd.DataFrame
    objects: pd.DataFrame
    bins: pd.DataFrame
    metrics: dict[str, dict[str, dict[str, float]]]
    devices: dict[str, str]
    history: pd.DataFrame
    transfer: pd.DataFrame
    gallery: dict[str, StampSet]
    examples: dict[str, tuple[Example, ...]]
    sight: Sight
    trained_by: str


def check_inputs(
    *,
    provenance: Mapping[str, Any],
    predictions: pd.DataFrame | None,
    objects: pd.DataFrame | None,
    bins: pd.DataFrame | None,
    metrics: Mapping[str, Any] | None,
    history: pd.DataFrame | None,
    transfer: pd.DataFrame | None,
    gallery: Mapping[str, Any] | None,
    examples: Mapping[str, Sequence[Example]] | None = None,
    sight: Sight | None = None,
    trained_by: str = "",
) -> ReportData:
    """Return the checked inputs of a report; TypeError or ValueError names what is wrong.

    trained_by: the version that trained the network; "" where it is not known.
    """
    unknown = sorted(set(gallery or {}) - set(DATASETS))
    if unknown:
        raise ValueError(f"gallery holds {unknown}; known are {list(DATASETS)}")
    scores = check_metrics(metrics)
    data = ReportData(
        provenance=check_provenance(provenance),
        predictions=check_table(predictions, "predictions"),
        objects=check_table(objects, "objects"),
        bins=check_table(bins, "bins"),
        devices=scores.pop("device"),
        metrics=scores,
        history=check_table(history, "history"),
        transfer=check_table(transfer, "transfer"),
        gallery={name: check_stamps((gallery or {}).get(name), name) for name in DATASETS},
        examples={name: tuple((examples or {}).get(name, ())) for name in DATASETS},
        sight=sight or Sight(),
        trained_by=trained_by,
    )
    check_known(data.predictions, data.objects)
    return data


def check_known(predictions: pd.DataFrame, objects: pd.DataFrame) -> None:
    """Raise ValueError where a prediction is of an object that is not among `objects`."""
    keys = pd.MultiIndex.from_frame(objects[_OBJECTS])
    orphans = ~pd.MultiIndex.from_frame(predictions[_OBJECTS]).isin(keys)
    if orphans.any():
        first = predictions.loc[orphans, _OBJECTS].iloc[0].to_dict()
        raise ValueError(
            f"{int(orphans.sum())} predictions have no row in 'objects'; the first is {first}"
        )
