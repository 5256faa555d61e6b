"""Domain: how far a stamp lies from the galaxies that a measurement was proven on."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from halflight.quality import FLAGS
from halflight.text import shown

Values = NDArray[np.float64]

INDICATORS = ("chi_square", "disagreement", "off_centre", "smaller_than_psf")
"""What grows as a stamp is less like what was simulated; see `indicators`."""
CONTRADICTIONS = (
    *("not_measured", "psf_not_normalised", "psf_off_centre", "not_significant", "sky_not_zero"),
    *("noise_unlike_sigma", "saturated"),
)
"""Flags of a stamp whose own pixels, noise and PSF do not go together."""
# Of known galaxies: those within which each indicator is usual, and those that are not flagged.
_USUAL, _WITHIN = 0.97, 0.99
_LEAST_STEP = 1e-3  # from median to usual: known galaxies that are all alike still tell a scale


def indicators(fits: pd.DataFrame, disagreement: Values) -> Values:
    """The indicators (n, 4) of stamps; infinite where there is no fit that could tell.

    fits: columns of the scene fit, without its name before them: how far chi^2 a pixel is from 1,
    in ln either way; how many of their errors network and fit are apart (`disagreement`); how far
    from the stamp's centre the source lies, in PSF half-light radii; and ln of the PSF's half-light
    radius over the source's.
    """
    psf = fits["psf_half_light_radius"].to_numpy(float)
    chi_square = fits["chi_square_per_pixel"].to_numpy(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        columns = [
            np.abs(np.log(chi_square)),
            disagreement,
            np.hypot(fits["x"].to_numpy(float), fits["y"].to_numpy(float)) / psf,
            np.log(psf) - fits["ln_radius"].to_numpy(float),
        ]
    found = np.column_stack(columns)
    return np.where(np.isnan(found), np.inf, found)


@dataclass(frozen=True)
class Domain:
    """What is usual of each indicator, and how much more than usual is out of the domain.

    Attributes:
        middle: the median of each indicator, by its name.
        usual: what 97 % of known galaxies keep within.
        limit: how far, in steps from median to usual, 99 % of these keep in all of them.
    """

    middle: Mapping[str, float]
    usual: Mapping[str, float]
    limit: float

    def __post_init__(self) -> None:
        for name in ("middle", "usual"):
            values = getattr(self, name)
            if set(values) != set(INDICATORS) or not all(map(np.isfinite, values.values())):
                raise ValueError(f"{name} needs a number for each of {INDICATORS}: {shown(values)}")
        if not all(self.usual[name] > self.middle[name] for name in INDICATORS):
            raise ValueError(f"usual must lie above middle: {shown(self.usual)}")
        if not (np.isfinite(self.limit) and self.limit > 0):
            raise ValueError(f"limit must be a positive number: {shown(self.limit)}")

    @classmethod
    def fitted(cls, found: Values) -> Self:
        """What known galaxies say; found: their indicators (n, 4), where infinite left out."""
        with np.errstate(invalid="ignore"):
            known = np.where(np.isfinite(found), found, np.nan)
            middle, usual = np.nanquantile(known, [0.5, _USUAL], axis=0)
        usual = np.maximum(usual, middle + _LEAST_STEP)
        middles, usuals = (
            dict(zip(INDICATORS, map(float, each), strict=True)) for each in (middle, usual)
        )
        steps = cls(middles, usuals, 1.0).score(found)
        limit = float(np.quantile(steps[np.isfinite(steps)], _WITHIN))
        return cls(middles, usuals, max(limit, 1.0))

    def score(self, found: Values, flags: NDArray[np.integer] | None = None) -> Values:
        """How unlike known galaxies stamps are, (n,): above 1 is out of the domain.

        The largest of the indicators (n, 4), in steps from median to usual, over the limit;
        infinite where one is, and where one of `CONTRADICTIONS` is flagged.
        """
        middle, usual = (np.array([e[n] for n in INDICATORS]) for e in (self.middle, self.usual))
        score = ((found - middle) / (usual - middle)).max(axis=1) / self.limit
        if flags is None:
            return np.asarray(score, np.float64)
        contradicted = flags & sum(FLAGS[name] for name in CONTRADICTIONS) != 0
        return np.where(contradicted, np.inf, score)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Any) -> Self:
        """The inverse of `to_dict`; raises ValueError for anything else."""
        if not isinstance(values, Mapping) or set(values) != {"middle", "usual", "limit"}:
            raise ValueError(f"domain needs middle, usual and limit, received {shown(values)}")
        for name in ("middle", "usual"):
            if not isinstance(values[name], Mapping):
                raise ValueError(f"domain: {name}: received {shown(values[name])}")
        try:
            middle, usual = (
                {name: float(number) for name, number in values[key].items()}
                for key in ("middle", "usual")
            )
            return cls(middle, usual, float(values["limit"]))
        except TypeError as error:
            raise ValueError(f"domain: {error}") from error
