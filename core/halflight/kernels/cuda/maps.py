"""One launch for each formula of one number: y[i] = formula(x[i], constants...)."""

import functools
import inspect
from collections.abc import Callable
from typing import Any

from numba import cuda

from .. import formulas
from ..compilation import with_globals
from ..contract import checked
from .arrays import FLOAT, flat
from .compiler import Kernel


def _of_one(y, x, constants):  # type: ignore
    for i in range(cuda.grid(1), y.size, cuda.gridsize(1)):
        y[i] = formula(x[i], *constants)  # noqa: F821 (set by mapped)


def _of_two(y, a, b, constants):  # type: ignore
    for i in range(cuda.grid(1), y.size, cuda.gridsize(1)):
        y[i] = formula(a[i], b[i], *constants)  # noqa: F821 (set by mapped)


def mapped(twin: Callable[..., None], formula: Callable[..., Any]) -> Callable[..., None]:
    """The twin of a kernel of the reference: a formula of every element, in one launch.

    A gradient (whose first parameter is dy) has two arrays as inputs, any other formula one; the
    output may be one of them. The reference's other parameters are the formula's constants.

    Raises ValueError for a function of another file: edits there would go unnoticed by the cache
    of machine code, which follows the imports of this file.
    """
    if formula.__module__ != formulas.__name__:
        raise ValueError(f"mapped: {formula.__qualname__} is not in {formulas.__name__}")
    definition = inspect.unwrap(twin)
    names = tuple(inspect.signature(definition).parameters)
    arrays = 3 if next(iter(inspect.signature(formula).parameters)) == "dy" else 2
    loop = _of_two if arrays == 3 else _of_one
    kernel = Kernel(with_globals(loop, f"map_{formula.__name__}", formula=formula))

    @functools.wraps(definition)
    def run(*args: Any, **kwargs: Any) -> None:
        given = dict(zip(names, args, strict=False)) | kwargs
        if len(given) < len(names):
            definition(*args, **kwargs)  # raises Python's own TypeError
        values = [given[name] for name in names]
        constants = tuple(FLOAT(value) for value in values[arrays:])
        kernel.over(values[0].size, *flat(*values[:arrays]), constants)

    return checked(FLOAT)(run)
