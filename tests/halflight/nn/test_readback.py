"""Readback: arrays come back in order, whole, and room is counted before they are written."""

import numpy as np
import pytest

from halflight import kernels
from halflight.nn import readback
from halflight.nn.readback import Readback


def write(book, *arrays):
    """Ask for room and write copies."""
    cpu = kernels.load("cpu")
    found = book.fits(*(array.shape for array in arrays))
    if found:
        for array in arrays:
            cpu.copy(book.array(array.shape), cpu.to_device(array))
    return found


def numbers(*shape):
    return np.arange(np.prod(shape), dtype=np.float32).reshape(shape) + len(shape)


def test_arrays_come_back_in_order():
    book = Readback(kernels.load("cpu"))
    arrays = numbers(3), numbers(2, 5), numbers(1), numbers(17)
    assert write(book, *arrays)
    for received, expected in zip(book.read(), arrays, strict=True):
        np.testing.assert_array_equal(received, expected)
    assert book.read() == []


def test_a_back_end_that_computes_at_once_has_room_for_one_step():
    book = Readback(kernels.load("cpu"))
    assert write(book, numbers(20))
    assert not write(book, numbers(20))
    book.read()
    assert write(book, numbers(3), numbers(50))  # grows while it is empty
    assert len(book.read()) == 2


def test_another_has_room_for_many(monkeypatch):
    monkeypatch.setattr(kernels.load("cpu"), "ASYNCHRONOUS", True)
    monkeypatch.setattr(readback, "CAPACITY", 160)
    book = Readback(kernels.load("cpu"))
    count = 0
    while write(book, numbers(20) + count):  # 32 values each, with the gap behind
        count += 1
    assert count == 5
    received = book.read()
    assert [array[0] for array in received] == pytest.approx([1, 2, 3, 4, 5])
    assert write(book, numbers(1000))
    np.testing.assert_array_equal(book.read()[0], numbers(1000))


def test_what_was_read_stays():
    book = Readback(kernels.load("cpu"))
    write(book, numbers(4))
    (first,) = book.read()
    write(book, numbers(4) * 7)
    np.testing.assert_array_equal(first, numbers(4))
