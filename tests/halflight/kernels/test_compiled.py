"""How the CPU back end is compiled: no float64 in hot loops, and a safe cache."""

import ast
import importlib
import os
import pkgutil
import shutil
from pathlib import Path

import numba
import pytest

from halflight import kernels
from halflight.kernels import compilation, cpu
from halflight.kernels.cpu.loops import loss_rows, maps
from halflight.kernels.cpu.machine import compiler
from tests.halflight.kernels.cases import all_cases
from tests.halflight.kernels.python import output_of, run_python

# Small loops that add the partial sums of float32 loops, or invert a number, in float64.
IN_DOUBLE = {
    *("_merge_statistics", "merge_gradients", "_merge_groups", "_merge_samples", "_project"),
    "inverse_sum",
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
        fastmath = function.targetoptions["fastmath"]
        fresh = numba.njit(error_model="numpy", fastmath=fastmath)(function.py_func)
        fresh.compile(signature)
        types = fresh.overloads[signature].type_annotation
    return {variable: kind for variable, kind in types.typemap.items() if _real_types(kind)}


@pytest.mark.thorough
@pytest.mark.timeout(1500)
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


@pytest.fixture
def copy(tmp_path):
    """The kernels' files, in a package of their own."""
    (tmp_path / "halflight").mkdir()
    (tmp_path / "halflight" / "__init__.py").touch()
    return Path(shutil.copytree(Path(maps.__file__).parents[2], tmp_path / "halflight" / "kernels"))


def test_cache_folder_follows_the_source_and_what_it_imports(copy):
    source = copy / "cpu" / "conv.py"
    engines = {copy / "cpu" / "machine" / "vector.py", copy / "cpu" / "convolution" / "winograd.py"}
    found = compilation.sources(source)
    assert engines < found
    python = {copy / "contract.py", copy / "rules.py", copy / "reference" / "conv.py"}
    assert not python & found
    before = compiler.folder_of(source)
    for unrelated in {copy / "cpu" / "loss.py"} | python:
        unrelated.write_text(unrelated.read_text() + "edited = 1\n")
        assert compiler.folder_of(source) == before
    for engine in engines:
        engine.write_text(engine.read_text() + "edited = 1\n")
        after = compiler.folder_of(source)
        assert after != before
        before = after


def test_cache_folder_does_not_follow_documentation(copy):
    source = copy / "cpu" / "conv.py"
    before = compiler.folder_of(source)
    for file in (source, copy / "cpu" / "convolution" / "volumes.py"):
        tree = ast.parse(file.read_text())
        tree.body[0].value.value = "Another docstring."
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and ast.get_docstring(node):
                node.body[0].value.value = "Another one."
        file.write_text("# Without comments, and wrapped otherwise.\n" + ast.unparse(tree))
        assert compiler.folder_of(source) == before
    source.write_text(source.read_text().replace("(1, *dilation)", "(2, *dilation)"))
    assert compiler.folder_of(source) != before


IMPORTS = {
    "from halflight.kernels.inner import f": {"inner.py"},
    "import halflight.kernels.inner": {"inner.py"},
    "import halflight.kernels.inner as other, math": {"inner.py"},
    "from halflight.kernels import inner": {"inner.py"},
    "from .. import inner": {"inner.py"},
    "from ..inner import f": {"inner.py"},
    "from . import engine": {"cpu/engine/__init__.py", "inner.py"},
    "from .engine import f": {"cpu/engine/__init__.py", "inner.py"},
    "from .engine import *": {"cpu/engine/__init__.py", "inner.py"},
    "from .engine import deep": {"cpu/engine/deep.py"},
    "from .engine.deep import g": {"cpu/engine/deep.py"},
    "import halflight.kernels.cpu.engine.deep": {"cpu/engine/deep.py"},
    "def h():\n    from .engine import deep, f": {
        *("cpu/engine/deep.py", "cpu/engine/__init__.py", "inner.py"),
    },
    "from ..reference import conv as reference\nfrom ..contract import twin": set(),
    "import numpy.linalg\nfrom numba import prange": set(),
}


@pytest.mark.parametrize("line", IMPORTS)
def test_every_kind_of_import_counts(copy, line):
    (copy / "inner.py").write_text("f = 1")
    (copy / "cpu" / "engine").mkdir()
    (copy / "cpu" / "engine" / "__init__.py").write_text("from ...inner import f")
    (copy / "cpu" / "engine" / "deep.py").write_text("g = 1")
    source = copy / "cpu" / "made.py"
    source.write_text(line)
    found = {file.relative_to(copy).as_posix() for file in compilation.sources(source)}
    assert found == IMPORTS[line] | {"cpu/made.py"}


ANNOUNCED = """
import numpy as np
from halflight import kernels

x = np.zeros((2, 3), np.float32)
kernels.load("cpu").relu_forward(x, x)
"""
EDITED = """
import sys
import numpy as np
from numba import njit
from halflight.kernels.compilation import cached_in
from halflight.kernels.cpu.machine.compiler import folder_of
import made

with cached_in(folder_of(made.__file__)):
    f = njit(cache=True)(made.f)
print(f(1), *f.stats.cache_hits.values())
"""


def test_compiling_is_announced_and_loading_is_not(root, tmp_path):
    said = [run_python(ANNOUNCED, root, NUMBA_CACHE_DIR=str(tmp_path)).stderr for _ in range(2)]
    assert str(tmp_path) in said[0]
    assert "compiling kernels: maps" in said[0]
    assert said[1] == ""


def test_after_an_edit_of_a_comment_the_right_code_runs(root, tmp_path):
    """Numba compiles anew what is in a file that was touched, whatever the folder's name is."""
    (tmp_path / "package").mkdir()
    source = tmp_path / "package" / "made.py"
    path = os.pathsep.join([str(source.parent), str(root / "core")])
    text = "def f(x):\n    return x + 1\n"
    said = []
    for lines in (text, text, "# A comment.\n\n" + text, text.replace("1", "2")):
        if not source.is_file() or lines != source.read_text():
            source.write_text(lines)
        said.append(output_of(EDITED, root, NUMBA_CACHE_DIR=str(tmp_path), PYTHONPATH=path))
    assert said == ["2\n", "2 1\n", "2\n", "3\n"]
    folders = {file.parent.parent for file in tmp_path.rglob("*.nbi")}
    assert len(folders) == 2
