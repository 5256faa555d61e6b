"""Reading ahead: the next batches are assembled on a thread while the current one trains."""

from collections import deque
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import Any

from halflight.nn.data import RawBatch
from halflight.nn.sources import BatchSource

DEPTH = 2  # batches in memory beside the one in use

_END = object()


class ReadAhead:
    """Another source, its next batches assembled ahead of use, on a thread of each epoch's own.

    The batches, their order and the source's exceptions are those of the source. The thread ends
    with the epoch, whether that was read to its end or closed before. A source that is read ahead
    must give every batch in arrays of its own (not in a buffer that the next batch overwrites),
    must not look at the model, and must call no kernel.
    """

    def __init__(self, source: BatchSource) -> None:
        """Take the source; it is asked for nothing yet."""
        self._source = source
        self.steps = source.steps
        self.replayable = getattr(source, "replayable", True)

    def batches(self, epoch: int) -> Generator[RawBatch, None, None]:
        """Yield the source's batches; closing the generator ends the thread early."""
        batches = iter(self._source.batches(epoch))
        context = copy_context()  # so that the caller's numpy.errstate holds on the thread too
        thread = ThreadPoolExecutor(1, thread_name_prefix="read-ahead")
        assemble = partial(next, batches, _END)
        coming: deque[Future[Any]] = deque()
        try:
            for _ in range(DEPTH):
                coming.append(thread.submit(context.run, assemble))
            while (batch := coming.popleft().result()) is not _END:
                coming.append(thread.submit(context.run, assemble))
                yield batch
        finally:
            thread.shutdown(cancel_futures=True)
            if isinstance(batches, Generator):
                batches.close()


def prefetched(source: BatchSource, epoch: int) -> Generator[RawBatch, None, None]:
    """Yield an epoch's batches, read ahead where the source's `read_ahead` says that they may be.

    Closing this generator closes the source's, and ends the thread.
    """
    ahead = getattr(source, "read_ahead", False)
    yield from (ReadAhead(source) if ahead else source).batches(epoch)
