"""Work on many tasks at once and get the results in order, in processes or in threads."""

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import TypeAlias, TypeVar

from threadpoolctl import threadpool_limits

Task = TypeVar("Task")
Result = TypeVar("Result")
UnderWay: TypeAlias = deque[tuple[Task, Future[Result]]]

# Read by libraries when they are loaded, or, by Numba, when it first compiles.
_THREAD_COUNTS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


def cores() -> int:
    """The processor cores that this process may use; of the whole machine where no one says."""
    ask = getattr(os, "sched_getaffinity", None)  # Linux alone has it
    return len(ask(0)) if ask else os.cpu_count() or 1


class WorkerError(RuntimeError):
    """A worker process died; the message says at which task."""


def in_order(
    function: Callable[[Task], Result],
    tasks: Iterable[Task],
    *,
    processes: int,
    name: Callable[[Task], str] = repr,
) -> Generator[Result, None, None]:
    """Yield `function(task)` of every task, in order, worked on by that many processes.

    At most two tasks a process are under way, so neither tasks nor results pile up. The calls run
    on one thread (OpenMP, BLAS, in processes of their own Numba too), so that a result does not
    depend on the number of processes, of which one is this very process. More than one are
    spawned: function, tasks and results must pickle, and a script needs the usual
    `if __name__ == "__main__"`. They end, in the middle of a task, when the iterator is closed, at
    an error or Ctrl-C, and when this process dies, however it does.

    Args:
        function: of one task.
        tasks: taken one by one, as workers get free.
        processes: at least 1.
        name: what an error calls a task.

    Raises:
        ValueError: processes is below 1.
        WorkerError: a worker died; the tasks that it may have died of are named.
        Exception: what the function, or the tasks' iterator, raises.
    """
    if processes < 1:
        raise ValueError(f"processes must be at least 1, got {processes}")
    if processes == 1:
        return (_on_one_thread(function, task) for task in tasks)
    return _in_processes(function, tasks, processes, name)


def in_threads(
    function: Callable[[Task], Result], tasks: Iterable[Task], *, threads: int
) -> Generator[Result, None, None]:
    """Yield `function(task)` of every task, in order, worked on by that many threads.

    For work that waits for others. At most one task more than there are threads is under way; what
    has begun is waited for at an error or an early end, the rest is cancelled.
    """
    under_way: UnderWay[Task, Result] = deque()
    with ThreadPoolExecutor(threads) as pool:
        try:
            yield from _results(pool, function, tasks, under_way, most=threads + 1)
        finally:
            for _, future in under_way:
                future.cancel()


def _in_processes(
    function: Callable[[Task], Result],
    tasks: Iterable[Task],
    processes: int,
    name: Callable[[Task], str],
) -> Generator[Result, None, None]:
    context = get_context("spawn")
    theirs, ours = context.Pipe(duplex=False)
    pool = ProcessPoolExecutor(
        processes, mp_context=context, initializer=_begin, initargs=(theirs,)
    )
    under_way: UnderWay[Task, Result] = deque()
    try:
        yield from _results(
            pool, partial(_on_one_thread, function), tasks, under_way, most=2 * processes
        )
        pool.shutdown()
    except BrokenProcessPool as error:
        # Tasks are begun in order: the dead worker had one of the first that did not finish.
        lost = [t for t, future in under_way if isinstance(future.exception(), BrokenProcessPool)]
        at = " or ".join(name(task) for task in lost[:processes]) or "no task, waiting for one"
        raise WorkerError(
            f"a worker process died, at {at}: killed, or out of memory; run again with fewer "
            f"processes than {processes} (HALFLIGHT_PROCESSES)"
        ) from error
    finally:
        ours.close()  # ends the workers that are still at work
        pool.shutdown(cancel_futures=True)
        theirs.close()


def _results(
    pool: Executor,
    function: Callable[[Task], Result],
    tasks: Iterable[Task],
    under_way: UnderWay[Task, Result],
    *,
    most: int,
) -> Iterator[Result]:
    """The results in order, with at most so many tasks under way: begun or waiting for a worker."""
    for task in tasks:
        under_way.append((task, pool.submit(function, task)))
        if len(under_way) >= most:
            yield under_way[0][1].result()
            under_way.popleft()
    while under_way:
        yield under_way[0][1].result()
        under_way.popleft()


def _begin(parent: Connection) -> None:
    """Start a worker: one thread, deaf to Ctrl-C, which the parent answers, and gone with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ |= dict.fromkeys(_THREAD_COUNTS, "1")
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: Connection) -> None:
    """End this process when the other end of the pipe is closed, as it is when its owner dies."""
    try:
        parent.recv_bytes()
    except EOFError:
        os._exit(1)


def _on_one_thread(function: Callable[[Task], Result], task: Task) -> Result:
    with threadpool_limits(limits=1):
        return function(task)
