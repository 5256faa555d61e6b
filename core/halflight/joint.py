"""Joint: a network's answers and the scene fit's, joined to one.

Beside an estimator's files (see `halflight.estimator`) a folder may hold `combination.json`: what
the fit believes of galaxies, and how the two are joined.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from halflight import files
from halflight.combination import Combination
from halflight.domain import Domain, indicators
from halflight.estimator import Estimator
from halflight.params import Classical
from halflight.quality import FLAGS
from halflight.tasks import Measurement, Quantity
from halflight.text import shown

COMBINATION = "combination.json"
FIT_ALONE = (
    *("position_angle", "position_angle_error", "sersic_n", "ln_sersic_n_error"),
    *("bulge_fraction", "bulge_fraction_error", "companion_probability"),
)
"""What the scene fit alone measures: columns of its table, after its name."""
# Joint errors that network and fit are apart at which one of the two has met what it does not know.
DISAGREEMENT = 4.0


@dataclass(frozen=True)
class Joint:
    """How a network's answers are joined with those of the task's reference method.

    Attributes:
        settings: section classical of the task's parameters, which the fit was tuned with.
        combinations: by the quantity's name; a quantity without one is the network's.
        domain: what is usual of the galaxies that these were fitted on.
    """

    settings: Classical
    combinations: Mapping[str, Combination]
    domain: Domain

    def joined(self, task: Measurement, network: pd.DataFrame, fits: pd.DataFrame) -> pd.DataFrame:
        """The joint table: of `Measurement.table`, of the fit alone, fractions and flags.

        network: an estimator's table. fits: rows of the same stamps. `disagreement` is how many of
        their errors the two are apart in the first quantity, `domain_score` that of `Domain`.
        """
        values, sigmas, dof = task.distributions(network)
        apart, known = disagreement(task, network, fits), of_fit(task, fits)
        blending = _blending(known)
        for number, quantity in enumerate(task.quantities):
            fit, error = trusted(task, quantity, fits)
            if (combination := self.combinations.get(quantity.name)) is not None:
                values[:, number], sigmas[:, number], dof[:, number] = combination.joined(
                    fit, error, values[:, number], sigmas[:, number], *blending, dof[:, number]
                )
        converged = fits[f"{task.reference}_converged"].to_numpy(bool)
        lost = (network["flags"] & FLAGS["not_measured"] != 0).to_numpy()
        flags = network["flags"].to_numpy() | np.where(converged, 0, FLAGS["not_fitted"])
        flags |= np.where(apart > DISAGREEMENT, FLAGS["methods_disagree"], 0)
        score = self.domain.score(indicators(known, apart), flags.astype(np.int64))
        flags |= np.where(score > 1, FLAGS["out_of_domain"], 0)
        for array in (values, sigmas, dof):
            array[lost] = np.nan
        table = task.table(values, sigmas, dof)
        for name in FIT_ALONE:
            table[name] = np.where(converged & ~lost, known[name].to_numpy(float), np.nan)
        return table.assign(
            disagreement=apart,
            domain_score=score,
            bad_fraction=network["bad_fraction"].to_numpy(),
            flags=flags,
        )

    def save(self, estimator: Estimator, folder: Path) -> None:
        """Write a folder of both, whole or not at all; an old one is replaced."""
        with files.whole_folder(folder) as partial:
            estimator.write(partial)
            files.write_json(partial / COMBINATION, self.to_dict())

    @classmethod
    def load(cls, folder: Path) -> Self | None:
        """Read it beside an estimator; None where there is none.

        Raises:
            ValueError: the file is damaged; the message names it.
        """
        file = folder / COMBINATION
        if not file.is_file():
            return None
        try:
            return cls.from_dict(files.read_json(file))
        except ValueError as error:
            raise ValueError(f"{file}: {error}") from error

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "settings": self.settings.model_dump(mode="json"),
            "combinations": {name: each.to_dict() for name, each in self.combinations.items()},
            "domain": self.domain.to_dict(),
        }

    @classmethod
    def from_dict(cls, values: Any) -> Self:
        """The inverse of `to_dict`; raises ValueError for anything else."""
        keys = {"settings", "combinations", "domain"}
        if not isinstance(values, Mapping) or set(values) != keys:
            raise ValueError(f"needs the keys {', '.join(sorted(keys))}, received {shown(values)}")
        if not isinstance(values["combinations"], Mapping):
            raise ValueError(f"combinations: received {shown(values['combinations'])}")
        return cls(
            Classical.model_validate(values["settings"]),
            {name: Combination.from_dict(each) for name, each in values["combinations"].items()},
            Domain.from_dict(values["domain"]),
        )


def fitted_joint(
    task: Measurement,
    settings: Classical,
    table: pd.DataFrame,
    fits: pd.DataFrame,
    network: pd.DataFrame,
) -> Joint:
    """How network and reference are best joined for objects of known truth.

    table, fits, network: the same objects in the same order; truths, the reference's measurements
    and the network's. A quantity that the reference does not measure has no combination.

    Raises TooFewError where there are not enough objects.
    """
    values, sigmas, _ = task.distributions(network)
    truths = task.truths(table)
    combinations, known = {}, of_fit(task, fits)
    blending = _blending(known)
    for number, quantity in enumerate(task.quantities):
        fit, error = trusted(task, quantity, fits)
        if np.isfinite(fit).any():
            combinations[quantity.name] = Combination.fitted(
                fit, error, values[:, number], sigmas[:, number], *blending, truths[:, number]
            )
    found = indicators(known, disagreement(task, network, fits))
    return Joint(settings, combinations, Domain.fitted(found))


def of_fit(task: Measurement, fits: pd.DataFrame) -> pd.DataFrame:
    """What the task's reference method found: its columns, without its name before them."""
    start = f"{task.reference}_"
    return fits.filter(regex=f"^{start}").rename(columns=lambda name: name.removeprefix(start))


def disagreement(
    task: Measurement, network: pd.DataFrame, fits: pd.DataFrame
) -> NDArray[np.float64]:
    """How many of their errors network and reference are apart, (n,), in the first quantity."""
    name = task.headline.name
    fit, error = trusted(task, task.headline, fits)
    apart = np.abs(fit - network[name].to_numpy(float))
    return np.asarray(apart / np.hypot(error, network[f"{name}_sigma"].to_numpy(float)))


def trusted(
    task: Measurement, quantity: Quantity, fits: pd.DataFrame
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Value and error of the task's reference method, each (n,): NaN where it did not converge."""
    converged = fits[f"{task.reference}_converged"].to_numpy(bool)
    value, error = quantity.measured(fits, task.reference)
    return np.where(converged, value, np.nan), np.where(converged, error, np.nan)


def _blending(fits: pd.DataFrame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Contamination and misfit, each (n,): columns of the fit, without its name before them."""
    return fits["contamination"].to_numpy(float), fits["misfit"].to_numpy(float)
