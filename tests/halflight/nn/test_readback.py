"""Readback: arrays come back in order, whole, and counted before they are written."""

import numpy as np
import pytest

from halflight import kernels
from halflight.nn import readback
from halflight.nn.readback import Readback


def write(buffer, *arrays):
    """Ask whether arrays fit, and write copies."""
    cpu = kernels.load("cpu")
    found = buffer.fits(*(array.shape for array in arrays))
    if found:
        for array in arrays:
            cpu.copy(buffer.array(array.shape), cpu.to_device(array))
    return found


def numbers(*shape):
    return np.arange(np.prod(shape), dtype=np.float32).reshape(shape) + len(shape)


def test_arrays_come_back_in_order():
    buffer = Readback(kernels.load("cpu"))
    arrays = numbers(3), numbers(2, 5), numbers(1), numbers(17)
    assert write(buffer, *arrays)
    for received, expected in zip(buffer.read(), arrays, strict=True):
        np.testing.assert_array_equal(received, expected)
    assert buffer.read() == []


def test_a_back_end_that_computes_at_once_has_room_for_one_step():
    buffer = Readback(kernels.load("cpu"))
    assert write(buffer, numbers(20))
    assert not write(buffer, numbers(20))
    buffer.read()
    assert write(buffer, numbers(3), numbers(50))  # grows while it is empty
    assert len(buffer.read()) == 2


def test_another_has_room_for_many(monkeypatch):
    monkeypatch.setattr(kernels.load("cpu"), "ASYNCHRONOUS", True)
    monkeypatch.setattr(readback, "CAPACITY", 160)
    buffer = Readback(kernels.load("cpu"))
    count = 0
    while write(buffer, numbers(20) + count):  # 32 values each, with the gap behind
        count += 1
    assert count == 5
    received = buffer.read()
    assert [array[0] for array in received] == pytest.approx([1, 2, 3, 4, 5])
    assert write(buffer, numbers(1000))
    np.testing.assert_array_equal(buffer.read()[0], numbers(1000))


def test_what_was_read_stays():
    buffer = Readback(kernels.load("cpu"))
    write(buffer, numbers(4))
    (first,) = buffer.read()
    write(buffer, numbers(4) * 7)
    np.testing.assert_array_equal(first, numbers(4))
