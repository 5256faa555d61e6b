"""The threads of parallel loops: one that is late is not waited for.

A loop is cut into more chunks than there are threads. Each thread begins with chunks of its own,
those that its core has had in the loop before, and then takes over what others have not begun; the
caller works like the others. So a loop ends when its chunks are done, whoever did them: where other
programs keep a thread from running, it costs no more than the chunk that it has in hand. Threads
watch for the next loop for a moment and then sleep.

A chunk's result does not depend on who computes it. A second loop at the same time, of another
thread of Python, is computed by its caller alone.
"""

import atexit
import ctypes
import functools
import os
import signal
import time
from collections.abc import Callable
from typing import Any

from numba import types
from numba.core import config
from numba.core.compiler_lock import global_compiler_lock
from numba.np.ufunc import parallel

from . import threads
from .atomic import WORDS, add, address, at, call, load, on_stack, replace, store
from .target import Compiled

# Nanoseconds that a thread watches for before it sleeps: several times what lies between two loops
# of a network, and what it takes to wake a thread that sleeps.
_WATCH = 100_000

# The pool's memory: lines of words, as many bytes apart as processors fetch together.
_LINE = 16
_GATE, _SLEEPERS, _CALLER_SLEEPS, _STOPPED, _CALLER, _LOOP = (_LINE * line for line in range(6))
# Mutexes and conditions of POSIX threads: for loops that begin, and for the end of one.
_MUTEX, _BEGUN, _END_MUTEX, _ENDED = (_LINE * line for line in (6, 8, 10, 12))
_FIRST = _LINE * 14
"""A line for each thread: its next chunk, a clock's two words, its number, the pool's address."""
_CLOCK, _NUMBER, _POOL = 1, 3, 4
_KEY = _LOOP + 8
"""After what _compute needs of a loop: under which key each thread finds its number."""

# The gate's word: how many threads are inside, whether it is open, for how many threads, and which
# loop it is. It opens with a loop, and closes when nothing of the loop is left to begin.
_OPEN, _THREADS, _WHICH = 1 << 16, 17, 33
_INSIDE, _LOOPS = _OPEN - 1, (1 << 30) - 1

_lock = types.ExternalFunction("pthread_mutex_lock", types.int32(types.int64))
_unlock = types.ExternalFunction("pthread_mutex_unlock", types.int32(types.int64))
_sleep = types.ExternalFunction("pthread_cond_wait", types.int32(types.int64, types.int64))
_wake = types.ExternalFunction("pthread_cond_broadcast", types.int32(types.int64))
_set_own = types.ExternalFunction("pthread_setspecific", types.int32(types.int64, types.int64))
_give_way = types.ExternalFunction("sched_yield", types.int32())
_get_time = types.ExternalFunction("clock_gettime", types.int32(types.int32, types.int64))
_MONOTONIC = time.CLOCK_MONOTONIC


def _native(function: Callable[..., Any]) -> Any:
    """Decorate what the threads run; they have no Python."""
    options = {"nopython": True, "boundscheck": None, "error_model": "numpy"}
    dispatcher = Compiled(function, targetoptions=options | {"no_cpython_wrapper": True})
    dispatcher.keep()
    return dispatcher


@_native
def _nanoseconds(pool, thread):
    clock = _FIRST + thread * _LINE + _CLOCK
    _get_time(_MONOTONIC, address(pool) + 8 * clock)
    return pool[clock] * 1_000_000_000 + pool[clock + 1]


