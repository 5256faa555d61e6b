"""A kernel that is one function of the reference runs on every back end, and says so."""

import sys
import warnings

import numpy as np
import pytest

from halflight import kernels
from halflight.kernels import reference
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


@pytest.fixture
def load(tmp_path, monkeypatch):
    """As kernels.load, with one kernel more."""
    (tmp_path / "sorting.py").write_text(MODULE)
    monkeypatch.setattr(reference, "__path__", [*reference.__path__, str(tmp_path)])
    yield kernels.load.__wrapped__
    del sys.modules["halflight.kernels.reference.sorting"], reference.sorting


@pytest.mark.parametrize("name", EVERYWHERE)
def test_a_definition_alone_runs_on_every_back_end(load, name):
    backend = load(name)
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
