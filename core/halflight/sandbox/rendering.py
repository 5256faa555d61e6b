"""The files of a synthetic sky, made in the background and kept: asked for as each is ready."""

import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from typing import TypeVar

from halflight.workers import in_order

Task = TypeVar("Task")


class Rendering:
    """What one thread makes, task by task, while others wait for what they need of it.

    Args:
        tasks: in the order in which they are made, by that many processes.
        make: one task.
        keep: called with each task and what was made of it.
        name: what an error calls a task.

    Raises:
        ValueError: processes is below 1.
    """

    def __init__(
        self,
        tasks: Sequence[Task],
        make: Callable[[Task], bytes],
        keep: Callable[[Task, bytes], None],
        *,
        processes: int,
        name: Callable[[Task], str],
    ) -> None:
        made = in_order(make, tasks, processes=processes, name=name)
        self._changed = threading.Condition()
        self._waiting: set[object] = set(tasks)
        self._stopping = False
        self._error: BaseException | None = None
        self._thread = threading.Thread(
            target=self._work, args=(tasks, made, keep), name="rendering"
        )
        self._thread.start()

    def wait(self, task: object) -> bool:
        """Return True once the task is made, or if it never was to be; False if it will not be."""
        with self._changed:
            self._changed.wait_for(lambda: task not in self._waiting or self._is_over)
            return task not in self._waiting

    def close(self) -> None:
        """Give up what is not made yet; raises what went wrong meanwhile."""
        self._stopping = True
        self._thread.join()
        if self._error is not None:
            raise self._error

    @property
    def _is_over(self) -> bool:
        return self._stopping or self._error is not None

    def _work(
        self,
        tasks: Sequence[Task],
        made: Generator[bytes, None, None],
        keep: Callable[[Task, bytes], None],
    ) -> None:
        try:
            with closing(made):
                for task, content in zip(tasks, made, strict=True):
                    keep(task, content)
                    with self._changed:
                        self._waiting.discard(task)
                        self._changed.notify_all()
                    if self._stopping:
                        break
        except BaseException as error:  # noqa: BLE001 - `close` raises it, in the thread of its caller
            self._error = error
        finally:
            with self._changed:
                self._stopping = True
                self._changed.notify_all()