@_native
def _compute(pool, thread):
    """Compute chunks of the loop until all are begun."""
    loop, chunks, parts = pool[_LOOP], pool[_LOOP + 1], pool[_LOOP + 2]
    arrays, sizes, steps = at(pool[_LOOP + 3]), at(pool[_LOOP + 4]), at(pool[_LOOP + 5])
    array_count, size_count = pool[_LOOP + 6], pool[_LOOP + 7]
    own_arrays = on_stack(array_count)
    own_sizes = on_stack(size_count)
    own_sizes[0] = 1
    for k in range(1, size_count):
        own_sizes[k] = sizes[k]
    for turn in range(parts):
        part = (thread + turn) % parts
        chunk, end = part * chunks // parts, (part + 1) * chunks // parts
        begin = chunk
        chunk = begin + add(pool, _FIRST + part * _LINE, 1)
        while chunk < end:
            for k in range(array_count):
                own_arrays[k] = arrays[k] + chunk * steps[k]
            call(loop, own_arrays, own_sizes, steps)
            chunk = begin + add(pool, _FIRST + part * _LINE, 1)


@_native
def _await_end(pool):
    """Wait until no thread is inside."""
    until = _nanoseconds(pool, 0) + _WATCH
    while load(pool, _GATE) & _INSIDE:
        if _nanoseconds(pool, 0) > until:
            store(pool, _CALLER_SLEEPS, 1)
            _lock(address(pool) + 8 * _END_MUTEX)
            while load(pool, _GATE) & _INSIDE:
                _sleep(address(pool) + 8 * _ENDED, address(pool) + 8 * _END_MUTEX)
            _unlock(address(pool) + 8 * _END_MUTEX)
            store(pool, _CALLER_SLEEPS, 0)


@_native
def _run(pool, loop, arrays, sizes, steps, inner, array_count, parts):
    """Run a loop on so many threads: what Numba calls parallel_for."""
    if parts < 2 or sizes[0] < 2 or not replace(pool, _CALLER, 0, 1):
        call(loop, arrays, sizes, steps)
        return
    pool[_LOOP], pool[_LOOP + 1], pool[_LOOP + 2] = loop, sizes[0], parts
    pool[_LOOP + 3], pool[_LOOP + 4] = address(arrays), address(sizes)
    pool[_LOOP + 5], pool[_LOOP + 6], pool[_LOOP + 7] = address(steps), array_count, inner + 1
    for part in range(parts):
        pool[_FIRST + part * _LINE] = 0
    which = ((load(pool, _GATE) >> _WHICH) + 1) & _LOOPS
    store(pool, _GATE, (which << _WHICH) | (parts << _THREADS) | _OPEN)
    if load(pool, _SLEEPERS):
        _lock(address(pool) + 8 * _MUTEX)  # who counts as a sleeper sleeps, or has seen the gate
        _unlock(address(pool) + 8 * _MUTEX)
        _wake(address(pool) + 8 * _BEGUN)
    _compute(pool, 0)
    add(pool, _GATE, -_OPEN)
    _await_end(pool)
    store(pool, _CALLER, 0)


@_native
def _is_new(gate, thread, last):
    """Whether a gate is open for this thread, and not for the loop that it was in last."""
    parts = (gate >> _THREADS) & _INSIDE
    return (gate & _OPEN) != 0 and thread < parts and gate >> _WHICH != last


@_native
def _await_loop(pool, thread, last):
    """The gate as it is open for another loop than the last one, or when the pool is stopped."""
    until = _nanoseconds(pool, thread) + _WATCH
    while _nanoseconds(pool, thread) < until:
        gate = load(pool, _GATE)
        if _is_new(gate, thread, last) or load(pool, _STOPPED):
            return gate
    _lock(address(pool) + 8 * _MUTEX)
    add(pool, _SLEEPERS, 1)
    gate = load(pool, _GATE)
    while not (_is_new(gate, thread, last) or load(pool, _STOPPED)):
        _sleep(address(pool) + 8 * _BEGUN, address(pool) + 8 * _MUTEX)
        gate = load(pool, _GATE)
    add(pool, _SLEEPERS, -1)
    _unlock(address(pool) + 8 * _MUTEX)
    return gate


