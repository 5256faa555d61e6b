"""The objective: a loss, its weight and its metrics for every output of a model."""

import copy
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from halflight.nn.arrays import Host, Shape
from halflight.nn.checks import NOT_NEGATIVE, require
from halflight.nn.data import InputRule, Rules, TargetRule
from halflight.nn.lengths import varies
from halflight.nn.losses import Loss
from halflight.nn.losses import get as get_loss
from halflight.nn.losses.function import FunctionLoss
from halflight.nn.masks import Steps
from halflight.nn.metrics import Metric, resolve
from halflight.nn.network import Network


@dataclass(eq=False)
class Head:
    """What is asked of one output."""

    name: str
    loss: Loss
    weight: float
    """Of this loss in the sum that training makes small."""
    metrics: list[Metric]
    _sum: float = 0.0
    _weights: float = 0.0

    def fresh(self) -> "Head":
        """Return the same of no batch yet."""
        return Head(self.name, self.loss, self.weight, copy.deepcopy(self.metrics))

    @property
    def counted(self) -> bool:
        """Whether any row did."""
        return self._weights > 0.0

    def add(self, value: float, weight: float) -> None:
        """Add a batch's mean loss, and the sum of its weights."""
        self._sum += value * weight
        self._weights += weight

    def update_metrics(self, target: Host, prediction: Host, weight: Host) -> None:
        """Add a batch to the metrics: rows of targets and predictions."""
        for metric in self.metrics:
            metric.update(target, prediction, weight)

    def mean(self) -> float:
        """Return the mean loss so far; NaN as long as no row counted."""
        return self._sum / self._weights if self._weights else math.nan


class Objective:
    """The heads of a model, in the order of its outputs.

    Args:
        network: the model.
        loss, metrics, loss_weights: for a single output the thing itself; for several a list in
            their order, or a mapping by their names.

    Raises:
        ValueError: an unknown name, a loss that does not fit its output, or outputs without one.
    """

    def __init__(
        self,
        network: Network,
        loss: Any,
        metrics: Any = (),
        loss_weights: Sequence[float] | Mapping[str, float] | None = None,
    ) -> None:
        """Give every output its head."""
        names = network.output_names
        parts = [get_loss(part) for part in _by_output("loss", loss, names)]
        weights = _by_output("loss_weights", loss_weights, names, default=1.0)
        measured = _by_output("metrics", metrics, names, default=(), many=True)
        self.heads: list[Head] = []
        self.rules = _rules(network, parts)
        shapes = network.output_shapes
        for name, shape, part, weight, listed in zip(
            names, shapes, parts, weights, measured, strict=True
        ):
            factor = require("compile", f"the loss weight of {name!r}", weight, NOT_NEGATIVE)
            if part.per_sample and listed:
                raise part.error(f"the output {name!r} takes no metrics, which are by rows", listed)
            chosen = [resolve(metric, part, shape) for metric in listed]
            self.heads.append(Head(name, part, factor, chosen))
        self._penalty = 0.0
        self._steps = 0

    def fresh(self) -> "Objective":
        """Return the same of no batch yet, to add those of one epoch or evaluation to."""
        new = copy.copy(self)
        new.heads = [head.fresh() for head in self.heads]
        new._penalty, new._steps = 0.0, 0
        return new

    def better(self) -> dict[str, str | None]:
        """Return the keys of `logs`, with "lower" or "higher", or None where nothing says so."""
        known: dict[str, str | None] = {"loss": "lower"}
        several = len(self.heads) > 1
        if several:
            known |= {f"{head.name}_loss": "lower" for head in self.heads}
        for head in self.heads:
            prefix = f"{head.name}_" if several else ""
            for metric in head.metrics:
                known |= {f"{prefix}{name}": metric.better for name in metric.results()}
        return known

    def add(self, values: Sequence[float], weights: Sequence[float], penalty: float) -> None:
        """Add a batch: the mean loss of each output, the sums of weights, and the penalty."""
        self._penalty += penalty
        self._steps += 1
        for head, value, weight in zip(self.heads, values, weights, strict=True):
            head.add(value, weight)

    def total(self, values: Sequence[float], penalty: float) -> float:
        """Return what training makes small: the weighted sum of the losses, and the penalty."""
        weighted = (head.weight * v for head, v in zip(self.heads, values, strict=True))
        return sum(weighted, start=penalty)

    def loss(self) -> float:
        """Return the mean of `total` so far."""
        penalty = self._penalty / self._steps if self._steps else math.nan
        return self.total([head.mean() for head in self.heads], penalty)

    def logs(self) -> dict[str, float]:
        """Return the record so far: loss, each output's loss where there are several, metrics.

        Raises:
            ValueError: an output has no row that counts, and so no mean.
        """
        several = len(self.heads) > 1
        for head in self.heads:
            if not head.counted:
                of = f" of {head.name!r}" if several else ""
                raise ValueError(
                    f"sample weights{of} must not be all zero: no row of the data counts"
                )
        logs = {"loss": self.loss()}
        if several:
            logs |= {f"{head.name}_loss": head.mean() for head in self.heads}
        for head in self.heads:
            prefix = f"{head.name}_" if several else ""
            for metric in head.metrics:
                logs |= {f"{prefix}{name}": value for name, value in metric.results().items()}
        return logs


