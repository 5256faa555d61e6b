"""What stateful layers keep from one batch to the next."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np

from halflight.kernels import Backend
from halflight.nn.arrays import Array, Host


class Memory:
    """States (samples, units), in the memory of the back end; zeros until a batch has been read.

    The first batch says how many samples there are, until `forget`. No file of a model holds them.
    """

    def __init__(self) -> None:
        """Remember nothing."""
        self._states: list[Array] = []
        self._before: list[Array] = []
        self._hosts: list[Host] = []
        """States of the host that have not moved to the back end yet."""
        self._to_host: Callable[[Array], Host] = np.array

    def __getstate__(self) -> dict[str, Any]:
        """Return what a copy is made of: the states, on the host."""
        return {"hosts": self.hosts()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take a copy's states."""
        Memory.__init__(self)
        self.take(state["hosts"])

    def hosts(self) -> list[Host]:
        """Return copies of the states; none where nothing is remembered."""
        return [self._to_host(state) for state in self._states] or list(self._hosts)

    def take(self, hosts: Sequence[Host]) -> None:
        """Remember these states, or, of none, nothing."""
        self.forget()
        self._hosts = list(hosts)

    def forget(self) -> None:
        """Begin anew, with a batch of any size."""
        self._states, self._before, self._hosts = [], [], []

    def read(self, layer: Any, targets: Sequence[Array]) -> None:
        """Write the states of a layer to `targets`, each (samples, units).

        Raises:
            ValueError: they are of another number of samples, or of other shapes.
        """
        kernels: Backend = layer.kernels
        self._to_host = kernels.to_host
        shapes = [tuple(target.shape) for target in targets]
        if not self._states:
            moved = [kernels.to_device(state) for state in self._hosts]
            self._states = moved or [kernels.zeros(shape) for shape in shapes]
            self._before = [kernels.zeros(tuple(state.shape)) for state in self._states]
            self._hosts = []
        known = [tuple(state.shape) for state in self._states]
        if known != shapes:
            rule = (
                f"goes on with the states {known} of the batch before, so that a batch has as many "
                "samples (`fit` and `predict` take a batch_size that divides theirs), or "
                "reset_state() comes between them"
            )
            raise layer.error(rule, shapes)
        for target, state in zip(targets, self._states, strict=True):
            kernels.copy(target, state)

    def write(self, kernels: Backend, number: int, state: Array) -> None:
        """Keep the state (samples, units) of that number, after `read`."""
        kernels.copy(self._states[number], state)

    def begin_step(self, kernels: Backend) -> None:
        """Note the states as they are before a step of training."""
        for before, state in zip(self._before, self._states, strict=True):
            kernels.copy(before, state)

    def end_step(self, kernels: Backend, finite: Array) -> None:
        """Go back to them, unless `finite` (1,) is 1: the step did not count."""
        for before, state in zip(self._before, self._states, strict=True):
            kernels.copy_if(state, before, finite, False)


class Remembering:
    """The part of a layer that remembers; most have no memories."""

    owner: Any

    @property
    def memories(self) -> Sequence[Memory]:
        """What it keeps from batch to batch: only stateful layers do."""
        return ()

    def reset_state(self) -> None:
        """Forget what it kept from batch to batch: the next batch begins anew, of any size."""
        with self.owner.turns.computing() if self.owner else nullcontext():
            for memory in self.memories:
                memory.forget()

    reset_states = reset_state
