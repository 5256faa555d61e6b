"""One parallel loop for each formula of one number: y[i] = formula(x[i], constants...)."""

import inspect
from collections.abc import Callable
from types import FunctionType
from typing import Any

from numba import prange

from .. import formulas
from .arrays import FLOAT, Array
from .blocks import block_bounds, block_count
from .compiler import compiled, with_globals

LOOPS: dict[str, Any] = {}
"""Every compiled loop, by the name of its formula."""


def _of_one(y, x, constants):  # type: ignore
    for block in prange(block_count(y.size)):
        start, stop = block_bounds(block, y.size)
        for i in range(start, stop):
            y[i] = formula(x[i], *constants)  # noqa: F821 (set by mapped)


def _of_two(y, a, b, constants):  # type: ignore
    for block in prange(block_count(y.size)):
        start, stop = block_bounds(block, y.size)
        for i in range(start, stop):
            y[i] = formula(a[i], b[i], *constants)  # noqa: F821 (set by mapped)


def mapped(formula: Callable[..., Any]) -> Callable[..., None]:
    """The loop of a function of formulas.py, called with output, inputs and constants.

    A gradient (whose first parameter is dy) has two arrays as inputs, any other formula one; the
    output may be one of them. All are C-contiguous and of one shape.

    Raises ValueError for a function of another file: edits there would go unnoticed by the cache
    of machine code, which follows the imports of this file.
    """
    if formula.__module__ != formulas.__name__:
        raise ValueError(f"mapped: {formula.__qualname__} is not in {formulas.__name__}")
    inputs = 2 if next(iter(inspect.signature(formula).parameters)) == "dy" else 1
    template = _of_two if inputs == 2 else _of_one
    assert isinstance(template, FunctionType)
    loop = LOOPS[formula.__name__] = compiled(parallel=True)(
        with_globals(template, f"map_{formula.__name__}", formula=compiled()(formula))
    )

    def run(y: Array, *arguments: Any) -> None:
        arrays = [array.reshape(-1) for array in arguments[:inputs]]
        loop(y.reshape(-1), *arrays, tuple(FLOAT(value) for value in arguments[inputs:]))

    return run
