"""Sharding: a batch in parts, whose gradients are summed in order, by one process or by several.

The number of parts decides the bytes, the number of processes does not: parts are cut by the batch
alone, each is computed as a batch of its own, and every process sums all of them in their order.

A loss is the mean over the whole batch. Batch normalisation and its like see a part alone, as on
each device of a data-parallel training (Goyal et al. 2017, arXiv:1706.02677, section 3); their
running statistics move by the mean of what the parts, weighted by their samples, would move them.
"""

import hashlib
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Protocol

import numpy as np

from halflight.nn.arrays import Host


class Exchange(Protocol):
    """Processes that train one network, each with all of its weights."""

    @property
    def rank(self) -> int:
        """Which of them this is, from 0."""

    @property
    def size(self) -> int:
        """How many there are."""

    def gather(self, own: Host) -> Host:
        """Return the arrays of all, in the order of their ranks, one after the other on axis 0."""


class Alone:
    """One process."""

    rank, size = 0, 1

    def gather(self, own: Host) -> Host:
        """Return what it is given."""
        return own


ALONE = Alone()


@dataclass(frozen=True)
class Sharding:
    """Into how many parts each batch is cut, and who computes them.

    Raises ValueError for fewer parts than processes, of which some would have nothing to do.
    """

    shards: int
    exchange: Exchange = ALONE

    def __post_init__(self) -> None:
        if self.shards < self.exchange.size:
            raise ValueError(
                f"{self.exchange.size} processes need as many shards of each batch or more, "
                f"received {self.shards}"
            )

    def parts(self, samples: int) -> list[slice]:
        """The samples of each part, none of which is empty: sizes differ by one at most."""
        count = min(self.shards, samples)
        ends = [samples * number // count for number in range(count + 1)]
        return [slice(*pair) for pair in pairwise(ends)]

    def own(self, parts: int) -> range:
        """The numbers of the parts that this process computes."""
        rank, size = self.exchange.rank, self.exchange.size
        return range(parts * rank // size, parts * (rank + 1) // size)


def require_same(exchange: Exchange, path: Path) -> None:
    """Raise ValueError unless all processes see the same file, or none."""
    digest = hashlib.blake2b(path.read_bytes() if path.is_file() else b"", digest_size=16).digest()
    every = exchange.gather(np.frombuffer(digest, np.uint8)[np.newaxis])
    if (every != every[0]).any():
        raise ValueError(
            f"{path} is not the same for all {exchange.size} processes: they need one file system"
        )
