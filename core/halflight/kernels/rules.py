"""What shapes alone cannot say of a kernel's arguments: one rule for each kind of argument."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from .geometry import (
    check_groups,
    check_magnification,
    check_margins,
    check_pool,
    check_windows,
    merged_axes,
)

__all__ = ["MAXIMUM_RANK", "RECURRENT_ACTIVATIONS", "Rule", "rules_of"]

Rule = Callable[[str, Mapping[str, Any], Mapping[str, Any]], None]
"""Called with the kernel's name, its arguments and the lengths; raises ValueError."""

MAXIMUM_RANK = 6
"""Of the arrays that `permute` takes."""
RECURRENT_ACTIVATIONS = ("linear", "relu", "sigmoid", "tanh")
"""What the kernels of a simple recurrent layer may apply."""


def rules_of(kernel: str, arguments: tuple[str, ...]) -> list[Rule]:
    """The rules that a kernel with these arguments must obey."""
    found = [rule for argument, rule in _RULES.items() if argument in arguments]
    if "size" in arguments and "strides" not in arguments:
        found.append(check_magnification)
    if "batch_norm_fused" in kernel or kernel == "rectified_pool_backward":
        found.append(check_pool)
    if kernel in ("broadcast_to", "sum_to"):
        found.append(_check_broadcast)
    if "slope" in arguments:
        found.append(_check_slope)
    if kernel.startswith("group_norm"):
        found.append(_check_channels)
    if kernel.startswith("embedding"):
        found.append(_check_rows)
    return found


def _check_offset(kernel: str, given: Mapping[str, Any], lengths: Mapping[str, Any]) -> None:
    if not 0 <= given["offset"] <= lengths["d"] - lengths["c"]:
        raise ValueError(
            f"{kernel}: offset {given['offset']} puts {lengths['c']} channels outside the "
            f"{lengths['d']} of the concatenation"
        )


def _check_axes(kernel: str, given: Mapping[str, Any], lengths: Mapping[str, Any]) -> None:
    """Every axis once, MAXIMUM_RANK of them at most, and y of the shape that follows."""
    axes, y, x = given["axes"], given["y"].shape, given["x"].shape
    if sorted(axes) != list(range(len(x))) or not 0 < len(x) <= MAXIMUM_RANK:
        raise ValueError(
            f"{kernel}: axes {tuple(axes)} must hold each axis of x {x} once; x may have 1 to "
            f"{MAXIMUM_RANK}"
        )
    if y != tuple(x[axis] for axis in axes):
        raise ValueError(f"{kernel}: axes {tuple(axes)} of x {x} do not give y {y}")


def _check_slope(kernel: str, given: Mapping[str, Any], lengths: Mapping[str, Any]) -> None:
    """The sign of a rectifier's output must tell the sign of its input."""
    if not 0.0 <= given["slope"] < math.inf:
        raise ValueError(f"{kernel}: slope is {given['slope']}, expected a finite number >= 0")


def _check_quantiles(kernel: str, given: Mapping[str, Any], lengths: Mapping[str, Any]) -> None:
    if lengths["k"] != lengths["t"] * len(given["quantiles"]):
        raise ValueError(
            f"{kernel}: {len(given['quantiles'])} quantiles of {lengths['t']} targets need as many "
            f"predictions a row as their product, received {lengths['k']}"
        )


def _check_channels(kernel: str, given: Mapping[str, Any], lengths: Mapping[str, Any]) -> None:
    if lengths["c"] % lengths["g"]:
        raise ValueError(
            f"{kernel}: {lengths['c']} channels do not split into {lengths['g']} groups of one size"
        )


def _check_rate(kernel: str, given: Mapping[str, Any], lengths: Mapping[str, Any]) -> None:
    if not 0.0 <= given["rate"] < 1.0:
        raise ValueError(f"{kernel}: rate is {given['rate']}, expected 0 <= rate < 1")


def _check_stddev(kernel: str, given: Mapping[str, Any], lengths: Mapping[str, Any]) -> None:
    if not given["stddev"] >= 0.0:
        raise ValueError(f"{kernel}: stddev is {given['stddev']}, expected at least 0")


def _check_depth_radius(kernel: str, given: Mapping[str, Any], lengths: Mapping[str, Any]) -> None:
    if not given["depth_radius"] >= 0:
        raise ValueError(f"{kernel}: depth_radius is {given['depth_radius']}, expected at least 0")


