"""What a section of the GPU's benchmark is, and the list of them."""

import importlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Record: TypeAlias = dict[str, Any]
"""One finding, in what JSON can hold."""

# Section, its module, and seconds that it may take of a budget of 480.
PLACES = {
    "parity": ("gpu_parity", 150),
    "limits": ("gpu_limits", 50),
    "networks": ("gpu_networks", 120),
    "kernels": ("gpu_kernels", 60),
    "bytes": ("gpu_bytes", 45),
    "fit": ("gpu_fit", 45),
}


@dataclass
class Setting:
    """What a part is measured with."""

    backend: str = "cuda"
    tiny: bool = False
    """Sizes that Numba's simulator can afford: everything runs, nothing means anything."""
    ends: float = float("inf")
    """When the part is to end, by time.monotonic(), which all processes of Linux share."""
    skip: int = 0
    """How many steps of a part were done by a process that died."""
    facts: Mapping[str, float] = field(default_factory=dict)
    """What earlier sections measured, for later ones to compare with."""

    def left(self) -> float:
        """Seconds that are left to the part."""
        return self.ends - time.monotonic()


class WrongError(Exception):
    """What was measured is not as it must be; the message says so in a line."""


@dataclass(frozen=True)
class Section:
    """A headed part of the page, measured in parts that are processes of their own.

    A process that dies, or hangs, takes nothing with it but the rest of its part.
    """

    title: str
    parts: Callable[[Setting], list[str]]
    measure: Callable[[Setting, str], Iterator[Record]]
    """Yields its findings one by one; raises WrongError at the end if they are wrong."""
    render: Callable[[Mapping[str, list[Record]]], list[str]]
    """Paragraphs and tables from the findings of the parts that there are."""
    resumable: bool = False
    """Whether a part can go on, in a new process, after the step that one died in."""
    at_once: int = 1
    """How many parts may run at once."""


def load(name: str) -> Section:
    """The section called `name`."""
    section = importlib.import_module(f"tests.benchmarks.{PLACES[name][0]}").SECTION
    assert isinstance(section, Section)
    return section
