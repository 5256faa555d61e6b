"""The checks of optimizers' arguments."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from halflight.nn.optimizers.optimizer import Optimizer

_CLIPS = ("clipnorm", "clipvalue", "global_clipnorm")


def check_options(optimizer: Optimizer) -> None:
    """Check what every optimizer has.

    Raises:
        ValueError: a value out of its range, or more than one clip.
    """
    name = type(optimizer).__name__
    check_numbers(optimizer, "weight_decay", "clipnorm", "clipvalue", "global_clipnorm")
    clips = {
        clip: getattr(optimizer, clip) for clip in ("clipnorm", "clipvalue", "global_clipnorm")
    }
    given = {clip: value for clip, value in clips.items() if value is not None}
    if len(given) > 1:
        raise ValueError(f"{name}: at most one clip may be given, received {given}")
    for clip, value in given.items():
        if value == 0:
            raise ValueError(f"{name}: {clip} must be above 0, received {value!r}")
    check_booleans(optimizer, "use_ema")
    check_shares(optimizer, "ema_momentum")
    frequency = optimizer.ema_overwrite_frequency
    if frequency is not None and (type(frequency) is not int or frequency < 1):
        raise ValueError(
            f"{name}: ema_overwrite_frequency must be a positive integer or None, "
            f"received {frequency!r}"
        )
    multipliers = optimizer.learning_rate_multipliers
    if not isinstance(multipliers, Mapping) or not all(
        isinstance(pattern, str) and _is_number(factor) for pattern, factor in multipliers.items()
    ):
        raise ValueError(
            f"{name}: learning_rate_multipliers must map patterns of layer names to finite factors "
            f"of at least 0, received {multipliers!r}"
        )


def check_numbers(optimizer: Optimizer, *names: str) -> None:
    """Raise ValueError unless these arguments are finite and not negative, or None."""
    for name in names:
        value = getattr(optimizer, name)
        if value is not None and not _is_number(value):
            _fail(optimizer, name, "must be finite and not negative")


def check_shares(optimizer: Optimizer, *names: str) -> None:
    """Raise ValueError unless these arguments are at least 0 and at most 1."""
    for name in names:
        value = getattr(optimizer, name)
        if not _is_number(value) or value > 1:
            _fail(optimizer, name, "must be at least 0 and at most 1")


def check_decays(optimizer: Optimizer, *names: str) -> None:
    """Raise ValueError unless these arguments are at least 0 and below 1."""
    for name in names:
        value = getattr(optimizer, name)
        if not _is_number(value) or value >= 1:
            _fail(optimizer, name, "must be at least 0 and below 1")


def check_positive(optimizer: Optimizer, *names: str) -> None:
    """Raise ValueError unless these arguments are finite and above 0."""
    for name in names:
        value = getattr(optimizer, name)
        if not _is_number(value) or value == 0:
            _fail(optimizer, name, "must be finite and above 0")


def check_booleans(optimizer: Optimizer, *names: str) -> None:
    """Raise ValueError unless these arguments are True or False."""
    for name in names:
        if not isinstance(getattr(optimizer, name), bool):
            _fail(optimizer, name, "must be True or False")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf


def _fail(optimizer: Optimizer, name: str, rule: str) -> None:
    value = getattr(optimizer, name)
    raise ValueError(f"{type(optimizer).__name__}: {name} {rule}, received {value!r}")
