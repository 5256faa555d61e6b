"""Rules that arguments obey, and the one error that says who, which argument, which rule and what.

A rule is made once and checked on values (`require`) or on the fields of an object (`check`):

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
    """What a value must be: in words, and as a function."""

    text: str
    holds: Callable[[Any], bool]

    def or_none(self) -> "Rule":
        """Return the rule that lets None pass too."""
        return Rule(f"{self.text}, or None", lambda value: value is None or self.holds(value))


def number(
    *,
    least: float | None = None,
    above: float | None = None,
    most: float | None = None,
    below: float | None = None,
) -> Rule:
    """Return the rule of a finite number (a bool is none) within limits."""
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

    return Rule(f"a finite number{lower}{joint}{upper}", holds)


def integer(*, least: int | None = None) -> Rule:
    """Return the rule of an integer of at least `least`; a bool or a float is none."""
    text = "an integer" if least is None else f"an integer of at least {least}"
    if least == 1:
        text = "a positive integer"
    return Rule(text, lambda value: type(value) is int and (least is None or value >= least))


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
SEED = Rule("an integer of 0 to 2^63 - 1", lambda value: type(value) is int and 0 <= value < 2**63)


def is_number(value: Any) -> bool:
    """Whether `value` is a finite number; a bool is not."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def plain_number(value: Any) -> Any:
    """Return a single NumPy number as Python's own, and anything else as it is."""
    single = isinstance(value, np.generic | np.ndarray) and value.ndim == 0
    return value.item() if single else value


def require(owner: object, name: str, value: Any, rule: Rule) -> None:
    """Raise unless `value`, the argument `name` of `owner` (an object, or its name), obeys `rule`.

    Raises:
        ValueError: it does not.
    """
    if not rule.holds(value):
        raise broken(owner, f"{name} must be {rule.text}", value)


def check(owner: object, rule: Rule, *names: str) -> None:
    """Require the rule of each of these fields.

    Raises:
        ValueError: one breaks it.
    """
    for name in names:
        require(owner, name, getattr(owner, name), rule)


def as_float(owner: object, rule: Rule, name: str) -> float:
    """Return a field as a float, after `check`."""
    check(owner, rule, name)
    return float(getattr(owner, name))


def broken(owner: object, rule: str, received: object) -> ValueError:
    """Return the error that names `owner`, the rule that was broken and what was received."""
    label = owner if isinstance(owner, str) else getattr(owner, "label", type(owner).__name__)
    return ValueError(f"{label}: {rule}, received {received!r:.200}")
