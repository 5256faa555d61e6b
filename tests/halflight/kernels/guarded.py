"""Memory whose surroundings are watched: by a pattern, or by pages that nobody may touch.

Intrinsics know no bounds, so Numba cannot check theirs. Every array that a kernel is given, and
every scratch array that it asks for, can be put into such memory.
"""

import ctypes
import math
import mmap
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numba
import numpy as np
import pytest
from numba.core import config

from halflight.kernels import Backend
from halflight.kernels.cpu.machine.compiler import thread_limit
from halflight.kernels.cpu.machine.scratch import scratch
from tests.halflight.kernels.cases.case import Case

Place = Callable[[tuple[int, ...], type], np.ndarray]

# A NaN with a payload that no arithmetic makes; odd as an integer, too.
_PATTERN = np.uint32(0x7FC5A5A5)
_AROUND = 4096  # elements of the pattern before and after, and one more: no array is aligned
_PAGES = 16 * mmap.PAGESIZE  # that nobody may touch, before and after
_NO_ACCESS = 0  # PROT_NONE


class Zones:
    """Arrays of the pattern inside larger buffers of it; `broken` finds the buffers overrun."""

    def __init__(self) -> None:
        self._buffers: list[tuple[np.ndarray, int]] = []

    def __call__(self, shape: tuple[int, ...], kind: type) -> np.ndarray:
        size = math.prod(shape)
        buffer = np.full(size + 2 * _AROUND + 1, _PATTERN)
        self._buffers.append((buffer, size))
        return buffer[_AROUND + 1 : _AROUND + 1 + size].view(kind).reshape(shape)

    def broken(self) -> list[int]:
        """The numbers of the buffers whose surroundings have changed."""
        return [
            number
            for number, (buffer, size) in enumerate(self._buffers)
            if (buffer[: _AROUND + 1] != _PATTERN).any()
            or (buffer[_AROUND + 1 + size :] != _PATTERN).any()
        ]


class Fences:
    """Arrays of the pattern that begin, or end, where a page begins that ends the process."""

    def __init__(self, *, at_end: bool) -> None:
        self._at_end = at_end
        self._protect = ctypes.CDLL(None, use_errno=True).mprotect
        self._protect.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)

    def __call__(self, shape: tuple[int, ...], kind: type) -> np.ndarray:
        size = 4 * math.prod(shape)
        pages = -(-size // mmap.PAGESIZE) * mmap.PAGESIZE
        buffer = np.frombuffer(mmap.mmap(-1, pages + 2 * _PAGES), np.uint8)
        inside = buffer[_PAGES : _PAGES + pages]
        inside.view(np.uint32)[:] = _PATTERN
        for fence in (buffer[:_PAGES], buffer[_PAGES + pages :]):
            if self._protect(fence.ctypes.data, _PAGES, _NO_ACCESS):
                raise OSError(ctypes.get_errno(), "mprotect")
        begin = pages - size if self._at_end else 0
        return inside[begin : begin + size].view(kind).reshape(shape)


@contextmanager
def scratch_in(place: Place) -> Iterator[None]:
    """Every scratch array is a new one in watched memory, exactly as large as asked for.

    One thread works, so that no other thread's share of an array follows its own unwatched.
    """
    threads = numba.get_num_threads()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            type(scratch), "__call__", lambda _self, _purpose, *shape: place(shape, np.float32)
        )
        patch.setattr(config, "NUMBA_NUM_THREADS", 1)
        numba.set_num_threads(1)
        assert thread_limit() == 1
        try:
            yield
        finally:
            patch.undo()
            numba.set_num_threads(threads)


def run_in(place: Place, case: Case, backend: Backend) -> dict[str, np.ndarray]:
    """The outputs of a call whose arrays all lie in watched memory."""
    arguments = dict(case.arguments)
    for name, value in case.arguments.items():
        if isinstance(value, np.ndarray):
            host = backend.to_device(value)
            arguments[name] = place(host.shape, host.dtype.type)
            arguments[name][...] = host
    with scratch_in(place):
        getattr(backend, case.kernel)(**arguments)
    return {name: arguments[name] for name in case.assigned + case.updated}
