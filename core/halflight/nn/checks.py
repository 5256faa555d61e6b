"""Rules that arguments obey, and the one error that says who, which argument, which rule and what.

NumPy's single numbers count as Python's own, and an argument that passed is Python's own. A rule is
made once and checked on values (`require`) or on the fields of an object (`check`):

    check(self, FRACTION, "beta_1", "beta_2")
    "Adam: beta_1 must be a finite number of at least 0 and below 1, received 2.0"
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Rule:
    """What a value must be: in words, as a function, and as what it is kept."""

    text: str
    holds: Callable[[Any], bool]
    """Asked of plain values."""
    kept: Callable[[Any], Any] = lambda value: value
    """Makes of a value that holds the one to compute with."""

    def or_none(self) -> "Rule":
        """Return the rule that lets None pass too."""
        return Rule(
            f"{self.text}, or None",
            lambda value: value is None or self.holds(value),
            lambda value: None if value is None else self.kept(value),
        )


def number(
    *,
    least: float | None = None,
    above: float | None = None,
    most: float | None = None,
    below: float | None = None,
) -> Rule:
    """Return the rule of a finite number (a bool is none) within limits; it is kept as a float."""
    lower = f" of at least {least:g}" if least is not None else ""
    lower += f" above {above:g}" if above is not None else ""
    upper = f"at most {most:g}" if most is not None else ""
    upper += f"below {below:g}" if below is not None else ""
    joint = " and " if lower and upper else " " if upper else ""

    def holds(value: Any) -> bool:
        return (
            is_number(value)
            and (least is None or value >= least)
            and (above is None or value > above)
            and (most is None or value <= most)
            and (below is None or value < below)
        )

    return Rule(f"a finite number{lower}{joint}{upper}", holds, float)


def integer(*, least: int | None = None, most: int | None = None) -> Rule:
    """Return the rule of an integer within limits; a bool or a float is none."""
    text = "an integer" if least is None else f"an integer of at least {least}"
    if least == 1:
        text = "a positive integer"
    if most is not None:
        text = f"an integer of {least} to {most}"
    return Rule(
        text,
        lambda value: (
            is_integer(value)
            and (least is None or value >= least)
            and (most is None or value <= most)
        ),
    )


def integers(text: str, *, least: int | None = None) -> Rule:
    """Return the rule of a tuple or list of one integer or more, as a tuple; `text` says it."""
    return Rule(
        text,
        lambda value: (
            isinstance(value, tuple | list)
            and len(value) > 0
            and all(is_integer(item) and (least is None or item >= least) for item in value)
        ),
        tuple,
    )


def choice(*options: str) -> Rule:
    """Return the rule of one of these strings."""
    text = f"one of {', '.join(map(repr, options))}"
    return Rule(text, lambda value: isinstance(value, str) and value in options)


FINITE = number()
NOT_NEGATIVE = number(least=0)
POSITIVE = number(above=0)
SHARE = number(least=0, most=1)
FRACTION = number(least=0, below=1)
COUNT = integer(least=1)
BOOLEAN = Rule("True or False", lambda value: isinstance(value, bool))
SEED = Rule("an integer of 0 to 2^63 - 1", lambda value: is_integer(value) and 0 <= value < 2**63)


def is_integer(value: Any) -> bool:
    """Whether a plain value is an integer; a bool is not."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: Any) -> bool:
    """Whether a plain value is a number that is finite in float64; a bool is not."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer beyond every float
        return False


def as_python(value: Any) -> Any:
    """Return single NumPy values, alone or in a tuple or list, as Python's own; others stay."""
    if isinstance(value, tuple | list):
        items = [as_python(item) for item in value]
        changed = any(new is not old for new, old in zip(items, value, strict=True))
        return type(value)(items) if changed and type(value) in (tuple, list) else value
    single = isinstance(value, np.generic | np.ndarray) and value.ndim == 0
    return value.item() if single and value.dtype.kind in "biuf" else value


def require(owner: object, name: str, value: Any, rule: Rule) -> Any:
    """Return `value`, the argument `name` of `owner` (an object, or its name), as `rule` keeps it.

    Raises:
        ValueError: it breaks the rule.
    """
    given = as_python(value)
    if not rule.holds(given):
        raise broken(owner, f"{name} must be {rule.text}", value)
    return rule.kept(given)


def check(owner: object, rule: Rule, *names: str) -> None:
    """Require the rule of each of these fields, and keep them as it says.

    Raises:
        ValueError: one breaks it.
    """
    for name in names:
        # Regularizers are frozen for everybody but their own check.
        object.__setattr__(owner, name, require(owner, name, getattr(owner, name), rule))


def broken(owner: object, rule: str, received: object) -> ValueError:
    """Return the error that names `owner`, the rule that was broken and what was received."""
    label = owner if isinstance(owner, str) else getattr(owner, "label", type(owner).__name__)
    return ValueError(f"{label}: {rule}, received {received!r:.200}")
