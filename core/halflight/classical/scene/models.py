"""Models of a scene's target: one Sersic profile, or a bulge and a disc."""

import math
from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from halflight.classical.scene.beliefs import Beliefs, Rows
from halflight.classical.scene.drawing import Drawing
from halflight.half_light import half_light_shape

Vector = NDArray[np.float64]
Columns = NDArray[np.float32]

# Limits of parameters; lengths in pixels.
_FAR = 1e3
_SHEAR = (-2.5, 2.5)  # axis ratios down to exp(-2.5) = 0.08 along the axes
_LN_N = (math.log(0.3), math.log(8.0))
_LN_FLUX = (-30.0, 30.0)
_LOGIT = (-8.0, 8.0)  # of the bulge's share: 0.03 % and its complement
_LN_RATIO = (-4.0, 1.0)  # a bulge from a fiftieth of its disc to larger than that


def _ln_size(stamp_size: int) -> tuple[float, float]:
    return math.log(0.05), math.log(stamp_size)


def sersic_limits(stamp_size: int) -> list[tuple[float, float]]:
    """Least and most of each of drawing.SERSIC."""
    centre = (-_FAR, _FAR)
    return [centre, centre, _ln_size(stamp_size), _SHEAR, _SHEAR, _LN_N, _LN_FLUX]


class Model(ABC):
    """A target's parameters, what is believed of them, and how they are drawn."""

    name: ClassVar[str]
    parameters: ClassVar[tuple[str, ...]]
    steps: ClassVar[tuple[float, ...]]
    """The largest change of each parameter in one step."""

    @property
    def count(self) -> int:
        """The number of parameters."""
        return len(self.parameters)

    @abstractmethod
    def prior(self, beliefs: Beliefs) -> Rows:
        """The prior of these parameters."""

    @abstractmethod
    def limits(self, stamp_size: int) -> list[tuple[float, float]]:
        """Least and most of each parameter."""

    @property
    def image(self) -> int:
        """The parameter by whose logarithm the image is its own derivative."""
        return self.parameters.index("ln_flux")

    @abstractmethod
    def draw(self, columns: Columns, p: Vector, drawing: Drawing, weight: Columns) -> None:
        """Fill `columns` (count, S, S) with weighted derivatives; `image` is the image's."""

    @abstractmethod
    def half_light(self, p: Vector) -> tuple[Vector, Vector] | None:
        """The half-light ellipse as (ln size, shear 1, shear 2), and its gradient (3, count).

        None where there is none.
        """


class SingleSersic(Model):
    """One Sersic profile."""

    name = "single"
    parameters = ("x", "y", "ln_size", "shear_1", "shear_2", "ln_sersic_n", "ln_flux")
    steps = (1.0, 1.0, 0.5, 0.4, 0.4, 0.4, 0.5)

    def prior(self, beliefs: Beliefs) -> Rows:
        """See Model."""
        return beliefs.single()

    def limits(self, stamp_size: int) -> list[tuple[float, float]]:
        """See Model."""
        return sersic_limits(stamp_size)

    def draw(self, columns: Columns, p: Vector, drawing: Drawing, weight: Columns) -> None:
        """See Model."""
        drawing.sersic(columns, p, weight, wings=True)

    def half_light(self, p: Vector) -> tuple[Vector, Vector]:
        """See Model: the profile's own."""
        return p[2:5].copy(), np.eye(3, 7, 2)


class BulgeDisc(Model):
    """An exponential disc and a Sersic bulge about one centre; the share is the bulge's."""

    name = "bulge_disc"
    parameters = (
        *("x", "y", "ln_flux", "logit_share", "disc_ln_size", "disc_shear_1", "disc_shear_2"),
        *("ln_size_ratio", "bulge_ln_n", "bulge_shear_1", "bulge_shear_2"),
    )
    steps = (1.0, 1.0, 0.5, 1.0, 0.5, 0.4, 0.4, 0.5, 0.5, 0.4, 0.4)

    @staticmethod
    def start(single: Vector, *, share: float, growth: float, ratio: float, n: float) -> Vector:
        """A first guess from a single profile.

        share: of the bulge. growth: ln of the disc's size over the profile's. ratio: the bulge's
        size over the disc's. n: the bulge's Sersic index.
        """
        x, y, ln_size, shear_1, shear_2, _, ln_flux = single
        disc = (ln_size + growth, shear_1, shear_2)
        bulge = (math.log(ratio), math.log(n), 0.5 * shear_1, 0.5 * shear_2)
        return np.array([x, y, ln_flux, math.log(share / (1.0 - share)), *disc, *bulge])

    @staticmethod
    def share(p: Vector) -> float:
        """The bulge's share of the light."""
        return 1.0 / (1.0 + math.exp(-p[3]))

    def profiles(self, p: Vector) -> tuple[Vector, Vector]:
        """Disc and bulge, by drawing.SERSIC."""
        share = self.share(p)
        disc = [*p[:2], *p[4:7], 0.0, p[2] + math.log(1.0 - share)]
        bulge = [*p[:2], p[4] + p[7], *p[9:11], p[8], p[2] + math.log(share)]
        return np.array(disc), np.array(bulge)

    def prior(self, beliefs: Beliefs) -> Rows:
        """See Model."""
        return beliefs.bulge_disc()

    def limits(self, stamp_size: int) -> list[tuple[float, float]]:
        """See Model."""
        centre, disc = (-_FAR, _FAR), (_ln_size(stamp_size), _SHEAR, _SHEAR)
        return [centre, centre, _LN_FLUX, _LOGIT, *disc, _LN_RATIO, _LN_N, _SHEAR, _SHEAR]

    def draw(self, columns: Columns, p: Vector, drawing: Drawing, weight: Columns) -> None:
        """See Model."""
        share, profiles = self.share(p), self.profiles(p)
        disc, bulge = (math.exp(profile[6]) for profile in profiles)
        # Planes: image, ln size and shears of the disc; the same and ln n of the bulge.
        mixing = np.zeros((self.count - 2, 9), np.float32)
        mixing[0, [0, 4]] = disc, bulge
        mixing[1, [0, 4]] = -share * disc, (1.0 - share) * bulge
        mixing[2, [1, 5]] = disc, bulge
        mixing[3, 2] = mixing[4, 3] = disc
        mixing[5, 5] = mixing[6, 8] = mixing[7, 6] = mixing[8, 7] = bulge
        drawing.columns(columns, profiles, mixing, 0, weight, wings=True)

    def half_light(self, p: Vector) -> tuple[Vector, Vector] | None:
        """See Model."""
        profiles = np.array(self.profiles(p))
        ellipse = half_light_shape(
            np.exp(profiles[:, 5]), profiles[:, 2:5], np.exp(profiles[:, 6] - p[2])
        )
        if ellipse is None:
            return None
        shape, (by_disc, by_bulge) = ellipse[0], ellipse[1].transpose(1, 0, 2)
        share, gradient = self.share(p), np.zeros((3, self.count))
        gradient[:, 3] = (1 - share) * by_bulge[:, 4] - share * by_disc[:, 4]
        gradient[:, 4] = by_disc[:, 0] + by_bulge[:, 0]
        gradient[:, 5:7] = by_disc[:, 1:3]
        gradient[:, 7], gradient[:, 8] = by_bulge[:, 0], by_bulge[:, 3]
        gradient[:, 9:11] = by_bulge[:, 1:3]
        return shape, gradient
