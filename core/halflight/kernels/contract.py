"""The decorator that checks a kernel's arguments against the shapes it demands."""

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, ParamSpec

import numpy as np

from .rules import rules_of
from .shapes import SHAPES

__all__ = ["checked"]

Arguments = ParamSpec("Arguments")

# Sets of shapes that a kernel remembers to have checked: those of a few networks and batches.
_MOST_KNOWN = 512


def checked(
    dtype: type[np.floating],
) -> Callable[[Callable[Arguments, None]], Callable[Arguments, None]]:
    """Decorate a kernel so that wrong arguments raise ValueError before it runs.

    Arrays must be C-contiguous, of `dtype` (`index`: int32), not empty, and of the shapes that
    `SHAPES` gives for the kernel's name; other arguments must obey the rules of rules.py.
    """

    def decorate(kernel: Callable[Arguments, None]) -> Callable[Arguments, None]:
        parameters = inspect.signature(kernel).parameters.values()
        names = tuple(p.name for p in parameters if p.kind is not p.KEYWORD_ONLY)
        defaults = {p.name: p.default for p in parameters if p.default is not p.empty}
        laws = [(n, SHAPES[kernel.__name__].get(n)) for n in names]
        arrays = [(n, law.rstrip("?").split(), "?" in law) for n, law in laws if law]
        rules = rules_of(kernel.__name__, names)
        known: dict[Any, Mapping[str, Any]] = {}

        @functools.wraps(kernel)
        def call(*args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
            given = defaults | dict(zip(names, args, strict=False)) | kwargs
            if given.keys() >= set(names):  # otherwise Python's own TypeError says it best
                kinds = _kinds(given, arrays)
                lengths = known.get(kinds)
                if lengths is None:
                    lengths = _lengths(kernel.__name__, given, arrays, dtype)
                    if len(known) >= _MOST_KNOWN:
                        known.clear()
                    known[kinds] = lengths
                for rule in rules:
                    rule(kernel.__name__, given, lengths)
            kernel(*args, **kwargs)

        return call

    return decorate


def _kinds(given: Mapping[str, Any], arrays: list[tuple[str, list[str], bool]]) -> Any:
    """All that the laws of shapes look at: what passed once passes again."""
    kinds: list[Any] = [given.get("groups")]
    for name, _, _ in arrays:
        array = given[name]
        if hasattr(array, "flags"):
            kinds += (tuple(array.shape), array.dtype, array.flags["C_CONTIGUOUS"])
        else:
            kinds.append(type(array))
    return tuple(kinds)


def _lengths(
    kernel: str,
    given: Mapping[str, Any],
    arrays: list[tuple[str, list[str], bool]],
    dtype: type[np.floating],
) -> Mapping[str, Any]:
    """The length of every letter; raises ValueError for an array that breaks a law."""
    lengths: dict[str, Any] = {"g": given["groups"]} if "groups" in given else {}
    for name, law, optional in arrays:
        array = given[name]
        if array is None and optional:
            continue
        expected = np.int32 if name == "index" else dtype
        if getattr(array, "dtype", None) != expected:
            received = getattr(array, "dtype", type(array).__name__)
            raise ValueError(
                f"{kernel}: {name} is {received}, expected an array of {np.dtype(expected)}"
            )
        if not array.flags["C_CONTIGUOUS"]:
            raise ValueError(f"{kernel}: {name} {array.shape} is not C-contiguous: copy it first")
        if array.size == 0 or not _matches(array.shape, law, lengths):
            known = ", ".join(f"{key}={value}" for key, value in lengths.items())
            shapes = ", ".join(f"{n} {np.shape(given[n])}" for n, _, _ in arrays)
            raise ValueError(
                f"{kernel}: {name} has shape {array.shape}, expected ({', '.join(law)}), none "
                f"empty, with {known}; received {shapes}"
            )
    _check_products(kernel, lengths)
    return lengths


def _matches(shape: tuple[int, ...], law: list[str], lengths: dict[str, Any]) -> bool:
    """Whether the shape obeys the law; lengths seen for the first time are remembered."""
    if law[0].startswith("..."):
        name, *law = law
        if len(shape) < len(law):
            return False
        split = len(shape) - len(law)
        if lengths.setdefault(name, shape[:split]) != shape[:split]:
            return False
        shape = shape[split:]
    if len(shape) != len(law):
        return False
    for length, letter in zip(shape, law, strict=True):
        if letter.isdigit():
            if length != int(letter):
                return False
        elif letter[0].isdigit():
            whole, rest = divmod(length, int(letter[0]))
            if rest or lengths.setdefault(letter[1:], whole) != whole:
                return False
        elif lengths.setdefault(letter, length) != length:
            return False
    return True


def _check_products(kernel: str, lengths: Mapping[str, Any]) -> None:
    """A length that a law calls "c*m" must be the product of the lengths c and m."""
    for law, length in lengths.items():
        if "*" in law:
            a, b = (lengths[letter] for letter in law.split("*"))
            if a * b != length:
                raise ValueError(f"{kernel}: {law} is {length}, expected {a} * {b} = {a * b}")
