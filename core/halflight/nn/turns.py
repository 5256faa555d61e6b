"""Turns: how threads share one memory of weights, and the layers and arenas around it.

Predictions of one state of the weights may run at the same time, batch by batch in the same arena;
what changes weights waits until they are done, and goes before those that come after it.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """Who reads weights, who changes them, who computes, and who trains. Threads may nest them."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self._changed = threading.Condition()
        self._readers: dict[int, int] = {}
        """By thread: how often it has begun to read."""
        self._writer: int | None = None
        self._depth = self._waiting = 0
        self._computing = threading.RLock()
        self._trainers: list[int] = []

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Keep the weights as they are."""
        me = threading.get_ident()
        with self._changed:
            if me not in self._readers and self._writer != me:
                self._changed.wait_for(lambda: self._writer is None and not self._waiting)
            self._readers[me] = self._readers.get(me, 0) + 1
        try:
            yield
        finally:
            with self._changed:
                self._readers[me] -= 1
                if not self._readers[me]:
                    del self._readers[me]
                self._changed.notify_all()

    @contextmanager
    def writing(self, what: str) -> Iterator[None]:
        """Change weights, while nobody reads them.

        Raises:
            RuntimeError: this thread is reading them itself, as in a prediction's own generator.
        """
        me = threading.get_ident()
        with self._changed:
            if me in self._readers and self._writer != me:
                raise RuntimeError(
                    f"{what}: would change weights in the middle of a prediction or an evaluation "
                    "with them in the same thread: do it before or after"
                )
            if self._writer != me:
                self._waiting += 1
                try:
                    self._changed.wait_for(lambda: self._writer is None and not self._readers)
                finally:
                    self._waiting -= 1
                    self._changed.notify_all()
                self._writer = me
            self._depth += 1
        try:
            yield
        finally:
            with self._changed:
                self._depth -= 1
                if not self._depth:
                    self._writer = None
                self._changed.notify_all()

    @contextmanager
    def computing(self) -> Iterator[None]:
        """Use the layers and the arenas: one thread at a time."""
        with self._computing:
            yield

    @contextmanager
    def training(self, what: str) -> Iterator[None]:
        """Train, from one thread only; others may predict between the steps.

        Raises:
            RuntimeError: another thread trains these weights.
        """
        self.require_untrained(what)
        with self._changed:
            self._trainers.append(threading.get_ident())
        try:
            yield
        finally:
            with self._changed:
                self._trainers.pop()

    def require_untrained(self, what: str) -> None:
        """Raise RuntimeError where another thread is training these weights."""
        with self._changed:
            if self._trainers and self._trainers[-1] != threading.get_ident():
                raise RuntimeError(
                    f"{what}: the model, or one that shares its weights, is being trained in "
                    "another thread: wait for it, or train a copy (copy.deepcopy)"
                )
