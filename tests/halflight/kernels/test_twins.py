"""How back ends get their kernels: twins, found by their marks, or the definition alone."""

import sys
import warnings

import numpy as np
import pytest

from halflight import kernels
from halflight.kernels import cpu, formulas, loss_formulas, reference
from halflight.kernels.cpu.loops.loss_rows import of_pairs
from halflight.kernels.cpu.loops.maps import mapped
from tests.halflight.kernels.backends import EVERYWHERE

MODULE = '''
"""A kernel that only the reference has."""

import numpy as np

from ..contract import kernel
from .arrays import Array, Indices


@kernel(total="c", y="n c", index="n", x="n c")
def sorted_rows(total: Array, y: Array, index: Indices, x: Array, factor: float = 2.0) -> None:
    """y = factor times the rows of x by their first column, from those of index; total += sums."""
    total += x.sum(axis=0)
    index[...] = np.argsort(x[:, 0])
    y[...] = factor * x[index]
'''


SECOND = '''
"""A kernel once more."""

from ..contract import kernel, twin
from ..reference import bias as reference


@{mark}
def bias_forward(y, b):
    y += b
'''


@pytest.fixture
def add_module(tmp_path, monkeypatch):
    """Call it with a package, a name and a text: the package has that module for this test."""
    added = []

    def add(package, name, text):
        (tmp_path / f"{name}.py").write_text(text)
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
        added.append((package, name))

    yield add
    for package, name in added:
        del sys.modules[f"{package.__name__}.{name}"]
        delattr(package, name)


LOAD = kernels.load.__wrapped__  # which keeps no back end


@pytest.mark.parametrize("name", EVERYWHERE)
def test_a_definition_alone_runs_on_every_back_end(add_module, name):
    add_module(reference, "sorting", MODULE)
    backend = LOAD(name)
    x = np.arange(6.0).reshape(3, 2)[::-1]
    total, device = backend.to_device([1.0, 1.0]), backend.to_device(x)
    y, index = backend.zeros((3, 2)), backend.zeros((3,), np.int32)
    with warnings.catch_warnings(record=True, category=kernels.FallbackWarning) as said:
        warnings.simplefilter("always", kernels.FallbackWarning)
        backend.sorted_rows(total, y, index, device)
        backend.sorted_rows(total, device, factor=4.0, index=index, x=device)
    package = name.partition("_")[0]
    message = f"sorted_rows has no twin in {package}: its definition computes, slowly"
    told = [(str(warning.message), warning.filename) for warning in said]
    assert told == ([] if name == "reference" else [(message, __file__)])
    np.testing.assert_array_equal(backend.to_host(y), 2.0 * x[::-1])
    np.testing.assert_array_equal(backend.to_host(index), [2, 1, 0])
    np.testing.assert_array_equal(backend.to_host(total), [1.0, 1.0] + 2.0 * x.sum(axis=0))
    np.testing.assert_array_equal(backend.to_host(device), 4.0 * x[::-1])
    with pytest.raises(ValueError, match="sorted_rows: y has shape"):
        backend.sorted_rows(total, total, index, device)


@pytest.mark.parametrize(
    ("package", "mark"),
    [(cpu, "twin(reference.bias_forward)"), (reference, 'kernel(y="... o", b="o")')],
)
def test_a_second_function_of_a_kernel_is_refused(add_module, package, mark):
    add_module(package, "doubled", SECOND.format(mark=mark))
    with pytest.raises(ValueError, match=r"two of bias_forward, one in .*\.doubled$"):
        LOAD("cpu")


def test_formulas_of_other_files_are_refused():
    """Their edits would go unnoticed by the cache of machine code."""
    known = kernels.definitions()
    with pytest.raises(ValueError, match="mapped: hinge is not in halflight.kernels.formulas"):
        mapped(known["relu_forward"], loss_formulas.hinge)
    with pytest.raises(ValueError, match="of_pairs: relu is not in halflight.kernels.loss_form"):
        of_pairs(known["hinge"], formulas.relu)
