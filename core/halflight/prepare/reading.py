"""Preparations from plain values: those of one softening, and those of one for each band."""

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from halflight import files
from halflight.prepare.luptitudes import Luptitudes
from halflight.prepare.preparation import Preparation


def preparation_from(values: Any) -> Preparation:
    """The inverse of `Preparation.to_dict`, of any kind.

    Raises:
        ValueError: a key is missing or unknown, or a value is refused.
    """
    softening = values.get("image_softening") if isinstance(values, Mapping) else None
    kind = Luptitudes if isinstance(softening, Mapping) else Preparation
    return kind.from_dict(values)


def preparation_of(settings: Any) -> Preparation:
    """The preparation that a section prepare asks for."""
    names = [field.name for field in fields(Preparation)]
    return preparation_from({name: getattr(settings, name) for name in names})


def read_preparation(path: Path) -> Preparation:
    """Read a JSON file of what `to_dict` gives.

    Raises:
        FileNotFoundError: there is none.
        ValueError: it is damaged; the message names it.
    """
    try:
        return preparation_from(files.read_json(path))
    except ValueError as error:
        raise ValueError(f"{path}: {error}: run `dvc repro`") from error
