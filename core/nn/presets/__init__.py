"""Ready-made architectures by name, one a file."""

from collections.abc import Callable, Mapping
from typing import Any

from core.nn.model import Model
from core.nn.presets import radius_net

__all__ = ["PRESETS", "build"]

PRESETS: Mapping[str, Callable[..., Model]] = {
    "radius_net": radius_net.build,
}


def build(name: str, **options: Any) -> Model:
    """Return the preset `name`, built with its own keyword arguments.

    Raises:
        ValueError: there is no such preset.
        TypeError: the preset has no such option.
    """
    if name not in PRESETS:
        raise ValueError(f"unknown preset {name!r}; known are {', '.join(PRESETS)}")
    return PRESETS[name](**options)
