"""One launch for each formula of one number: y[i] = formula(x[i], constants...)."""

import inspect
from collections.abc import Callable
from typing import Any

from numba import cuda

from ..compilation import with_globals
from .arrays import FLOAT, Array, flat
from .compiler import Kernel


def _of_one(y, x, constants):  # type: ignore
    for i in range(cuda.grid(1), y.size, cuda.gridsize(1)):
        y[i] = formula(x[i], *constants)  # noqa: F821 (set by mapped)


def _of_two(y, a, b, constants):  # type: ignore
    for i in range(cuda.grid(1), y.size, cuda.gridsize(1)):
        y[i] = formula(a[i], b[i], *constants)  # noqa: F821 (set by mapped)


def mapped(formula: Callable[..., Any]) -> Callable[..., None]:
    """The kernel of a function of formulas.py, called with output, inputs and constants.

    A gradient (whose first parameter is dy) has two arrays as inputs, any other formula one; the
    output may be one of them. All are C-contiguous and of one shape.
    """
    inputs = 2 if next(iter(inspect.signature(formula).parameters)) == "dy" else 1
    loop = _of_two if inputs == 2 else _of_one
    kernel = Kernel(with_globals(loop, f"map_{formula.__name__}", formula=formula))

    def run(y: Array, *arguments: Any) -> None:
        constants = tuple(FLOAT(value) for value in arguments[inputs:])
        kernel.over(y.size, *flat(y, *arguments[:inputs]), constants)

    return run
