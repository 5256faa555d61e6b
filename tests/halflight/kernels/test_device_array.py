"""Arrays on a GPU as the host sees them: where views begin, and what a launch is told of them."""

import gc
import math
import weakref

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from halflight.kernels.cuda.machine.compiler import _key, _three, _values, type_of
from halflight.kernels.cuda.machine.device_array import DeviceArray


class Memory:
    """What an array belongs to."""


def array(*shape, dtype=np.float32, pointer=4096):
    return DeviceArray(pointer, shape, np.dtype(dtype), Memory())


@given(st.lists(st.integers(1, 5), min_size=2, max_size=4), st.data())
def test_views_begin_where_numpys_do(shape, data):
    host = np.zeros(shape, np.float32)
    start = data.draw(st.integers(0, shape[0] - 1))
    stop = data.draw(st.integers(start + 1, shape[0]))
    there = array(*shape)
    for view, expected in (
        (there[start:stop], host[start:stop]),
        (there[start], host[start]),
        (there[-1], host[-1]),
        (there.reshape(-1)[start:stop], host.reshape(-1)[start:stop]),
        (there[start:].reshape(-1, shape[-1]), host[start:].reshape(-1, shape[-1])),
    ):
        assert view.shape == expected.shape
        assert view.size == expected.size
        assert view.nbytes == expected.nbytes
        moved = expected.__array_interface__["data"][0] - host.__array_interface__["data"][0]
        assert view.pointer - there.pointer == moved


def test_a_view_is_made_once_and_keeps_the_memory():
    there = array(4, 6)
    flat = there.reshape(24)
    assert there.reshape((24,)) is flat
    assert there.reshape(4, 6) is there
    assert there.reshape((2, -1)).shape == (2, 12)
    memory = weakref.ref(there._owner)
    del there
    assert memory() is not None
    del flat
    assert memory() is None  # at once: nothing waits for the garbage collector


def test_a_scalar_has_one_element():
    assert array().size == 1
    assert array().reshape(1).shape == (1,)


@pytest.mark.parametrize("shape", [(5, 5), (25,), (-1, 7), (0, -1), (-1, -1)])
def test_other_numbers_of_elements_are_refused(shape):
    with pytest.raises(ValueError, match=r"\(4, 6\) cannot be reshaped"):
        array(4, 6).reshape(shape)


def test_a_launch_is_told_what_numba_lays_out():
    matrix = array(3, 5)
    assert _values(matrix) == [0, 0, 15, 4, 4096, 3, 5, 20, 4]
    assert _values((7, (array(2, pointer=64), True))) == [7, 0, 0, 2, 4, 64, 2, 4, 1]
    assert _values(np.float32(1.0)) == [0x3F800000]
    assert _values(np.uint64(2**64 - 1)) == [2**64 - 1]
    assert _values(-1) == [2**64 - 1]
    assert str(type_of((matrix, 3, np.float32(1), False))) == (
        "Tuple(array(float32, 2d, C), int64, float32, bool)"
    )


def test_arrays_are_told_apart_without_being_kept():
    matrix = array(3, 5)
    key = _key((matrix, 2)), _key(matrix), _key((1, 2.0))
    assert key == ((matrix.key, 2), matrix.key, (1, 2.0))
    others = (array(5, 3), array(3, 5, pointer=8), array(3, 5, dtype=np.int32))
    assert all(other.key != matrix.key for other in others)
    memory = weakref.ref(matrix._owner)
    del matrix
    gc.collect()
    assert memory() is None
    hash(key)


def test_grids_have_three_axes():
    assert _three(4) == (4, 1, 1)
    assert _three((2, np.int64(3))) == (2, 3, 1)
    assert math.prod(_three((2, 3, 4))) == 24
