"""Work on many tasks at once and get the results in order: processes, threads, or a cluster."""

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from halflight.one_thread import begin_with_one_thread, on_one_thread

if TYPE_CHECKING:
    from halflight.clusters import ClusterExecutor

Task = TypeVar("Task")
Result = TypeVar("Result")
UnderWay: TypeAlias = deque[tuple[Task, Future[Result]]]

# Of the environment, not a parameter: who does the work changes no byte of it.
CLUSTER = "HALFLIGHT_CLUSTER"
# Whose answers `answers_kept` takes away.
_KEPT: ContextVar[list["ClusterExecutor"] | None] = ContextVar("kept", default=None)


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
        WorkerError: a worker died, and the tasks that it may have died of are named; or the cluster
            was lost or is unfit.
        Exception: what the function, or the tasks' iterator, raises.
    """
    if processes < 1:
        raise ValueError(f"processes must be at least 1, got {processes}")
    if address := os.environ.get(CLUSTER):
        return _on_cluster(function, tasks, address, name)
    if processes == 1:
        return (on_one_thread(function, task) for task in tasks)
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
            yield from _results(pool, function, tasks, under_way, room=lambda: threads + 1)
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
            pool, partial(on_one_thread, function), tasks, under_way, room=lambda: 2 * processes
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


@contextmanager
def answers_kept() -> Iterator[None]:
    """Keep what a cluster answers until the block ends well: for work of several parts.

    Else the answers of each part go when it is done, and a run that is stopped in a later one
    begins with the first again.
    """
    pools: list[ClusterExecutor] = []
    before = _KEPT.set(pools)
    try:
        yield
        for pool in pools:
            pool.remove_answers()
    finally:
        _KEPT.reset(before)


def _on_cluster(
    function: Callable[[Task], Result],
    tasks: Iterable[Task],
    address: str,
    name: Callable[[Task], str],
) -> Generator[Result, None, None]:
    from halflight.clusters import ClusterError, ClusterExecutor

    under_way: UnderWay[Task, Result] = deque()
    kept = _KEPT.get()
    try:
        pool = ClusterExecutor(address)
        try:
            yield from _results(pool, function, _then(tasks, pool.send), under_way, room=pool.room)
        finally:
            pool.shutdown(cancel_futures=True)
    except ClusterError as error:
        at = f"at {name(under_way[0][0])}: " if under_way else ""
        raise WorkerError(f"{at}{error}") from error
    if kept is None:
        pool.remove_answers()
    else:
        kept.append(pool)


def _then(tasks: Iterable[Task], end: Callable[[], None]) -> Iterator[Task]:
    yield from tasks
    end()


def _results(
    pool: Executor,
    function: Callable[[Task], Result],
    tasks: Iterable[Task],
    under_way: UnderWay[Task, Result],
    *,
    room: Callable[[], int],
) -> Iterator[Result]:
    """The results in order; `room` says how many tasks may be begun or wait for a worker."""
    for task in tasks:
        under_way.append((task, pool.submit(function, task)))
        while under_way and len(under_way) >= room():
            yield under_way[0][1].result()
            under_way.popleft()
    while under_way:
        yield under_way[0][1].result()
        under_way.popleft()


def _begin(parent: Connection) -> None:
    """Start a worker: one thread, deaf to Ctrl-C, which the parent answers, and gone with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    begin_with_one_thread()
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: Connection) -> None:
    """End this process when the other end of the pipe is closed, as it is when its owner dies."""
    try:
        parent.recv_bytes()
    except EOFError:
        os._exit(1)