def _check_time(kernel: str, given: Mapping[str, Any], lengths: Mapping[str, Any]) -> None:
    if not 0 <= given["time"] < lengths["t"]:
        raise ValueError(f"{kernel}: time {given['time']} lies outside the {lengths['t']} steps")


def _check_activation(kernel: str, given: Mapping[str, Any], lengths: Mapping[str, Any]) -> None:
    if given["activation"] not in RECURRENT_ACTIVATIONS:
        known = ", ".join(RECURRENT_ACTIVATIONS)
        raise ValueError(
            f"{kernel}: activation is {given['activation']!r}, expected one of {known}"
        )


def _check_rows(kernel: str, given: Mapping[str, Any], lengths: Mapping[str, Any]) -> None:
    """Every index must be a row of the table; other memory than NumPy's checks it itself."""
    index, rows = given["index"], lengths["i"]
    if isinstance(index, np.ndarray) and (index.min() < 0 or index.max() >= rows):
        wrong = index[(index < 0) | (index >= rows)][0]
        raise ValueError(f"{kernel}: index holds {wrong}, expected 0 to {rows - 1}")


def _check_orientations(kernel: str, given: Mapping[str, Any], lengths: Mapping[str, Any]) -> None:
    """Some of 0 to 7; a quarter turn keeps the shape of square images alone."""
    orientations, height, width = given["orientations"], lengths["h"], lengths["w"]
    if not orientations or not all(_is_within(k, 0, 7) for k in orientations):
        raise ValueError(
            f"{kernel}: orientations are {orientations}, expected one or more integers of 0 to 7"
        )
    if height != width and any(k % 2 for k in orientations):
        raise ValueError(
            f"{kernel}: orientations {orientations} hold a quarter turn (an odd number), which "
            f"needs square images, received {height} by {width}"
        )


def _check_shifts(kernel: str, given: Mapping[str, Any], lengths: Mapping[str, Any]) -> None:
    """Each a pair (least, most) of whole pixels, at most the image's length."""
    for name, letter in (("down", "h"), ("right", "w")):
        limits, length = given[name], lengths[letter]
        fit = len(limits) == 2 and all(_is_within(pixels, -length, length) for pixels in limits)
        if not fit or limits[0] > limits[1]:
            raise ValueError(
                f"{kernel}: {name} is {limits}, expected integers (least, most) of {-length} to "
                f"{length}"
            )


def _is_within(value: Any, least: int, most: int) -> bool:
    return isinstance(value, int) and least <= value <= most


def _check_matrices(kernel: str, given: Mapping[str, Any], lengths: Mapping[str, Any]) -> None:
    """Rows and columns of the factors, as they are multiplied, fit each other and y."""
    a, b, y = given["a"].shape, given["b"].shape, given["y"].shape
    rows, depth = (a[2], a[1]) if given["transpose_a"] else (a[1], a[2])
    inner, columns = (b[2], b[1]) if given["transpose_b"] else (b[1], b[2])
    if depth != inner or tuple(y[1:]) != (rows, columns):
        raise ValueError(
            f"{kernel}: factors of {rows} x {depth} and {inner} x {columns} do not give y "
            f"{tuple(y)}"
        )


def _check_broadcast(kernel: str, given: Mapping[str, Any], lengths: Mapping[str, Any]) -> None:
    """The same axes, of the same length or 1; six at most, neighbours of a kind being one."""
    small, large = lengths["...x"], lengths["...y"]
    fits = len(small) == len(large) and all(n in (1, m) for n, m in zip(small, large, strict=True))
    if not fits:
        raise ValueError(f"{kernel}: {tuple(small)} is not {tuple(large)} but for axes of length 1")
    if len(merged_axes(small, large)[0]) > MAXIMUM_RANK:
        raise ValueError(
            f"{kernel}: {tuple(small)} changes to {tuple(large)} more than {MAXIMUM_RANK} times "
            "between axes that are repeated and others"
        )


_RULES: Mapping[str, Rule] = {
    "transpose_a": _check_matrices,
    "strides": check_windows,
    "groups": check_groups,
    "top": check_margins,
    "axes": _check_axes,
    "offset": _check_offset,
    "quantiles": _check_quantiles,
    "rate": _check_rate,
    "stddev": _check_stddev,
    "depth_radius": _check_depth_radius,
    "time": _check_time,
    "activation": _check_activation,
    "orientations": _check_orientations,
    "down": _check_shifts,
}
