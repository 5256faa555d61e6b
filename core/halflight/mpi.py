"""MPI: the processes that `mpirun` started, as those that train one network together."""

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

INSTALL = "pip install '.[mpi]', with an MPI such as Debian's openmpi-bin"


class Team:
    """All processes of one `mpirun`.

    Where one dies, MPI ends the others. A process waits by asking, so that it hears of signals.
    """

    def __init__(self, communicator: Any) -> None:
        self._communicator = communicator
        self.rank, self.size = communicator.Get_rank(), communicator.Get_size()

    def gather(self, own: NDArray[Any]) -> NDArray[Any]:
        """The arrays of all, in the order of their ranks, one after the other along axis 0."""
        own = np.ascontiguousarray(own)
        lengths = np.empty(self.size, np.int64)
        self._wait(self._communicator.Iallgather(np.asarray([len(own)], np.int64), lengths))
        every = np.empty((int(lengths.sum()), *own.shape[1:]), own.dtype)
        row = own.itemsize * int(np.prod(own.shape[1:], dtype=np.int64))
        counts = [int(length) * row for length in lengths]
        starts = [sum(counts[:number]) for number in range(self.size)]
        into = [every.view(np.uint8).reshape(-1), counts, starts, self._byte]
        self._wait(self._communicator.Iallgatherv(own.view(np.uint8).reshape(-1), into))
        return every

    def end(self) -> None:
        """End every process, this one too."""
        self._communicator.Abort(1)

    @property
    def _byte(self) -> Any:
        from mpi4py import MPI

        return MPI.BYTE

    def _wait(self, request: Any) -> None:
        while not request.Test():
            os.sched_yield()  # to another process, where there are more than cores


def team() -> Team:
    """The processes of the `mpirun` that started this one.

    Raises ValueError where mpi4py is not installed, or finds no MPI.
    """
    try:
        from mpi4py import MPI
    except (ImportError, RuntimeError) as error:
        raise ValueError(f"to train with mpirun needs mpi4py ({error}): {INSTALL}") from error
    return Team(MPI.COMM_WORLD)
