"""Colours of the synthetic sky's objects: the stellar locus, two kinds of galaxies, quasars.

A colour is a difference of magnitudes of two neighbouring bands; what comes out is each band's
magnitude minus that in r, without dust.
"""

import math
from typing import TYPE_CHECKING

import numpy as np

from halflight.instrument import BANDS

if TYPE_CHECKING:
    from halflight.params.sandbox import Colours

Magnitudes = dict[str, float]

COLOURS = ("ug", "gr", "ri", "iz")
# The median locus of stars, sums of a_k (g - i)^k: Covey et al. 2007, AJ 134, 2398, table 4.
STELLAR_LOCUS = {
    "ug": (1.0636113, -1.6267818, 4.9389572, -3.2809081, 0.8725109, -0.0828035),
    "gr": (0.4290263, -0.8852323, 2.0740616, -1.1091553, 0.2397461, -0.0183195),
    "ri": (-0.4113500, 1.8229991, -1.9989772, 1.0662075, -0.2284455, 0.0172212),
    "iz": (-0.2270331, 0.7794558, -0.7350749, 0.3727802, -0.0735412, 0.0049808),
}
LOCUS_RANGE = (0.1, 4.2)  # of g - i
# At redshift 0 and per unit redshift, roughly those of E and Scd galaxies in Fukugita et al. 1995,
# PASP 107, 945, table 3: the 4000 Angstrom break moves through g, then enters r.
RED_SEQUENCE = {"ug": (1.75, 0.0), "gr": (0.75, 2.0), "ri": (0.37, 0.45), "iz": (0.28, 0.15)}
BLUE_CLOUD = {"ug": (1.15, -0.3), "gr": (0.45, 0.7), "ri": (0.22, 0.3), "iz": (0.12, 0.1)}
REDDEST = {"ug": 2.2, "gr": 1.75, "ri": 1.1, "iz": 0.6}
# Of a power law with emission lines passing through the bands: Richards et al. 2001, AJ 121, 2308.
QUASARS = {"ug": (0.15, 0.18), "gr": (0.12, 0.15), "ri": (0.12, 0.13), "iz": (0.08, 0.12)}


def star_colours(magnitude: float, colours: "Colours", rng: np.random.Generator) -> Magnitudes:
    """A main-sequence star: near the turn-off, between, or, the more the fainter, an M dwarf."""
    growth = colours.dwarf_growth * (magnitude - colours.pivot)
    dwarfs = min(max(colours.dwarf_fraction + growth, 0.05), 0.8)
    kind = rng.random()
    if kind < dwarfs:
        index = rng.normal(2.5, 0.5)
    elif kind < dwarfs + 0.7 * (1 - dwarfs):
        index = rng.normal(0.55, 0.2)
    else:
        index = rng.uniform(0.8, 2.0)
    index = min(max(index, LOCUS_RANGE[0]), LOCUS_RANGE[1])
    return _from_r(
        {
            name: float(np.polynomial.polynomial.polyval(index, STELLAR_LOCUS[name]))
            + colours.star_scatter[number] * float(rng.standard_normal())
            for number, name in enumerate(COLOURS)
        }
    )


def galaxy_redshift(magnitude: float, colours: "Colours", rng: np.random.Generator) -> float:
    """The redshift of a galaxy of this magnitude: lognormal about a median that grows with it."""
    median, scatter = colours.redshift
    grown = median * 10 ** (colours.redshift_slope * (magnitude - colours.pivot))
    return float(grown * math.exp(scatter * rng.standard_normal()))


def galaxy_colours(
    red: bool, redshift: float, colours: "Colours", rng: np.random.Generator
) -> Magnitudes:
    """An old population on the red sequence, or a young one in the blue cloud, at a redshift."""
    line, scatter = (
        (RED_SEQUENCE, colours.red_scatter) if red else (BLUE_CLOUD, colours.blue_scatter)
    )
    return _from_r(
        {
            name: min(line[name][0] + line[name][1] * redshift, REDDEST[name])
            + scatter * float(rng.standard_normal())
            for name in COLOURS
        }
    )


def quasar_colours(rng: np.random.Generator) -> Magnitudes:
    """A quasar below redshift 2.5."""
    return _from_r({name: float(rng.normal(*QUASARS[name])) for name in COLOURS})


def _from_r(colours: dict[str, float]) -> Magnitudes:
    """Magnitudes minus r of the colours u-g, g-r, r-i and i-z."""
    ug, gr, ri, iz = (colours[name] for name in COLOURS)
    return dict(zip(BANDS, (ug + gr, gr, 0.0, -ri, -ri - iz), strict=True))
