"""One parallel loop for each formula of one number: y[i] = formula(x[i], constants...)."""

import functools
from collections.abc import Callable
from typing import Any

import numba
from numba import prange

from ... import formulas, further_formulas
from ...compilation import with_globals
from ...contract import Function, arrays_of, twin_from
from ..arrays import FLOAT
from ..machine.compiler import compiled, thread_limit
from ..machine.scratch import scratch
from ..machine.vector import copy_floats
from .blocks import block_bounds, block_count

LOOPS: dict[str, Any] = {}
"""Every compiled loop, by the name of its formula."""

# Values computed at a time, in scratch: a loop whose output is also its input makes no vectors.
_LINE = 2048


def _line_of_one(line, x, start, count, constants):
    for i in range(count):
        line[i] = formula(x[start + i], *constants)  # noqa: F821 (set by mapped)


def _line_of_two(line, a, b, start, count, constants):
    for i in range(count):
        line[i] = formula(a[start + i], b[start + i], *constants)  # noqa: F821 (set by mapped)


def _of_one(y, x, constants, lines):
    for block in prange(block_count(y.size)):
        line = lines[numba.get_thread_id()]
        begin, end = block_bounds(block, y.size)
        for start in range(begin, end, _LINE):
            count = min(_LINE, end - start)
            line_of(line, x, start, count, constants)  # noqa: F821 (set by mapped)
            copy_floats(y, start, line, 0, count)


def _of_two(y, a, b, constants, lines):
    for block in prange(block_count(y.size)):
        line = lines[numba.get_thread_id()]
        begin, end = block_bounds(block, y.size)
        for start in range(begin, end, _LINE):
            count = min(_LINE, end - start)
            line_of(line, a, b, start, count, constants)  # noqa: F821 (set by mapped)
            copy_floats(y, start, line, 0, count)


@functools.cache
def _loop(formula: Callable[..., Any], inputs: int) -> Any:
    inner, outer = (_line_of_two, _of_two) if inputs == 2 else (_line_of_one, _of_one)
    name = formula.__name__
    line = compiled()(with_globals(inner, f"line_{name}", formula=compiled()(formula)))
    loop = LOOPS[name] = compiled(parallel=True)(with_globals(outer, f"map_{name}", line_of=line))
    return loop


def mapped(definition: Function, formula: Callable[..., Any]) -> Function:
    """The twin of a kernel of the reference: a function of one of the formulas of every element.

    The definition's arrays are the output and one input or two; the output may be one of them. Its
    other parameters are the formula's constants.

    Raises ValueError for a function of another file: edits there would go unnoticed by the cache
    of machine code, which follows the imports of this file.
    """
    if formula.__module__ not in (formulas.__name__, further_formulas.__name__):
        raise ValueError(f"mapped: {formula.__qualname__} is not in {formulas.__name__}")
    count = len(arrays_of(definition))
    loop = _loop(formula, count - 1)

    def run(*given: Any) -> None:
        arrays = [array.reshape(-1) for array in given[:count]]
        constants = tuple(map(FLOAT, given[count:]))
        loop(*arrays, constants, scratch("map", thread_limit(), _LINE))

    return twin_from(definition, run)
