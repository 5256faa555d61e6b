"""Losses of predicted distributions: Gaussians, counts, quantiles and probabilities."""

from dataclasses import dataclass
from typing import Any, ClassVar

from halflight.nn.arrays import Shape
from halflight.nn.checks import POSITIVE, Rule, check
from halflight.nn.losses.crossentropy import check_distributions
from halflight.nn.losses.loss import Host, Loss, rows


@dataclass(eq=False)
class GaussianNLL(Loss):
    """Negative log-likelihood of independent Gaussians: T means, then T natural log-variances.

    0.5 * sum over t of (ln 2 pi + log_variance + (target - mean)^2 / exp(log_variance)), for an
    output of 2T values and T targets. Nix & Weigend 1994, equation 2, with the constant.
    """

    kernel_name: ClassVar[str] = "gaussian_nll"

    def targets(self, outputs: int) -> int:
        """Return T for an output of 2T values."""
        if outputs % 2:
            raise self.error(
                "the model's output must be T means and T log-variances", f"{outputs} value(s)"
            )
        return outputs // 2


@dataclass(eq=False)
class StudentNLL(GaussianNLL):
    """Negative log-likelihood of independent Student's t: T locations, then T ln(squared scales).

    Its tails fall as a power, so that a single target far from its prediction pulls no harder than
    one at some scales, and cannot decide a batch or a validation loss alone. Lange, Little & Taylor
    1989, equation 1, for an output of 2T values and T targets. Not in Keras.

    dof: degrees of freedom; 1 is Cauchy's distribution, many are a Gaussian.

    Raises:
        ValueError: `dof` is not above 0.
    """

    dof: float = 4.0

    kernel_name: ClassVar[str] = "student_nll"

    @property
    def constants(self) -> tuple[Any, ...]:
        """The kernel's last argument."""
        return (self.dof,)

    def check(self) -> None:
        """Require a positive number of degrees of freedom."""
        check(self, POSITIVE, "dof")


@dataclass(eq=False)
class StandardNormalKL(GaussianNLL):
    """Divergence of T means, then T natural log-variances, from the standard normal; no target.

    0.5 * sum over t of (mean^2 + exp(log_variance) - 1 - log_variance): the regulariser of a
    variational autoencoder. Kingma & Welling 2014, appendix B. The target may be None; one of T
    values is taken, and not read.
    """

    needs_target: ClassVar[bool] = False

    kernel_name: ClassVar[str] = "standard_normal_kl"


@dataclass(eq=False)
class Poisson(Loss):
    """Mean over the outputs of prediction - target log(prediction + 1e-7), for counts.

    The prediction is a rate above 0 (end the model in a softplus or an exponential). The constant
    log(target!) of the negative log-likelihood is left out, as in Keras.
    """

    kernel_name: ClassVar[str] = "poisson"

    def check_target(self, target: Host, output_shape: Shape) -> None:
        """Require targets of 0 or more."""
        self.require("0 or more", rows(target), rows(target) >= 0)


@dataclass(eq=False)
class KLDivergence(Loss):
    """Sum over the classes of target log(target / prediction), for probabilities.

    Both are brought into [1e-7, 1] first, as in Keras; a prediction outside has no gradient.
    """

    kernel_name: ClassVar[str] = "kl_divergence"

    def check_target(self, target: Host, output_shape: Shape) -> None:
        """Require probabilities that sum to 1."""
        check_distributions(self, target)


_QUANTILES = Rule(
    "numbers between 0 and 1",
    lambda value: (
        isinstance(value, tuple | list)
        and len(value) > 0
        and all(isinstance(q, float) and 0.0 < q < 1.0 for q in value)
    ),
    tuple,
)


@dataclass(eq=False)
class Quantile(Loss):
    """Pinball loss, smallest where the predictions are the quantiles. Koenker & Bassett 1978.

    Mean of max(q e, (q - 1) e), e = target - prediction, over an output of T * Q values: the Q
    `quantiles` of the first target, then those of the next. Not in Keras.

    Raises:
        ValueError: no quantile, or one that is not between 0 and 1.
    """

    quantiles: tuple[float, ...] = (0.5,)

    kernel_name: ClassVar[str] = "quantile"

    @property
    def constants(self) -> tuple[Any, ...]:
        """The kernel's last argument."""
        return (self.quantiles,)

    def check(self) -> None:
        """Require at least one quantile."""
        check(self, _QUANTILES, "quantiles")

    def targets(self, outputs: int) -> int:
        """Return T for an output of T * Q values."""
        if outputs % len(self.quantiles):
            raise self.error(
                f"the model's output must be {len(self.quantiles)} quantiles of every target",
                f"{outputs} value(s)",
            )
        return outputs // len(self.quantiles)
