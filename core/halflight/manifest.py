"""The manifest of a folder of stamps: what it promises, or a refusal that names what is wrong."""

from pathlib import Path
from typing import Any

from halflight import files
from halflight.instrument import Instrument
from halflight.text import shown

MANIFEST = "stamps.json"
KEYS = {"count", "shard_size", "arrays", "instrument", "origin"}
FORM_KEYS = {"shape", "dtype"}
DTYPES = ("<f2", "<f4", "<f8")
MOST = 1 << 40  # of stamps, or of pixels: beyond every disk, within every integer
AGAIN = "delete the folder and run `dvc repro`"


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a folder, each value checked; its instrument as an `Instrument`.

    Raises FileNotFoundError where there is none, and ValueError, naming the file and the value.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise FileNotFoundError(f"no stamps at {folder} ({MANIFEST} is missing): run `dvc repro`")
    manifest = files.read_json(path)
    if not isinstance(manifest, dict) or set(manifest) != KEYS:
        raise ValueError(
            f"{path} needs exactly the keys {sorted(KEYS)}: it was damaged, or written by "
            f"another version; {AGAIN}"
        )
    try:
        for name in ("count", "shard_size"):
            if not _counts(manifest[name]):
                raise ValueError(
                    f"{name} must be a number above 0, received {shown(manifest[name])}"
                )
        if not isinstance(manifest["origin"], str) or not manifest["origin"]:
            raise ValueError(f"origin must be a name, received {shown(manifest['origin'])}")
        instrument = Instrument.from_dict(manifest["instrument"])
        _check_forms(manifest["arrays"], len(instrument.bands))
    except ValueError as error:
        raise ValueError(f"{path}: {error}; {AGAIN}") from error
    return manifest | {"instrument": instrument}


def _counts(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MOST


def _check_forms(forms: Any, bands: int) -> None:
    """Refuse what cannot be the shapes and dtypes of stamps of so many bands."""
    if not isinstance(forms, dict) or not forms:
        raise ValueError(f"arrays must name one or more, received {shown(forms)}")
    for name, form in forms.items():
        if not name.isidentifier() or not isinstance(form, dict) or set(form) != FORM_KEYS:
            raise ValueError(
                f"array {shown(name)} needs exactly the keys {sorted(FORM_KEYS)}: {shown(form)}"
            )
        shape, dtype = form["shape"], form["dtype"]
        if not (isinstance(shape, list) and len(shape) == 3 and all(map(_counts, shape))):
            raise ValueError(
                f"array {shown(name)} needs a shape of 3 numbers above 0, received {shown(shape)}"
            )
        if shape[0] != shape[1] or shape[2] != bands:
            raise ValueError(
                f"stamps of {shown(name)} must be square with {bands} band(s), received "
                f"{shown(shape)}"
            )
        if dtype not in DTYPES:
            raise ValueError(
                f"array {shown(name)} must be one of {DTYPES}, received {shown(dtype)}"
            )
    if "sigma" in forms and forms["sigma"]["shape"] != forms.get("image", {}).get("shape"):
        raise ValueError("arrays 'image' and 'sigma' must have one shape")
