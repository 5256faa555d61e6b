"""Which files count of what a kernel is compiled from, and what of them."""

import ast
import shutil
from pathlib import Path

import pytest

from halflight.kernels.cpu.loops import maps
from halflight.kernels.cpu.machine import target
from halflight.kernels.sources import sources


@pytest.fixture
def copy(tmp_path):
    """The kernels' files, in a package of their own."""
    (tmp_path / "halflight").mkdir()
    (tmp_path / "halflight" / "__init__.py").touch()
    return Path(shutil.copytree(Path(maps.__file__).parents[2], tmp_path / "halflight" / "kernels"))


def test_cache_folder_follows_the_source_and_what_it_imports(copy):
    source = copy / "cpu" / "conv.py"
    engines = {copy / "cpu" / "machine" / "vector.py", copy / "cpu" / "convolution" / "winograd.py"}
    found = sources(source)
    assert engines < found
    python = {copy / "contract.py", copy / "rules.py", copy / "reference" / "conv.py"}
    assert not python & found
    before = target.folder_of(source)
    for unrelated in {copy / "cpu" / "loss.py"} | python:
        unrelated.write_text(unrelated.read_text() + "edited = 1\n")
        assert target.folder_of(source) == before
    for engine in engines:
        engine.write_text(engine.read_text() + "edited = 1\n")
        after = target.folder_of(source)
        assert after != before
        before = after


def test_cache_folder_does_not_follow_documentation(copy):
    source = copy / "cpu" / "conv.py"
    before = target.folder_of(source)
    for file in (source, copy / "cpu" / "convolution" / "volumes.py"):
        tree = ast.parse(file.read_text())
        tree.body[0].value.value = "Another docstring."
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and ast.get_docstring(node):
                node.body[0].value.value = "Another one."
        file.write_text("# Without comments, and wrapped otherwise.\n" + ast.unparse(tree))
        assert target.folder_of(source) == before
    source.write_text(source.read_text().replace("(1, *dilation)", "(2, *dilation)"))
    assert target.folder_of(source) != before


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
    found = {file.relative_to(copy).as_posix() for file in sources(source)}
    assert found == IMPORTS[line] | {"cpu/made.py"}
