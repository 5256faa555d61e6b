"""How the CPU back end is compiled: no float64 in hot loops, SIMD, indices from the start."""

import ast
import ctypes
import importlib
import inspect
import pkgutil
import re
import textwrap
from pathlib import Path

import numba
import numpy as np
import pytest

from halflight import kernels
from halflight.kernels import cpu, formulas
from halflight.kernels.compilation import with_globals
from halflight.kernels.cpu.loops import loss_rows, maps
from halflight.kernels.cpu.machine.compiler import compiled
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


@pytest.mark.parametrize("formula", [formulas.leaky_relu_gradient, formulas.sigmoid_gradient])
def test_maps_of_two_arrays_load_vectors(formula):
    """Were an index negative, for all the compiler knows, numbers would be gathered singly."""
    line = with_globals(maps._line_of_two, "line", formula=compiled()(formula))
    function = Compiled(line, targetoptions={"nopython": True, "error_model": "numpy"})
    constants = (np.float32(0.1),) * (len(inspect.signature(formula).parameters) - 2)
    a, b, y = (np.linspace(-1, 1, 100, dtype=np.float32) for _ in range(3))
    function(y, a, b, 30, 60, constants)
    right = [formula(x, x, *constants) for x in a[30:90]]
    np.testing.assert_allclose(y[:60], right, rtol=1e-6)
    [result] = function.overloads.values()
    code = result.library.get_llvm_str()
    assert re.search(r"load <\d+ x float>", code)
    assert "gather" not in code


def test_no_kernel_counts_from_the_end_of_an_array():
    """There it would read what lies before the array; of a shape, which is a tuple, it may."""
    counted = set()
    for name, function in FUNCTIONS.items():
        tree = ast.parse(textwrap.dedent(inspect.getsource(function.py_func)))
        for node in ast.walk(tree):
            if isinstance(node, ast.Subscript) and not _is_shape(node.value):
                places = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
                counted |= {name for place in places if isinstance(place, ast.UnaryOp)}
    assert not counted


def _is_shape(node):
    return isinstance(node, ast.Attribute) and node.attr in {"shape", "strides"}
