"""How the CPU back end is compiled: no float64 in hot loops."""

import ctypes
import importlib
import pkgutil
from pathlib import Path

import numba
import numpy as np
import pytest

from halflight import kernels
from halflight.kernels import cpu
from halflight.kernels.compilation import with_globals
from halflight.kernels.cpu.loops import loss_rows, maps
from halflight.kernels.cpu.machine.target import Compiled
from tests.halflight.kernels.cases import all_cases

# Loops that add float32 numbers, or partial sums of such loops, or invert one, in float64.
IN_DOUBLE = {
    *("_merge_statistics", "merge_gradients", "_merge_groups", "_merge_samples", "_project"),
    *("inverse_sum", "_sum_overlap", "_sum_rows"),
}


def _compiled_functions():
    """Every compiled function of the back end, every loop of a formula, and all that they call."""
    found = {}
    queue = [*maps.LOOPS.values(), *loss_rows.LOOPS.values()]
    for module in pkgutil.walk_packages(cpu.__path__, f"{cpu.__name__}."):
        queue += vars(importlib.import_module(module.name)).values()
    while queue:
        function = queue.pop()
        function = getattr(function, "dispatcher", function)
        if hasattr(function, "py_func"):
            python = function.py_func
            name = f"{Path(python.__code__.co_filename).stem}.{python.__name__}"
            if name not in found:
                queue += python.__globals__.values()
            assert found.setdefault(name, function) is function, f"two functions {name}"
    return found


FUNCTIONS = _compiled_functions()


def _real_types(kind):
    """The floating-point types inside a Numba type."""
    if isinstance(kind, numba.types.Array):
        kind = kind.dtype
    return {kind} & {numba.types.float64, numba.types.float16}


def _promoted(function, signature):
    """Variables of float64 in a function; a cached one has no types: they are inferred again."""
    types = function.overloads[signature].type_annotation
    if not hasattr(types, "typemap"):
        options = {"nopython": True, "boundscheck": None, "error_model": "numpy"}
        fresh = Compiled(function.py_func, targetoptions=options)
        fresh.compile(signature)
        types = fresh.overloads[signature].type_annotation
    return {variable: kind for variable, kind in types.typemap.items() if _real_types(kind)}


@pytest.mark.thorough
@pytest.mark.timeout(1500)
def test_no_float64_in_hot_loops():
    backend = kernels.load("cpu")
    for case in all_cases():
        case.run(backend)
    seen, offenders = set(), {}
    while pending := [
        (name, signature)
        for name, function in FUNCTIONS.items()
        for signature in function.signatures
        if (name, signature) not in seen
    ]:
        for name, signature in pending:  # which gives the functions it calls their signatures
            promoted = _promoted(FUNCTIONS[name], signature)
            if promoted and name.rpartition(".")[2] not in IN_DOUBLE:
                offenders[name] = sorted(promoted)
            seen.add((name, signature))
    assert not offenders
    assert {name for name, _ in seen} == set(FUNCTIONS), "a function is never called"


def _twice(x):
    return x + x


def test_only_what_is_called_from_without_becomes_machine_code():
    options = {"nopython": True, "boundscheck": None, "error_model": "numpy"}
    inner = Compiled(_twice, targetoptions=options | {"no_cpython_wrapper": True})
    outer = Compiled(with_globals(_four_times, "_four_times", inner=inner), targetoptions=options)
    assert outer(np.float32(1.5)) == 6
    [code], [called] = (function.overloads.values() for function in (inner, outer))
    assert code.library.serialize_using_object_code()[1] == "bitcode"
    assert called.library.get_pointer_to_function(called.fndesc.llvm_cpython_wrapper_name)
    address = code.library.get_pointer_to_function(code.fndesc.llvm_cfunc_wrapper_name)
    assert ctypes.CFUNCTYPE(ctypes.c_float, ctypes.c_float)(address)(1.5) == 3


def _four_times(x):
    return inner(inner(x))  # noqa: F821 (set by the test)
