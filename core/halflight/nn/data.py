"""The checks that a batch passes before the network sees it: names, shapes, dtypes, values."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from halflight.nn.arrays import Array, Host, Shape
from halflight.nn.hosts import first, host
from halflight.nn.lengths import fits

Arrays: TypeAlias = Host | Sequence[Any] | Mapping[str, Host]
"""One array, a list of arrays in the model's order, or arrays by the names of inputs or outputs."""
RawBatch: TypeAlias = tuple[Arrays, Arrays | None] | tuple[Arrays, Arrays | None, Arrays | None]


@dataclass(frozen=True)
class InputRule:
    """What one input must be, sample by sample."""

    name: str
    shape: Shape
    integers: bool
    limit: int | None = None
    """Integers are at least 0 and below this."""


@dataclass(frozen=True)
class TargetRule:
    """What the targets and weights of one output must be, sample by sample."""

    name: str
    shape: Shape
    rows: Shape
    """The axes that a weight may have beside the batch: all of the output's but the last."""
    check: Callable[[Host], None]
    """Raises ValueError for values that the loss does not take, given rows of them."""
    mask: Callable[[Host], Host | None]
    """Says which rows of targets count; None: all."""
    steps: Callable[[Sequence[Host]], Host] | None = None
    """Says which rows (batch, time) the inputs' masks let count; None: all."""
    needed: bool = True
    """False where the loss compares with nothing; targets may then be absent."""
    per_sample: bool = False
    """Whether a row is a whole sample, whatever axes the output has."""
    arrange: Callable[[Host, Host | None, Host], Host] | None = None
    """Returns rows of targets as the loss takes them, of steps that count and weights."""


@dataclass(frozen=True)
class Rules:
    """What a model's batches must be."""

    inputs: tuple[InputRule, ...]
    targets: tuple[TargetRule, ...]
    dtype: type[np.floating]
    """The back end's precision."""


@dataclass(frozen=True)
class Batch:
    """A checked batch: contiguous, finite, in the back end's precision."""

    inputs: list[Host]
    targets: list[Host]
    """(rows, T) for each output, where rows counts samples times positions."""
    weights: list[Host]
    """(rows,) for each output."""

    @property
    def counts(self) -> bool:
        """Whether any row of any output has a weight."""
        return any(weight.any() for weight in self.weights)


@dataclass(frozen=True)
class DeviceBatch:
    """A checked batch on the device, and its targets and weights on the host."""

    host: Batch
    """Its inputs may be left out."""
    inputs: list[Array]
    targets: list[Array]
    weights: list[Array]

    @property
    def samples(self) -> int:
        """How many it holds."""
        return int(self.inputs[0].shape[0])

    @property
    def shapes(self) -> list[Shape]:
        """Those of the inputs, without the batch axis."""
        return [tuple(array.shape[1:]) for array in self.inputs]


