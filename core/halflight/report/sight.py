"""What a network looks at, as the page shows it: see `halflight.sight`."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

_NONE = np.zeros((0, 1, 1))


@dataclass(frozen=True)
class Sight:
    """Filters, maps and covered stamps of one network; all empty where nothing was looked at.

    Attributes:
        filters: (filters, height, width, bands), of the first convolution.
        seen: (S, S), the stamp that the maps are of, as the network is given it.
        maps: (H, W, channels) by the layer's name, from fine to coarse.
        stamps: (n, S, S), as the network is given them.
        labels: of these stamps.
        value_change, sigma_change: (n, cells, cells), what covering a square of a stamp changes of
            ln R, and of ln of its sigma.
        radii: (n,) expected half-light radii, in squares; NaN where unknown.
    """

    filters: np.ndarray = field(default_factory=lambda: np.zeros((0, 1, 1, 1)))
    seen: np.ndarray = field(default_factory=lambda: np.zeros((1, 1)))
    maps: Mapping[str, np.ndarray] = field(default_factory=dict)
    stamps: np.ndarray = field(default_factory=lambda: _NONE)
    labels: tuple[str, ...] = ()
    value_change: np.ndarray = field(default_factory=lambda: _NONE)
    sigma_change: np.ndarray = field(default_factory=lambda: _NONE)
    radii: np.ndarray = field(default_factory=lambda: np.zeros(0))
