"""Numbers and untrusted text as the page prints them: one rule each, used everywhere."""

import math
import re
from numbers import Integral, Real
from typing import Any

NOT_MEASURED = "not measured"
THIN_SPACE = "\u202f"  # narrow and no-break, so that 12 345 never wraps
_MINUS = "\u2212"


def format_number(value: Any, digits: int = 3) -> str:
    """Return `value` with `digits` significant digits, or "not measured" for None and NaN.

    Rounds once, in decimal, and never shows an exponent between 1e-4 and 1e6.
    """
    if value is None or not math.isfinite(value):
        return NOT_MEASURED
    if abs(value) < 1e-12:  # rounding noise of a difference, not a measurement
        return "0"
    exponent = int(f"{float(value):.{digits - 1}e}".split("e")[1])
    if not -5 <= exponent <= 5:
        text = f"{float(value):.{digits - 1}e}"
        mantissa, power = text.split("e")
        return f"{mantissa}e{int(power)}".replace("-", _MINUS)
    decimals = digits - 1 - exponent
    rounded = round(float(value), decimals)
    return f"{rounded:.{max(decimals, 0)}f}".replace("-", _MINUS)


def format_count(value: Any) -> str:
    """Return a whole number with narrow no-break spaces between thousands."""
    if value is None or not math.isfinite(value):
        return NOT_MEASURED
    return f"{round(value):,}".replace(",", THIN_SPACE).replace("-", _MINUS)


def format_many(value: int, noun: str) -> str:
    """Return a whole number of things: "1 source", "12 345 sources"."""
    return f"{format_count(value)} {noun}{'' if value == 1 else 's'}"


def format_fraction(value: Any) -> str:
    """Return a fraction as a percentage with three significant digits: 0.0452 -> "4.52 %"."""
    if value is None or not math.isfinite(value):
        return NOT_MEASURED
    return f"{format_number(100 * float(value))}{THIN_SPACE}%"


def format_value(value: Any) -> str:
    """Return any value of a dictionary: counts and numbers by the rules above, the rest as text."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Integral):
        return format_count(int(value))
    if isinstance(value, Real):
        return format_number(float(value))
    return NOT_MEASURED if value is None else str(value)


def format_parameter(value: Any) -> str:
    """Return a parameter exactly as it was set: never rounded, as it is there to be copied."""
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, list | tuple):
        return "[" + ", ".join(format_parameter(item) for item in value) + "]"
    return str(value)


def flatten(nested: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return a nested dictionary as one level with dotted keys: {"a": {"b": 1}} -> {"a.b": 1}."""
    flat: dict[str, Any] = {}
    for key, value in nested.items():
        if isinstance(value, dict) and value:
            flat |= flatten(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def prose(text: str) -> str:
    """Return a sentence whose percentages never break between number and sign."""
    return text.replace(" %", f"{THIN_SPACE}%")


def markdown_text(value: Any) -> str:
    """Return text that Markdown shows literally, on one line, in prose or in a table cell."""
    text = " ".join(str(value).split())
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = re.sub(r"([\\`*_{}\[\]#|~$])", r"\\\1", text)
    # Neither a list or a rule at the start, nor a link that nobody has written as one.
    text = re.sub(r"^(\d{0,9})(-(?=[-\s]*$|\s)|[+.)](?=\s|$))", r"\1\\\2", text)
    return re.sub(r"(?i)(?<=\bwww)\.|:(?=//)", r"\\\g<0>", text)


def markdown_code(value: Any, language: str = "") -> str:
    """Return `value` as a fenced code block whose fence no backticks inside can close."""
    text = str(value).strip("\n")
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"
