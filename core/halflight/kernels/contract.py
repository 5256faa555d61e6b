"""A kernel's contract, said once: the laws of its arrays' shapes, checked in every back end.

`@kernel(y="n o", x="n i", w="i o", b="o?")` marks a function of the reference, which is the
kernel's definition, and gives each array its law. A law is a string of axes. One letter is one
length, the same wherever it appears in a kernel; "..." is any number of axes (the same everywhere
in the kernel; "...a" and "...b" may differ), "2t" twice a length (any digit), a digit itself, "c*m"
a product of lengths; a "?" at the end allows None instead of an array. The letter g is the argument
`groups`, where there is one. Laws of names that a kernel does not have count for nothing, so that
kernels may share a dictionary of them.

`@twin(definition)` marks what computes the same for a compiled back end, in float32. Its name, its
parameters and their defaults must be the definition's; its documentation is. Only switches of its
back end may be added, as keywords. `twin_from` is for twins that are made and not written.
"""

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, ParamSpec

import numpy as np

from .rules import rules_of

__all__ = ["arrays_of", "definition_of", "kernel", "laws_of", "twin", "twin_from"]

Arguments = ParamSpec("Arguments")
Function = Callable[..., None]

# Sets of shapes that a kernel remembers to have checked: those of a few networks and batches.
_MOST_KNOWN = 512


def kernel(**laws: str) -> Callable[[Callable[Arguments, None]], Callable[Arguments, None]]:
    """Decorate the definition of a kernel, in float64; its arrays obey these laws."""

    def decorate(function: Callable[Arguments, None]) -> Callable[Arguments, None]:
        call = _checked(function, laws, np.float64)
        call.__dict__.update(laws=laws, definition=call)
        return call

    return decorate


def twin(definition: Function) -> Callable[[Function], Function]:
    """Decorate what computes the same as a definition, in float32.

    Raises TypeError, naming both, where name, parameters or defaults differ.
    """

    def decorate(function: Function) -> Function:
        said, meant = _call(function), _call(inspect.unwrap(definition))
        if said != meant:
            raise TypeError(f"{function.__module__}: {said} is no twin of {meant}")
        call = _checked(function, laws_of(definition), np.float32)
        call.__dict__["definition"] = definition
        call.__doc__ = definition.__doc__
        return call

    return decorate


def twin_from(definition: Function, run: Function) -> Function:
    """The twin that calls `run` with all of its arguments, in order."""
    plain = inspect.unwrap(definition)
    parameters = inspect.signature(plain).parameters.values()
    names = tuple(p.name for p in parameters)
    defaults = {p.name: p.default for p in parameters if p.default is not p.empty}

    @functools.wraps(plain)
    def ordered(*args: Any, **kwargs: Any) -> None:
        if kwargs or len(args) != len(names):
            given = defaults | dict(zip(names, args, strict=False)) | kwargs
            twice = kwargs.keys() & set(names[: len(args)])
            if given.keys() != set(names) or twice or len(args) > len(names):
                plain(*args, **kwargs)  # raises Python's own TypeError
            args = tuple(given[name] for name in names)
        run(*args)

    return twin(definition)(ordered)


def definition_of(value: Any) -> Function | None:
    """The definition of a kernel (its own, if it is one) or twin; None for anything else."""
    found: Function | None = getattr(value, "definition", None) if callable(value) else None
    return found


def laws_of(definition: Function) -> Mapping[str, str]:
    """The laws that a kernel's definition gives its arrays."""
    laws: Mapping[str, str] = definition.__dict__["laws"]
    return laws


def arrays_of(definition: Function) -> list[str]:
    """The names of a kernel's arrays, in order."""
    return [
        name for name in inspect.signature(definition).parameters if name in laws_of(definition)
    ]


def _call(function: Function) -> str:
    """A function's name and parameters, without types and without the switches of a back end."""
    parameters = [
        parameter.replace(annotation=inspect.Parameter.empty)
        for parameter in inspect.signature(function).parameters.values()
        if parameter.kind is not parameter.KEYWORD_ONLY
    ]
    return f"{function.__name__}{inspect.Signature(parameters)}"


def _checked(
    function: Callable[Arguments, None], laws: Mapping[str, str], dtype: type[np.floating]
) -> Callable[Arguments, None]:
    """The function, such that wrong arguments raise ValueError before it runs.

    Arrays must be C-contiguous, of `dtype` (`index`: int32), not empty, and of shapes that obey the
    laws; other arguments must obey the rules of rules.py.
    """
    parameters = inspect.signature(function).parameters.values()
    names = tuple(p.name for p in parameters if p.kind is not p.KEYWORD_ONLY)
    defaults = {p.name: p.default for p in parameters if p.default is not p.empty}
    arrays = [(n, laws[n].rstrip("?").split(), "?" in laws[n]) for n in names if n in laws]
    rules, needed = rules_of(function.__name__, names), set(names)
    known: dict[Any, Mapping[str, Any]] = {}

    @functools.wraps(function)
    def call(*args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
        given = defaults | dict(zip(names, args, strict=False)) | kwargs
        if given.keys() >= needed:  # otherwise Python's own TypeError says it best
            kinds = _kinds(given, arrays)
            lengths = known.get(kinds)
            if lengths is None:
                lengths = _lengths(function.__name__, given, arrays, dtype)
                if len(known) >= _MOST_KNOWN:
                    known.clear()
                known[kinds] = lengths
            for rule in rules:
                rule(function.__name__, given, lengths)
        function(*args, **kwargs)

    return call


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