@_native
def _work(own):
    """What a thread does from its begin on, given the address of its line."""
    thread, pool = own[_NUMBER], at(own[_POOL])
    _set_own(pool[_KEY], thread)
    last = -1
    while True:
        gate = _await_loop(pool, thread, last)
        if load(pool, _STOPPED):
            return
        if not _is_new(gate, thread, last) or not replace(pool, _GATE, gate, gate + 1):
            continue
        last = gate >> _WHICH
        _compute(pool, thread)
        left = add(pool, _GATE, -1) - 1
        if (left & _INSIDE) == 0 and load(pool, _CALLER_SLEEPS):
            _lock(address(pool) + 8 * _END_MUTEX)
            _unlock(address(pool) + 8 * _END_MUTEX)
            _wake(address(pool) + 8 * _ENDED)


@_native
def _stop(pool):
    """Tell the threads to end, once no loop is theirs; each later one is its caller's alone."""
    while not replace(pool, _CALLER, 0, 1):
        _give_way()
    store(pool, _STOPPED, 1)
    _lock(address(pool) + 8 * _MUTEX)
    _unlock(address(pool) + 8 * _MUTEX)
    _wake(address(pool) + 8 * _BEGUN)


def _address(dispatcher: Any, *kinds: Any) -> int:
    """Where the machine code of a function is, to be called as C calls it."""
    dispatcher.compile(types.void(*kinds))
    [result] = dispatcher.overloads.values()
    return int(result.library.get_pointer_to_function(result.fndesc.llvm_cfunc_wrapper_name))


# Who forks waits for what other threads compile: its child would wait for them forever.
os.register_at_fork(
    before=global_compiler_lock.acquire,
    after_in_parent=global_compiler_lock.release,
    after_in_child=global_compiler_lock.release,
)


@functools.cache
def start() -> None:
    """Begin with as many threads as NUMBA_NUM_THREADS says, the caller among them."""
    with global_compiler_lock:  # of threads that call their first kernels at once, one begins
        _begin()


@functools.cache
def _begin() -> None:
    parallel._launch_threads()  # Numba's own pool counts threads, which ours then does not use
    count = int(config.NUMBA_NUM_THREADS)  # type: ignore[attr-defined]
    run = _address(_run, *(WORDS, types.int64, WORDS, WORDS, WORDS), *[types.int64] * 3)
    work = ctypes.c_void_p(_address(_work, WORDS))
    end = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(_address(_stop, WORDS))
    memory = ctypes.create_string_buffer(8 * (_FIRST + _LINE * (count + 1)))
    skipped = -ctypes.addressof(memory) % (8 * _LINE)
    words = (ctypes.c_int64 * (_FIRST + _LINE * count)).from_buffer(memory, skipped)
    pool = ctypes.addressof(words)
    system = ctypes.CDLL(None)
    for mutex, condition in ((_MUTEX, _BEGUN), (_END_MUTEX, _ENDED)):
        system.pthread_mutex_init(ctypes.c_void_p(pool + 8 * mutex), None)
        system.pthread_cond_init(ctypes.c_void_p(pool + 8 * condition), None)
    key = ctypes.c_ulong(0)
    system.pthread_key_create(ctypes.byref(key), None)
    words[_KEY] = key.value
    handles: list[ctypes.c_ulong] = []

    def stop() -> None:
        """End the threads, while the code that they run is there."""
        end(pool)
        for handle in handles:
            system.pthread_join(handle, None)

    before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        for thread in range(1, count):
            line = _FIRST + thread * _LINE
            words[line + _NUMBER], words[line + _POOL] = thread, pool
            handle = ctypes.c_ulong(0)
            argument = ctypes.c_void_p(pool + 8 * line)
            failed = system.pthread_create(ctypes.byref(handle), None, work, argument)
            if failed:
                stop()  # those begun go on otherwise, beside memory that is freed
                raise OSError(failed, f"thread {thread + 1} of {count} does not start")
            handles.append(handle)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    threads.keep(memory)
    threads.redirect(run, pool, key.value)
    starter = os.getpid()

    def stop_own() -> None:
        if os.getpid() == starter:  # a fork has none of the threads
            stop()

    atexit.register(stop_own)
