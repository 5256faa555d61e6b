"""Cross-entropies of probabilities or of logits, with Keras's names, arguments and defaults."""

import math
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from halflight.nn.arrays import Shape
from halflight.nn.checks import BOOLEAN, NOT_NEGATIVE, SHARE, check, integer, number
from halflight.nn.losses.loss import Host, Loss, rows


@dataclass(eq=False)
class _Crossentropy(Loss):
    """Logits or probabilities against smoothed labels."""

    from_logits: bool = False
    label_smoothing: float = 0.0

    @property
    def constants(self) -> tuple[float, ...]:
        """The kernel's last arguments."""
        return (self.label_smoothing,)

    def check(self) -> None:
        """Require a flag and a share."""
        check(self, BOOLEAN, "from_logits")
        check(self, SHARE, "label_smoothing")

    @property
    def kernel(self) -> str:
        """Name of the kernel for logits or for probabilities."""
        return f"{self.kernel_name}_from_logits" if self.from_logits else self.kernel_name


@dataclass(eq=False)
class BinaryCrossentropy(_Crossentropy):
    """Mean over the outputs of -t log p - (1 - t) log(1 - p), for labels t in [0, 1].

    p is the prediction kept in [1e-7, 1 - 1e-7], without gradient outside; with `from_logits` it is
    sigmoid(prediction), exact however large. `label_smoothing` s makes labels (1 - s) t + s / 2.
    """

    kernel_name: ClassVar[str] = "binary_crossentropy"

    @property
    def decision(self) -> float:
        """The prediction above which the class is the positive one."""
        return 0.0 if self.from_logits else 0.5

    def check_target(self, target: Host, output_shape: Shape) -> None:
        """Require probabilities."""
        check_probabilities(self, target)


@dataclass(eq=False)
class BinaryFocalCrossentropy(BinaryCrossentropy):
    """Binary cross-entropy, times u^gamma, u = t (1 - p) + (1 - t) p: easy rows weigh less.

    With `apply_class_balancing` also times t alpha + (1 - t) (1 - alpha). Lin et al. 2017, eq. 5.
    """

    apply_class_balancing: bool = field(default=False, kw_only=True)
    alpha: float = field(default=0.25, kw_only=True)
    gamma: float = field(default=2.0, kw_only=True)
    from_logits: bool = field(default=False, kw_only=True)
    label_smoothing: float = field(default=0.0, kw_only=True)

    kernel_name: ClassVar[str] = "binary_focal_crossentropy"

    @property
    def constants(self) -> tuple[float, ...]:
        """gamma, the factors of positive and of negative labels, and the smoothing."""
        sides = (self.alpha, 1.0 - self.alpha) if self.apply_class_balancing else (1.0, 1.0)
        return (self.gamma, *sides, self.label_smoothing)

    def check(self) -> None:
        """Require flags, shares, and a power of 0 or more."""
        super().check()
        check(self, BOOLEAN, "apply_class_balancing")
        check(self, SHARE, "alpha")
        check(self, NOT_NEGATIVE, "gamma")


@dataclass(eq=False)
class CategoricalCrossentropy(_Crossentropy):
    """-sum over the classes of t log p, for one-hot or soft labels t.

    p is the prediction divided by its sum and kept in [1e-7, 1 - 1e-7], without gradient outside;
    with `from_logits` it is softmax(prediction), exact however large. `label_smoothing` s makes
    labels (1 - s) t + s / classes.
    """

    kernel_name: ClassVar[str] = "categorical_crossentropy"

    def positive(self, prediction: Host) -> NDArray[np.bool_]:
        """Return which classes (n, k) have a probability above 1/2."""
        return above_half(prediction) if self.from_logits else super().positive(prediction)

    def check_target(self, target: Host, output_shape: Shape) -> None:
        """Require probabilities that sum to 1."""
        check_distributions(self, target)


