"""Parallel loops after a fork: the pool of threads stays in the parent, the child computes alone.

Numba's pool does not outlive a fork: GNU's OpenMP ends the child, others wait for threads that are
not there. So the kernels call the pool through code of their own, which in such a child does
the whole loop itself. The bytes are the same for any number of threads.
"""

import ctypes
import functools
import os

from llvmlite import binding  # type: ignore[import-untyped]
from numba.np.ufunc import parallel

_forked = ctypes.c_int64(0)
_parallel_for = ctypes.c_void_p()
_get_thread_id = ctypes.c_void_p()

_CODE = """
define void @numba_parallel_for(ptr %loop, ptr %arrays, ptr %sizes, ptr %steps, ptr %data,
                                i64 %inner, i64 %count, i64 %threads) {{
  %forked = load i64, ptr inttoptr (i64 {forked} to ptr)
  %alone = icmp ne i64 %forked, 0
  br i1 %alone, label %here, label %pool
here:
  call void %loop(ptr %arrays, ptr %sizes, ptr %steps, ptr %data)
  ret void
pool:
  %run = load ptr, ptr inttoptr (i64 {parallel_for} to ptr)
  call void %run(ptr %loop, ptr %arrays, ptr %sizes, ptr %steps, ptr %data,
                 i64 %inner, i64 %count, i64 %threads)
  ret void
}}

define i64 @get_thread_id() {{
  %forked = load i64, ptr inttoptr (i64 {forked} to ptr)
  %alone = icmp ne i64 %forked, 0
  br i1 %alone, label %here, label %pool
here:
  ret i64 0
pool:
  %ask = load ptr, ptr inttoptr (i64 {get_thread_id} to ptr)
  %number = call i64 %ask()
  ret i64 %number
}}
"""


def redirection() -> binding.ModuleRef:
    """The code through which compiled kernels reach the pool, under the pool's own names."""
    cells = {"forked": _forked, "parallel_for": _parallel_for, "get_thread_id": _get_thread_id}
    return binding.parse_assembly(
        _CODE.format(**{name: ctypes.addressof(cell) for name, cell in cells.items()})
    )


@functools.cache
def ready() -> None:
    """Start Numba's pool, before the first parallel loop."""
    parallel._launch_threads()
    _parallel_for.value = binding.address_of_symbol("numba_parallel_for")
    _get_thread_id.value = binding.address_of_symbol("get_thread_id")


def _after_fork() -> None:
    """In the child: whoever started the pool, it is not here."""
    _forked.value |= parallel._is_initialized


os.register_at_fork(after_in_child=_after_fork)
