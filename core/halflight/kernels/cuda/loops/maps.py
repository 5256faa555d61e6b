"""One launch for each formula of one number: y[i] = formula(x[i], constants...)."""

from collections.abc import Callable
from typing import Any

from numba import cuda

from ... import formulas, further_formulas
from ...compilation import with_globals
from ...contract import Function, arrays_of, twin_from
from ..arrays import FLOAT, flat
from ..machine.compiler import Kernel


def _of_one(y, x, constants):
    for i in range(cuda.grid(1), y.size, cuda.gridsize(1)):
        y[i] = formula(x[i], *constants)  # noqa: F821 (set by mapped)


def _of_two(y, a, b, constants):
    for i in range(cuda.grid(1), y.size, cuda.gridsize(1)):
        y[i] = formula(a[i], b[i], *constants)  # noqa: F821 (set by mapped)


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
    loop = _of_two if count == 3 else _of_one
    kernel = Kernel(with_globals(loop, f"map_{formula.__name__}", formula=formula))

    def run(*given: Any) -> None:
        constants = tuple(FLOAT(value) for value in given[count:])
        kernel.over(given[0].size, *flat(*given[:count]), constants)

    return twin_from(definition, run)
