"""CTC: a sequence of labels against more steps than there are labels, aligned in every way."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from halflight.nn.arrays import Shape
from halflight.nn.losses.loss import Host, Loss


@dataclass(eq=False)
class CTC(Loss):
    """-log of the probability of the labels, summed over all ways to spread them over the steps.

    The output (time, classes) holds logits; the targets (labels,) are integers of 1 to classes - 1,
    filled up with 0 behind the last, so that samples may have different numbers of them. Class 0 is
    the blank that may stand between two labels, and must between equal ones: Graves et al. 2006. A
    row is a sample: so are weights. All steps count, or where the output has a mask the first ones
    of each sample, as many as it says.
    """

    kernel_name: ClassVar[str] = "ctc"
    per_sample: ClassVar[bool] = True

    def targets(self, outputs: int) -> int | None:
        """Return None: any number of labels."""
        return None

    def target_shape(self, output_shape: Shape) -> Shape:
        """Return (None,): of a sample's labels."""
        if len(output_shape) != 2:
            raise self.error("needs an output (time, classes) of logits", output_shape)
        return (None,)  # type: ignore[return-value]

    def check_target(self, target: Host, output_shape: Shape) -> None:
        """Require labels that are classes, zeros behind the last alone, and steps enough."""
        times, classes = output_shape
        named = (target >= 0) & (target < classes) & (target == np.floor(target))
        self.require(f"integers of 0 to {classes - 1}", target, named)
        ended = np.logical_or.accumulate(target == 0, axis=1)
        self.require("labels of 1 or more, and 0 behind the last alone", target,
                     ~ended | (target == 0))  # fmt: skip
        if times is not None:
            self._require_steps(target, np.full(len(target), times))

    def arrange(self, target: Host, counts: Host | None, weight: Host) -> Host:
        """Put the number of steps that count before the labels; 0: all."""
        steps = np.zeros(len(target), target.dtype)
        if counts is not None:
            counted = counts != 0
            late = (counted[:, 1:] & ~counted[:, :-1]).any(axis=1) & (weight > 0)
            if late.any():
                rule = "a mask must let the first steps of a sample count (padding follows them)"
                raise self.error(rule, f"another in sample {int(late.argmax())}")
            steps[...] = counted.sum(axis=1)
            self._require_steps(np.where(weight[:, np.newaxis] > 0, target, 0), steps)
        return np.concatenate([steps[:, np.newaxis], target], axis=1)

    def _require_steps(self, target: Host, steps: Host) -> None:
        """Raise for labels (n, l) that take more steps (n,) than there are."""
        equal = (target[:, 1:] == target[:, :-1]) & (target[:, 1:] > 0)
        needed = np.count_nonzero(target, axis=1) + np.count_nonzero(equal, axis=1)
        for row in np.flatnonzero(needed > steps)[:1]:
            raise self.error(
                "every label takes a step, and equal ones side by side one between them: row "
                f"{row} takes more than its {int(steps[row])}",
                int(needed[row]),
            )
