"""One parallel loop for each formula of one number: y[i] = formula(x[i], constants...)."""

import inspect
from collections.abc import Callable
from typing import Any

import numba
from numba import prange

from .. import formulas
from ..compilation import with_globals
from .arrays import FLOAT, Array
from .blocks import block_bounds, block_count
from .compiler import compiled, thread_limit
from .scratch import scratch
from .vector import copy_floats

LOOPS: dict[str, Any] = {}
"""Every compiled loop, by the name of its formula."""


# Values computed at a time, in scratch: a loop whose output is also its input makes no vectors.
_LINE = 2048


def _line_of_one(line, x, start, count, constants):  # type: ignore
    for i in range(count):
        line[i] = formula(x[start + i], *constants)  # noqa: F821 (set by mapped)


def _line_of_two(line, a, b, start, count, constants):  # type: ignore
    for i in range(count):
        line[i] = formula(a[start + i], b[start + i], *constants)  # noqa: F821 (set by mapped)


def _of_one(y, x, constants, lines):  # type: ignore
    for block in prange(block_count(y.size)):
        line = lines[numba.get_thread_id()]
        begin, end = block_bounds(block, y.size)
        for start in range(begin, end, _LINE):
            count = min(_LINE, end - start)
            line_of(line, x, start, count, constants)  # noqa: F821 (set by mapped)
            copy_floats(y, start, line, 0, count)


def _of_two(y, a, b, constants, lines):  # type: ignore
    for block in prange(block_count(y.size)):
        line = lines[numba.get_thread_id()]
        begin, end = block_bounds(block, y.size)
        for start in range(begin, end, _LINE):
            count = min(_LINE, end - start)
            line_of(line, a, b, start, count, constants)  # noqa: F821 (set by mapped)
            copy_floats(y, start, line, 0, count)


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
    inner, outer = (_line_of_two, _of_two) if inputs == 2 else (_line_of_one, _of_one)
    name = formula.__name__
    line = compiled()(with_globals(inner, f"line_{name}", formula=compiled()(formula)))
    loop = compiled(parallel=True)(with_globals(outer, f"map_{name}", line_of=line))
    LOOPS[name] = loop

    def run(y: Array, *arguments: Any) -> None:
        arrays = [array.reshape(-1) for array in arguments[:inputs]]
        constants = tuple(FLOAT(value) for value in arguments[inputs:])
        loop(y.reshape(-1), *arrays, constants, scratch("map", thread_limit(), _LINE))

    return run
