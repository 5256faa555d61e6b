"""How compiled loops reach the pool of threads: under Numba's names, through code of our own.

Where there is no pool, before it is started or in a forked child, whose parent has the threads, a
loop is computed by its caller alone. The bytes are the same for any number of threads.
"""

import ctypes
import os

from llvmlite import binding  # type: ignore[import-untyped]

CHUNKS = 4
"""Chunks of a loop for each thread: what a loop may have to wait for is one of them."""


def keep(memory: object) -> None:
    """Never free it: a daemon thread of Python may compute until the very end of a process."""
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(memory))


_run, _pool, _key = (ctypes.c_int64(0) for _ in range(3))
for _cell in (_run, _pool, _key):
    keep(_cell)

_CODE = """
declare ptr @pthread_getspecific(i64)

define void @numba_parallel_for(ptr %loop, ptr %arrays, ptr %sizes, ptr %steps, ptr %data,
                                i64 %inner, i64 %count, i64 %threads) {{
  %run = load ptr, ptr inttoptr (i64 {run} to ptr)
  %alone = icmp eq ptr %run, null
  br i1 %alone, label %here, label %threaded
here:
  call void %loop(ptr %arrays, ptr %sizes, ptr %steps, ptr %data)
  ret void
threaded:
  %pool = load ptr, ptr inttoptr (i64 {pool} to ptr)
  call void %run(ptr %pool, ptr %loop, ptr %arrays, ptr %sizes, ptr %steps,
                 i64 %inner, i64 %count, i64 %threads)
  ret void
}}

define i64 @get_thread_id() {{
  %run = load ptr, ptr inttoptr (i64 {run} to ptr)
  %alone = icmp eq ptr %run, null
  br i1 %alone, label %here, label %threaded
here:
  ret i64 0
threaded:
  %key = load i64, ptr inttoptr (i64 {key} to ptr)
  %own = call ptr @pthread_getspecific(i64 %key)
  %number = ptrtoint ptr %own to i64
  ret i64 %number
}}

define i64 @get_sched_size(i64 %threads, i64 %dimensions, ptr %firsts, ptr %lasts) {{
  %first = load i64, ptr %firsts
  %last = load i64, ptr %lasts
  %before = sub i64 %last, %first
  %length = add i64 %before, 1
  %most = mul i64 %threads, {chunks}
  %few = call i64 @llvm.smin.i64(i64 %length, i64 %most)
  %wanted = call i64 @llvm.smax.i64(i64 %few, i64 1)
  %one = icmp sle i64 %threads, 1
  %chunks = select i1 %one, i64 1, i64 %wanted
  ret i64 %chunks
}}

declare i64 @llvm.smin.i64(i64, i64)
declare i64 @llvm.smax.i64(i64, i64)
"""


def redirection() -> binding.ModuleRef:
    """The code, for this process."""
    cells = {"run": _run, "pool": _pool, "key": _key}
    places = {name: ctypes.addressof(cell) for name, cell in cells.items()}
    return binding.parse_assembly(_CODE.format(chunks=CHUNKS, **places))


def redirect(run: int, pool: int, key: int) -> None:
    """Let loops be run by the function at an address, given where its pool is.

    Its threads find their own number under a key of POSIX threads.
    """
    _pool.value, _key.value, _run.value = pool, key, run


def _forget() -> None:
    """In a forked child: the pool, if there is one, is the parent's."""
    _run.value = 0


os.register_at_fork(after_in_child=_forget)