@dataclass(eq=False)
class CategoricalFocalCrossentropy(CategoricalCrossentropy):
    """-sum over the classes of alpha t (1 - p)^gamma log p: easy rows weigh less.

    alpha is one factor for all classes (Keras also takes one a class; here class weights are for
    that). Lin et al. 2017, eq. 5.
    """

    alpha: float = field(default=0.25, kw_only=True)
    gamma: float = field(default=2.0, kw_only=True)
    from_logits: bool = field(default=False, kw_only=True)
    label_smoothing: float = field(default=0.0, kw_only=True)

    kernel_name: ClassVar[str] = "categorical_focal_crossentropy"

    @property
    def constants(self) -> tuple[float, ...]:
        """The kernel's last arguments."""
        return (self.gamma, self.alpha, self.label_smoothing)

    def check(self) -> None:
        """Require a flag, a share, a factor and a power of 0 or more."""
        super().check()
        check(self, NOT_NEGATIVE, "alpha")
        check(self, NOT_NEGATIVE, "gamma")


@dataclass(eq=False)
class SparseCategoricalCrossentropy(_Crossentropy):
    """-log p of the class whose number is the target; p as in `CategoricalCrossentropy`.

    Targets have one value where the output has one a class. Rows of `ignore_class` do not count:
    `mask` names the others.
    """

    ignore_class: int | None = None
    label_smoothing: float = field(init=False, repr=False, default=0.0)

    kernel_name: ClassVar[str] = "sparse_categorical_crossentropy"

    @property
    def constants(self) -> tuple[float, ...]:
        """The ignored class; NaN, which equals no class, for none."""
        return (math.nan if self.ignore_class is None else float(self.ignore_class),)

    def check(self) -> None:
        """Require a flag, and an integer or None."""
        super().check()
        check(self, integer().or_none(), "ignore_class")

    def targets(self, outputs: int) -> int:
        """One class a row."""
        return 1

    def positive(self, prediction: Host) -> NDArray[np.bool_]:
        """Return which classes (n, k) have a probability above 1/2."""
        return above_half(prediction) if self.from_logits else super().positive(prediction)

    def check_target(self, target: Host, output_shape: Shape) -> None:
        """Require numbers of classes, or the ignored one."""
        check_classes(self, target, output_shape[-1], self.ignore_class)

    def mask(self, target: Host) -> NDArray[np.bool_] | None:
        """Return the rows (n,) that are not of the ignored class."""
        return None if self.ignore_class is None else rows(target)[:, 0] != self.ignore_class


@dataclass(eq=False)
class CategoricalGeneralizedCrossEntropy(Loss):
    """(1 - p^q) / q, p the prediction for the class whose number is the target.

    Between the cross-entropy (q towards 0) and the absolute error (q = 1): a wrong label pulls less
    the less its class is believed. Zhang & Sabuncu 2018, eq. 6. p is kept above 1e-7.
    """

    q: float = 0.5

    kernel_name: ClassVar[str] = "generalized_crossentropy"

    @property
    def constants(self) -> tuple[float, ...]:
        """The power."""
        return (self.q,)

    def check(self) -> None:
        """Require 0 < q <= 1."""
        check(self, number(above=0, most=1), "q")

    def targets(self, outputs: int) -> int:
        """One class a row."""
        return 1

    def check_target(self, target: Host, output_shape: Shape) -> None:
        """Require numbers of classes."""
        check_classes(self, target, output_shape[-1], None)


def above_half(logits: Host) -> NDArray[np.bool_]:
    """Return which classes (n, k) have a probability above 1/2, for softmax(logits)."""
    with np.errstate(invalid="ignore"):  # what is not finite is above nothing
        share = np.exp(logits - logits.max(axis=1, keepdims=True), dtype=np.float64)
        return np.asarray(share > 0.5 * share.sum(axis=1, keepdims=True))


def check_probabilities(loss: Loss, target: Host) -> None:
    """Require targets in [0, 1]."""
    values = rows(target)
    loss.require("probabilities in [0, 1]", values, (values >= 0) & (values <= 1))


def check_distributions(loss: Loss, target: Host) -> None:
    """Require rows of targets in [0, 1] that sum to 1 within 1e-3."""
    check_probabilities(loss, target)
    total = rows(target).sum(axis=1, dtype=np.float64, keepdims=True)
    loss.require("rows that sum to 1 within 0.001", total, np.abs(total - 1.0) <= 1e-3)


def check_classes(loss: Loss, target: Host, classes: int, ignored: int | None) -> None:
    """Require numbers of classes, or the ignored one."""
    label = rows(target)
    good = (label >= 0) & (label < classes) & (label == np.floor(label))
    rule = f"class numbers, integers of 0 to {classes - 1}"
    if ignored is not None:
        good |= label == ignored
        rule += f" or the ignored {ignored}"
    loss.require(rule, label, good)
