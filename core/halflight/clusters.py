"""Clusters: tasks to the workers of a Dask scheduler, as to those of a pool of this machine."""

import logging
import sys
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from functools import lru_cache, partial
from typing import Any

from halflight.shards import Question, ShardError, Shards, read, work

INSTALL = "pip install '.[dask]'"
# Seconds for a scheduler to answer: one that begins, on a busy machine, may take these.
_PATIENCE = 30.0
# Tasks under way a worker: one that it works on, and others so that it never waits for the next,
# nor for the oldest task of all, whose answer is wanted first.
_AHEAD = 4
_LOOK = 2.0  # seconds between two looks at how many workers there are


class ClusterError(RuntimeError):
    """The scheduler or its workers are gone or unfit; the message says what to do."""


class _Answer(Future[Any]):
    """A future whose answer lies in a file until it is asked for."""

    def __init__(self, question: Question, send: Callable[[], None]) -> None:
        super().__init__()
        self.question, self.send, self.sent = question, send, False

    def result(self, timeout: float | None = None) -> Any:
        if not self.sent:
            self.send()
        super().result(timeout)
        try:
            return read(self.question)
        except ShardError as error:
            raise ClusterError(str(error)) from error


class ClusterExecutor(Executor):
    """The workers of a scheduler, as an executor: one thread each, data by shards (`shards`).

    A task whose worker is lost is given to another one by the scheduler. What was answered before,
    by this run or by one that was stopped, is not asked again. To shut down leaves the answers.

    Args:
        address: of the scheduler, as tcp://host:8786.

    Raises:
        ClusterError: nobody answers there, or Dask is not installed.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self._client = _client(address)
        self._asked: dict[str, Any] = {}
        self._unsent: list[tuple[str, _Answer]] = []
        self._shards: dict[Callable[[Any], Any], Shards] = {}
        self._room, self._looked = _AHEAD, -_LOOK

    def submit(  # type: ignore[override]
        self, function: Callable[[Any], Any], task: Any, /
    ) -> Future[Any]:
        """Ask for `function(task)`, with others as soon as they are half of what there is room for.

        A scheduler keeps a note of each time that it is asked (distributed.spans), for good: a
        million tasks asked for one by one cost it 330 MiB.
        """
        shards = self._shards.setdefault(function, Shards(function))
        question = shards.ask(task)
        answer = _Answer(question, self.send)
        if question.answer.is_file():
            answer.sent = True
            answer.set_result(None)
            return answer
        self._unsent.append((f"halflight-{shards.folder.name}-{question.key}", answer))
        if 2 * len(self._unsent) >= self._room:
            self.send()
        return answer

    def send(self) -> None:
        """Ask for what waits for others: none will follow soon."""
        unsent, self._unsent = self._unsent, []
        if not unsent:
            return
        keys = [key for key, _ in unsent]
        asked = self._client.map(_work, [tuple(answer.question) for _, answer in unsent], key=keys)
        for future, (key, answer) in zip(asked, unsent, strict=True):
            answer.sent, self._asked[key] = True, future
            future.add_done_callback(partial(self._answered, key, answer))

    def room(self) -> int:
        """How many tasks should be under way: some for each worker that there is now."""
        if time.monotonic() - self._looked > _LOOK:
            self._looked = time.monotonic()
            try:
                self._room = _AHEAD * max(1, len(self._client.nthreads()))
            except (OSError, RuntimeError, TimeoutError) as error:
                raise self._lost() from error
        return self._room

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002
        """Ask for nothing more; what workers are in the middle of they end, and keep."""
        asked, self._asked, self._unsent = self._asked, {}, []
        if cancel_futures and asked and self._client.status == "running":
            self._client.cancel(list(asked.values()))

    def remove_answers(self) -> None:
        """Take away what was asked and answered, once it is kept elsewhere."""
        for shards in self._shards.values():
            shards.remove()

    def _lost(self) -> ClusterError:
        return ClusterError(
            f"the scheduler at {self.address} was lost: what is done is kept, and the next run "
            "goes on from there"
        )

    def _answered(self, key: str, answer: _Answer, done: Any) -> None:
        """Tell who waits for an answer how it went; in a thread of the client."""
        self._asked.pop(key, None)
        if not answer.set_running_or_notify_cancel():
            return
        if done.status == "finished":
            answer.set_result(None)
        elif done.status == "error":
            answer.set_exception(_told(done.exception()))
        else:
            answer.set_exception(self._lost())


def _work(question: tuple[str, str, bytes | None]) -> None:
    """Answer a question, on a worker. Raises ShardError for one of several threads, and as `work`.

    Numba ends a process that calls it from several.
    """
    from distributed import get_worker

    worker = get_worker()
    if worker.state.nthreads != 1:
        raise ShardError(
            f"worker {worker.address} has {worker.state.nthreads} threads: start it with "
            "--nthreads 1, as often as there are cores"
        )
    work(question)


def _told(error: BaseException) -> BaseException:
    """An error of a task as it is; one of the cluster in a line."""
    if isinstance(error, ShardError):
        return ClusterError(str(error))
    absent = error if isinstance(error, ModuleNotFoundError) else error.__cause__
    if isinstance(absent, ModuleNotFoundError):
        return ClusterError(
            f"the scheduler or a worker has no module {absent.name}: start all of them in one "
            "environment, with halflight"
        )
    if type(error).__name__ == "KilledWorker":  # Dask's own, whose words are a paragraph
        return ClusterError(
            "every worker that took a task died of it: out of memory, or killed; give workers more "
            "memory and run again, which goes on from there"
        )
    return error


@lru_cache(maxsize=1)
def _connected(address: str) -> Any:
    try:
        from distributed import Client
    except ImportError as error:
        raise ClusterError(f"{address} needs Dask: {INSTALL}") from error
    # Its log tells at length what is told here in a line.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    try:
        client = Client(address, timeout=_PATIENCE, set_as_default=False, name="halflight")
    except (OSError, ValueError, TimeoutError) as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise ClusterError(
            f"no scheduler answers at {address} ({reason}): start one with `dask scheduler`, or "
            "unset HALFLIGHT_CLUSTER"
        ) from error
    if not client.nthreads():
        print(f"{address} has no worker yet: waiting for one", file=sys.stderr, flush=True)
    return client


def _client(address: str) -> Any:
    """This process's connection to a scheduler; a new one where the last was lost."""
    client = _connected(address)
    if client.status != "running":
        _connected.cache_clear()
        client = _connected(address)
    return client