@contextmanager
def naming(place: str) -> Iterator[None]:
    """Say in a ValueError where it was met."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{place}: {error}") from error


def by_name(what: str, arrays: Arrays, names: Sequence[str]) -> dict[str, Host]:
    """Return arrays by name, in the order of `names`; a single name takes a plain array.

    Raises:
        ValueError: too few, too many or unknown ones, or as `host`.
    """
    if isinstance(arrays, Mapping):
        if set(arrays) != set(names):
            raise ValueError(f"Model: needs the {what} {list(names)}, received {list(arrays)}")
        return {name: host(f"{what} {name!r}", arrays[name]) for name in names}
    listed = isinstance(arrays, list | tuple) and (
        len(names) > 1 or (len(arrays) == 1 and isinstance(arrays[0], np.ndarray))
    )
    parts = list(arrays) if listed else [arrays]
    if len(parts) != len(names):
        raise ValueError(f"Model: needs the {what} {list(names)}, received {len(parts)} array(s)")
    return {
        name: host(f"{what} {name!r}" if len(names) > 1 else what, array)
        for name, array in zip(names, parts, strict=True)
    }


def check_inputs(inputs: Arrays, rules: Rules) -> list[Host]:
    """Return the inputs of one batch, checked and converted.

    Raises:
        ValueError: a wrong shape or dtype, no samples, a value that is not finite, or an index that
            is out of range.
    """
    arrays = by_name("inputs", inputs, [rule.name for rule in rules.inputs])
    checked = [_input(arrays[rule.name], rule, rules.dtype) for rule in rules.inputs]
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) != 1:
        raise ValueError(f"all inputs need the same number of samples, received {lengths}")
    return checked


def check_batch(batch: RawBatch, rules: Rules) -> Batch:
    """Return a checked batch; weights default to 1.

    Targets whose last axis has one value may leave it out. A weight has the batch axis alone, or
    one value for each row of the output: zero leaves a sample, or a row, out of the loss.

    Raises:
        ValueError: a wrong shape or dtype, no samples, a value that is not finite or that the loss
            does not take, or a negative weight.
    """
    if not isinstance(batch, tuple) or len(batch) not in (2, 3):
        raise ValueError(
            "a batch is a tuple (inputs, targets) or (inputs, targets, weights), "
            f"received {type(batch).__name__}"
        )
    inputs = check_inputs(batch[0], rules)
    samples = len(inputs[0])
    raw_targets = _targets(batch[1], rules.targets)
    raw_weights = _weights(batch[2] if len(batch) == 3 else None, rules.targets)
    targets, weights = [], []
    for rule, target, weight in zip(rules.targets, raw_targets, raw_weights, strict=True):
        of = f" of {rule.name!r}" if len(rules.targets) > 1 else ""
        checked = _target(target, rule, samples, of, rules.dtype)
        rows = rule.rows if target is None else target.shape[1 : 1 + len(rule.rows)]
        weighted = _weight(weight, rows, samples, of, rules.dtype)
        mask = rule.mask(checked)
        if mask is not None:
            weighted = weighted * mask.astype(rules.dtype)
        counts = None if rule.steps is None else rule.steps(inputs).astype(rules.dtype)
        if counts is not None:
            each = counts.any(axis=1) if rule.per_sample else counts.reshape(-1)
            weighted = weighted * np.repeat(each.astype(rules.dtype), len(weighted) // each.size)
        if (weighted < 0).any():
            raise ValueError(f"sample weights{of} must not be negative")
        rule.check(checked[weighted > 0])
        targets.append(rule.arrange(checked, counts, weighted) if rule.arrange else checked)
        weights.append(weighted)
    return Batch(inputs, targets, weights)


def _targets(raw: Arrays | None, rules: Sequence[TargetRule]) -> list[Host | None]:
    needed = [rule.name for rule in rules if rule.needed]
    if isinstance(raw, Mapping):
        names = [rule.name for rule in rules if rule.needed or rule.name in raw]
    elif isinstance(raw, list | tuple) and len(raw) == len(rules) > 1:
        names = [rule.name for rule in rules]
    else:
        names = needed
    if raw is None and names:
        raise ValueError(f"targets are missing: the model needs the targets {names}")
    arrays = by_name("targets", raw, names) if raw is not None and names else {}
    return [arrays.get(rule.name) for rule in rules]


def _weights(raw: Arrays | None, rules: Sequence[TargetRule]) -> list[Host | None]:
    """One array counts for every output; a mapping may leave outputs out."""
    names = [rule.name for rule in rules]
    if isinstance(raw, Mapping):
        unknown = sorted(set(raw) - set(names))
        if unknown:
            raise ValueError(f"sample weights for unknown outputs {unknown}; known are {names}")
        return [
            None if name not in raw else host(f"sample weights of {name!r}", raw[name])
            for name in names
        ]
    if isinstance(raw, list | tuple) and len(rules) > 1:
        return list(by_name("sample weights of", raw, names).values())
    return [None if raw is None else host("sample weights", raw)] * len(rules)


def _target(
    array: Host | None, rule: TargetRule, samples: int, of: str, dtype: type[np.floating]
) -> Host:
    if array is None:
        return np.zeros((samples * _count(rule.rows), rule.shape[-1]), dtype)
    if rule.shape[-1] == 1 and array.ndim == len(rule.shape):
        array = array[..., np.newaxis]
    checked = _numbers(f"targets{of}", array, rule.shape, dtype)
    _same_length(f"targets{of}", checked, samples)
    return checked.reshape(-1, checked.shape[-1])


def _weight(
    array: Host | None, each: Shape, samples: int, of: str, dtype: type[np.floating]
) -> Host:
    rows = _count(each)
    if array is None:
        return np.ones(samples * rows, dtype)
    shape = () if array.ndim == 1 else each
    checked = _numbers(f"sample weights{of}", array, shape, dtype)
    _same_length(f"sample weights{of}", checked, samples)
    return np.repeat(checked, rows) if checked.ndim == 1 else checked.reshape(-1)


def _same_length(what: str, array: Host, samples: int) -> None:
    if len(array) != samples:
        raise ValueError(
            "inputs, targets and weights need the same number of samples, "
            f"received {samples} inputs and {len(array)} {what}"
        )


def _count(shape: Shape) -> int:
    return int(np.prod(shape, dtype=np.int64))


def _input(array: Host, rule: InputRule, dtype: type[np.floating]) -> Host:
    what = f"input {rule.name!r}"
    if not rule.integers:
        return _numbers(what, array, rule.shape, dtype)
    _check_shape(what, array, rule.shape)
    if array.dtype.kind not in "iu":
        raise ValueError(f"{what}: needs integers, received the dtype {array.dtype}")
    limit = np.iinfo(np.int32).max if rule.limit is None else rule.limit
    if array.min() < 0 or array.max() >= limit:
        raise ValueError(
            f"{what}: every index must be at least 0 and below {limit}, "
            f"received {array.min()} to {array.max()}"
        )
    return np.ascontiguousarray(array, np.int32)


def _numbers(what: str, array: Host, shape: Shape, dtype: type[np.floating]) -> Host:
    _check_shape(what, array, shape)
    if array.dtype.kind not in "biuf":
        raise ValueError(
            f"{what}: needs real numbers, received the dtype {array.dtype}"
            + (", as of missing values" if array.dtype.kind == "O" else "")
        )
    with np.errstate(over="ignore"):  # what overflows is infinite, and refused below
        converted = np.ascontiguousarray(array, dtype)
    if not np.isfinite(converted).all():
        bad = ~np.isfinite(converted)
        place = first(bad)
        raise ValueError(
            f"{what}: every value must be finite, received {int(bad.sum())} NaN or infinite in "
            f"{np.dtype(dtype).name}, the first {array[place]} at {place}"
        )
    return converted


def _check_shape(what: str, array: Host, shape: Shape) -> None:
    expected = f"(batch, {', '.join(map(str, shape))})" if shape else "(batch,)"
    if not fits(shape, array.shape[1:]):
        raise ValueError(f"{what}: needs the shape {expected}, received {array.shape}")
    if len(array) == 0:
        raise ValueError(f"{what}: the batch is empty, received the shape {array.shape}")
