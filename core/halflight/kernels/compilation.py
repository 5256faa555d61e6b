"""What the compiled back ends share: formulas compiled with their callers."""

from collections.abc import Callable
from types import FunctionType
from typing import Any

_KERNELS = __name__.rpartition(".")[0]


def formulas_of(function: Callable[..., Any]) -> dict[str, FunctionType]:
    """The plain functions of the kernels that a function names: they are compiled with it."""
    seen = {name: function.__globals__.get(name) for name in function.__code__.co_names}
    return {
        name: value
        for name, value in seen.items()
        if isinstance(value, FunctionType) and value.__module__.startswith(_KERNELS)
    }


def with_globals(function: Any, name: str, **changed: Any) -> Any:
    """A copy of a function that sees other globals; `name` must be its own in its file.

    The cache of machine code tells the functions of a file apart by name and byte code.
    """
    copy = FunctionType(
        function.__code__, function.__globals__ | changed, name, function.__defaults__
    )
    copy.__qualname__ = name
    copy.__module__ = function.__module__
    return copy
