"""Turn configured objects into plain values and back, through an allow-list of classes."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
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


def configuration(instance: Any) -> dict[str, Any]:
    """Return the constructor arguments of a dataclass instance as plain values."""
    return {f.name: plain(getattr(instance, f.name)) for f in fields(instance) if f.init}


def construct(entry: Any, registry: Mapping[str, type], kind: str) -> Any:
    """Build the object that `entry` = {"class", "config"} describes.

    Only classes of `registry` can be built, and only from their own constructor arguments.

    Raises:
        ValueError: an unknown class, an unknown or missing argument, or a malformed entry.
    """
    if not isinstance(entry, Mapping) or set(entry) != {"class", "config"}:
        raise ValueError(f'{kind}: expected {{"class": ..., "config": ...}}, received {entry!r}')
    name, config = entry["class"], entry["config"]
    if not isinstance(name, str) or name not in registry:
        raise ValueError(f"{kind}: unknown class {name!r}; known are {', '.join(sorted(registry))}")
    if not isinstance(config, Mapping):
        raise ValueError(f"{kind} {name}: the configuration must be a mapping, received {config!r}")
    allowed = {f.name for f in fields(registry[name]) if f.init}
    unknown = sorted(str(key) for key in set(config) - allowed)
    if unknown:
        raise ValueError(
            f"{kind} {name}: unknown argument(s) {', '.join(unknown)}; "
            f"known are {', '.join(sorted(allowed))}"
        )
    try:
        return registry[name](**config)
    except TypeError as error:
        raise ValueError(f"{kind} {name}: {error}") from error