def _rules(network: Network, heads: Sequence[Loss]) -> Rules:
    """Return what batches must be for this network and these losses."""
    inputs = input_rules(network).inputs
    targets = []
    graph = network.graph
    for name, shape, loss, steps in zip(
        network.output_names, network.output_shapes, heads, graph.output_masks, strict=True
    ):
        try:
            _require_known(shape, loss)
            target_shape = loss.target_shape(shape)
            if isinstance(loss, FunctionLoss):
                loss.check_gradient(shape[-1])
        except ValueError as error:
            raise ValueError(f"output {name!r}: {error}") from error
        targets.append(
            TargetRule(
                name,
                target_shape,
                rows=() if loss.per_sample else shape[:-1],
                check=partial(loss.check_target, output_shape=shape),
                mask=loss.mask,
                arrange=loss.arrange,
                per_sample=loss.per_sample,
                steps=_steps(name, shape, steps),
                needed=loss.needs_target,
            )
        )
    return Rules(inputs, tuple(targets), network.kernels.FLOAT)


def _require_known(shape: Shape, loss: Loss) -> None:
    """Raise ValueError for an output whose rows are of a width that varies, or not to be counted.

    A loss without targets learns the number of rows from nothing else.
    """
    if varies(shape[-1:]) or (varies(shape) and not loss.needs_target):
        raise loss.error("the output's lengths must not vary", shape)


def _steps(name: str, shape: Shape, steps: Steps | None) -> Steps | None:
    """Return the steps of an output that count, where its rows are steps."""
    if steps is None or len(shape) < 2:
        return None
    if steps.unknown:
        raise ValueError(
            f"output {name!r}: its mask must follow from the inputs, so that losses know it, "
            f"received one of {steps.unknown}: put Masking first, or stop the mask"
        )
    return steps


def input_rules(network: Network) -> Rules:
    """Return what inputs must be, for prediction."""
    graph = network.graph
    inputs = tuple(
        InputRule(name, tensor.shape, tensor.dtype == "int32", graph.index_limit(number))
        for number, (name, tensor) in enumerate(zip(graph.input_names, graph.inputs, strict=True))
    )
    return Rules(inputs, (), network.kernels.FLOAT)


_MISSING = object()


def _by_output(
    what: str, given: Any, names: Sequence[str], *, default: Any = _MISSING, many: bool = False
) -> list[Any]:
    """Return one entry an output; `many` says that the entry itself is a list."""
    if given is None and default is not _MISSING:
        return [default] * len(names)
    if isinstance(given, Mapping) and set(given) != {"class", "config"}:
        unknown = sorted(set(given) - set(names))
        missing = [name for name in names if name not in given]
        if unknown or (missing and default is _MISSING):
            raise ValueError(
                f"compile: {what} is for the outputs {list(names)}: missing {missing}, "
                f"unknown {unknown}"
            )
        return [given.get(name, default) for name in names]
    if len(names) == 1:
        listed = isinstance(given, list | tuple) and len(given) == 1
        listed = listed and (not many or isinstance(given[0], list | tuple))
        return [given[0] if listed else given]
    if many and not given:
        return [default] * len(names)
    if not isinstance(given, list | tuple) or len(given) != len(names):
        raise ValueError(
            f"compile: {what} needs one entry for each of the outputs {list(names)}, "
            f"received {given!r:.200}"
        )
    return list(given)
