"""How the CPU back end is compiled: no float64 in hot loops, and a safe cache."""

import importlib
import pkgutil
import shutil
from pathlib import Path

import numba

from halflight import kernels
from halflight.kernels import compilation, cpu
from halflight.kernels.cpu import compiler, maps
from tests.halflight.kernels.cases import all_cases
from tests.halflight.kernels.python import run_python

# Small loops that add the partial sums of float32 loops, or invert a number, in float64.
IN_DOUBLE = {
    *("_merge_statistics", "merge_gradients", "_merge_groups", "_merge_samples", "_project"),
    "inverse_sum",
}


def _compiled_functions():
    """Every compiled function of the back end, every loop of a formula, and all that they call."""
    found = {}
    queue = [*maps.LOOPS.values()]
    for module in pkgutil.iter_modules(cpu.__path__):
        queue += vars(importlib.import_module(f"{cpu.__name__}.{module.name}")).values()
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
        fastmath = function.targetoptions["fastmath"]
        fresh = numba.njit(error_model="numpy", fastmath=fastmath)(function.py_func)
        fresh.compile(signature)
        types = fresh.overloads[signature].type_annotation
    return {variable: kind for variable, kind in types.typemap.items() if _real_types(kind)}


def test_no_float64_in_hot_loops():
    backend = kernels.load("cpu")
    for case in all_cases():
        case.run(backend)
    seen = set()
    while pending := [
        (name, signature)
        for name, function in FUNCTIONS.items()
        for signature in function.signatures
        if (name, signature) not in seen
    ]:
        for name, signature in pending:  # which gives the functions it calls their signatures
            promoted = _promoted(FUNCTIONS[name], signature)
            assert name.rpartition(".")[2] in IN_DOUBLE or not promoted, (
                f"{name}{signature}: {promoted}"
            )
            seen.add((name, signature))
    assert {name for name, _ in seen} == set(FUNCTIONS), "a function is never called"


def test_cache_folder_follows_machine_and_user(tmp_path, monkeypatch):
    source = Path(maps.__file__)
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    assert compiler.folder_of(source).parent == tmp_path
    monkeypatch.delenv("NUMBA_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert compiler.folder_of(source).parent == tmp_path / "halflight"
    before = compiler.folder_of(source)
    monkeypatch.setattr(compiler, "cpu_features", lambda: ("another cpu", ""))
    assert compiler.folder_of(source) != before


def test_cache_folder_follows_the_source_and_what_it_imports(tmp_path):
    kernels_folder = Path(maps.__file__).parents[1]
    copy = tmp_path / "kernels"
    shutil.copytree(kernels_folder, copy)
    source = copy / "cpu" / "conv.py"
    assert {copy / "cpu" / "vector.py", copy / "cpu" / "correlate.py"} < compilation.sources(source)
    before = compiler.folder_of(source)
    for unrelated in (copy / "cpu" / "loss.py", copy / "contract.py"):
        unrelated.write_text(unrelated.read_text() + "\n")
        assert compiler.folder_of(source) == before
    inner = copy / "cpu" / "vector.py"
    inner.write_text(inner.read_text() + "\n")
    assert compiler.folder_of(source) != before


ANNOUNCED = """
import numpy as np
from halflight import kernels

x = np.zeros((2, 3), np.float32)
kernels.load("cpu").relu_forward(x, x)
"""


def test_compiling_is_announced_and_loading_is_not(root, tmp_path):
    said = [run_python(ANNOUNCED, root, NUMBA_CACHE_DIR=str(tmp_path)).stderr for _ in range(2)]
    assert str(tmp_path) in said[0]
    assert "compiling kernels: maps" in said[0]
    assert said[1] == ""
