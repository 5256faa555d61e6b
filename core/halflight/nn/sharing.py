"""Shared: a network among the threads, and the other networks, that use its weights."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

from halflight.nn.layer import Layer, Owner
from halflight.nn.turns import Turns


class Shared:
    """What threads take turns with: see `Turns`."""

    @property
    def layers(self) -> Sequence[Layer]:
        """The layers, at least one."""
        raise NotImplementedError

    @property
    def owner(self) -> Owner:
        """Who keeps the memory of the weights; another one, once they move into a larger model."""
        owner = self.layers[0].owner
        assert owner is not None
        return owner

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Keep the weights as they are, whatever other threads do."""
        with self._turn(lambda turns: turns.reading()):
            yield

    @contextmanager
    def writing(self, what: str) -> Iterator[None]:
        """Change the weights, while nobody reads them; `what` is the caller, for messages."""
        with self._turn(lambda turns: turns.writing(what)):
            yield

    @contextmanager
    def computing(self) -> Iterator[None]:
        """Use the layers and the planned memory, one thread at a time."""
        with self._turn(lambda turns: turns.computing()):
            yield

    @contextmanager
    def training(self, what: str) -> Iterator[None]:
        """Train, from this thread only; `what` is the caller, for messages.

        Raises:
            RuntimeError: another thread trains these weights.
        """
        with self._turn(lambda turns: turns.training(what)):
            yield

    @contextmanager
    def _turn(self, take: Callable[[Turns], AbstractContextManager[None]]) -> Iterator[None]:
        """Take a turn with whoever owns the weights when it comes."""
        while True:
            turns = self.owner.turns
            with take(turns):
                if turns is self.owner.turns:
                    yield
                    return
