"""Configured objects as plain values, which JSON can hold; `Registry.construct` is the way back."""

from collections.abc import Mapping
from dataclasses import Field, fields, is_dataclass
from typing import Any

_PLAIN = (bool, int, float, str, type(None))


def plain(value: Any) -> Any:
    """Return `value` as JSON can hold it: configured objects become {"class", "config"}."""
    if is_dataclass(value) and not isinstance(value, type):
        return {"class": type(value).__name__, "config": configuration(value)}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, _PLAIN):
        return value
    raise TypeError(
        f"a configuration holds numbers, strings, booleans, None, lists, mappings from strings and "
        f"configured objects; "
        f"received {type(value).__name__}: {value!r}"
    )


HINT = {"hint": True}
"""Metadata of a field that says something of a model around the object, not of the object."""


UNLESS_DEFAULT = {"unless_default": True}
"""Metadata of a field that a configuration leaves out while it has its default."""


def arguments(configured: Any) -> list["Field[Any]"]:
    """Return the fields of a dataclass, or of an instance, that are its configuration."""
    return [field for field in fields(configured) if field.init and not field.metadata.get("hint")]


def configuration(instance: Any) -> dict[str, Any]:
    """Return the constructor arguments of a dataclass instance as plain values."""
    return {
        field.name: plain(getattr(instance, field.name))
        for field in arguments(instance)
        if not field.metadata.get("unless_default")
        or getattr(instance, field.name) != field.default
    }
