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
    row is a sample: so are weights. Every step counts: an output with a mask is refused.
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
        if times is None:
            return
        equal = (target[:, 1:] == target[:, :-1]) & (target[:, 1:] > 0)
        needed = np.count_nonzero(target, axis=1) + np.count_nonzero(equal, axis=1)
        if len(needed) and needed.max() > times:
            row = int(needed.argmax())
            raise self.error(
                "every label takes a step, and equal ones side by side one between them: row "
                f"{row} takes more than the output's {times}",
                int(needed[row]),
            )
