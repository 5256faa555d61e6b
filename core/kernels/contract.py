"""The decorator that checks a kernel's arguments against the shapes it demands."""

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, ParamSpec

import numpy as np

from .geometry import check_groups, check_windows
from .shapes import SHAPES

__all__ = ["MAXIMUM_RANK", "RECURRENT_ACTIVATIONS", "checked"]

MAXIMUM_RANK = 6
"""Of the arrays that `permute` takes."""
RECURRENT_ACTIVATIONS = ("linear", "relu", "sigmoid", "tanh")
"""What the kernels of a simple recurrent layer may apply."""

Arguments = ParamSpec("Arguments")


def checked(
    dtype: type[np.floating],
) -> Callable[[Callable[Arguments, None]], Callable[Arguments, None]]:
    """Decorate a kernel so that wrong arguments raise ValueError before it runs.

    Arrays must be C-contiguous, of `dtype` (`index`: int32), not empty, and of the shapes that
    `SHAPES` gives for the kernel's name; windows must overlap the image.
    """

    def decorate(kernel: Callable[Arguments, None]) -> Callable[Arguments, None]:
        names = tuple(inspect.signature(kernel).parameters)
        laws = [(n, SHAPES[kernel.__name__].get(n)) for n in names]
        arrays = [(n, law.rstrip("?").split(), "?" in law) for n, law in laws if law]

        @functools.wraps(kernel)
        def call(*args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
            given = dict(zip(names, args, strict=False)) | kwargs
            if len(given) == len(names):  # otherwise Python's own TypeError says it best
                _check(kernel.__name__, given, arrays, dtype)
            kernel(*args, **kwargs)

        return call

    return decorate


def _check(
    kernel: str,
    given: Mapping[str, Any],
    arrays: list[tuple[str, list[str], bool]],
    dtype: type[np.floating],
) -> None:
    lengths: dict[str, Any] = {"g": given["groups"]} if "groups" in given else {}
    for name, law, optional in arrays:
        array = given[name]
        if array is None and optional:
            continue
        expected = np.int32 if name == "index" else dtype
        if getattr(array, "dtype", None) != expected:
            received = getattr(array, "dtype", type(array).__name__)
            raise ValueError(
                f"{kernel}: {name} is {received}, expected an array of {np.dtype(expected)}"
            )
        if not array.flags["C_CONTIGUOUS"]:
            raise ValueError(f"{kernel}: {name} {array.shape} is not C-contiguous: copy it first")
        if array.size == 0 or not _matches(array.shape, law, lengths):
            known = ", ".join(f"{key}={value}" for key, value in lengths.items())
            shapes = ", ".join(f"{n} {np.shape(given[n])}" for n, _, _ in arrays)
            raise ValueError(
                f"{kernel}: {name} has shape {array.shape}, expected ({', '.join(law)}), none "
                f"empty, with {known}; received {shapes}"
            )
    _check_products(kernel, lengths)
    if "strides" in given:
        _check_windows(kernel, given, lengths)
    if "size" in given and "strides" not in given:
        _check_magnification(kernel, given["size"], lengths)
    if "top" in given:
        _check_margins(kernel, (given["top"], given["left"]), lengths)
    if "axes" in given:
        _check_permutation(kernel, given["axes"], given["y"].shape, given["x"].shape)
        check_windows(kernel, given, lengths)
    if "groups" in given:
        check_groups(kernel, lengths)
    if "offset" in given and not 0 <= given["offset"] <= lengths["d"] - lengths["c"]:
        raise ValueError(
            f"{kernel}: offset {given['offset']} puts {lengths['c']} channels outside the "
            f"{lengths['d']} of the concatenation"
        )
    if "quantiles" in given and lengths["k"] != lengths["t"] * len(given["quantiles"]):
        raise ValueError(
            f"{kernel}: {len(given['quantiles'])} quantiles of {lengths['t']} targets need as many "
            f"predictions a row as their product, received {lengths['k']}"
        )
    if "rate" in given and not 0.0 <= given["rate"] < 1.0:
        raise ValueError(f"{kernel}: rate is {given['rate']}, expected 0 <= rate < 1")
    if "time" in given and not 0 <= given["time"] < lengths["t"]:
        raise ValueError(f"{kernel}: time {given['time']} lies outside the {lengths['t']} steps")
    if "activation" in given and given["activation"] not in RECURRENT_ACTIVATIONS:
        known = ", ".join(RECURRENT_ACTIVATIONS)
        raise ValueError(
            f"{kernel}: activation is {given['activation']!r}, expected one of {known}"
        )
    if kernel.startswith("embedding"):
        _check_rows(kernel, given["index"], lengths["i"])


def _matches(shape: tuple[int, ...], law: list[str], lengths: dict[str, Any]) -> bool:
    """Whether the shape obeys the law; lengths seen for the first time are remembered."""
    if law[0].startswith("..."):
        name, *law = law
        if len(shape) < len(law):
            return False
        split = len(shape) - len(law)
        if lengths.setdefault(name, shape[:split]) != shape[:split]:
            return False
        shape = shape[split:]
    if len(shape) != len(law):
        return False
    for length, letter in zip(shape, law, strict=True):
        if letter.isdigit():
            if length != int(letter):
                return False
        elif letter[0].isdigit():
            whole, rest = divmod(length, int(letter[0]))
            if rest or lengths.setdefault(letter[1:], whole) != whole:
                return False
        elif lengths.setdefault(letter, length) != length:
            return False
    return True


def _check_windows(kernel: str, given: Mapping[str, Any], lengths: Mapping[str, int]) -> None:
    """Every window must overlap the image, and padding must be smaller than the window."""
    size = given["size"] if "size" in given else (lengths["u"], lengths["v"])
    strides, padding = given["strides"], given["padding"]
    for axis, window, stride, before, image, output in zip(
        ("rows", "columns"),
        size,
        strides,
        padding,
        (lengths["h"], lengths["w"]),
        (lengths["p"], lengths["q"]),
        strict=True,
    ):
        last = (output - 1) * stride - before
        if window < 1 or stride < 1 or not 0 <= before < window or last >= image:
            raise ValueError(
                f"{kernel}: {axis}: {output} windows of size {window}, stride {stride}, padding "
                f"{before} before do not fit an image of {image}: need size >= 1, stride >= 1, "
                "0 <= padding < size, and the last window must overlap the image"
            )


def _check_magnification(kernel: str, size: tuple[int, int], lengths: Mapping[str, int]) -> None:
    """The large image must be the small one, a whole number of times as high and wide."""
    for axis, factor, small, large in zip(("rows", "columns"), size, "hw", "pq", strict=True):
        if factor < 1 or lengths[large] != factor * lengths[small]:
            raise ValueError(
                f"{kernel}: {axis}: {lengths[small]} times size {factor} is not {lengths[large]}: "
                "need size >= 1 and size times the small image's length"
            )


def _check_margins(kernel: str, corner: tuple[int, int], lengths: Mapping[str, int]) -> None:
    """The small image must lie inside the large one."""
    for axis, before, small, large in zip(("rows", "columns"), corner, "hw", "pq", strict=True):
        if not 0 <= before <= lengths[large] - lengths[small]:
            raise ValueError(
                f"{kernel}: {axis}: {lengths[small]} from {before} on do not lie inside "
                f"{lengths[large]}"
            )


def _check_permutation(
    kernel: str, axes: tuple[int, ...], y: tuple[int, ...], x: tuple[int, ...]
) -> None:
    """Every axis once, MAXIMUM_RANK of them at most, and y of the shape that follows."""
    if sorted(axes) != list(range(len(x))) or not 0 < len(x) <= MAXIMUM_RANK:
        raise ValueError(
            f"{kernel}: axes {tuple(axes)} must hold each axis of x {x} once; x may have 1 to "
            f"{MAXIMUM_RANK}"
        )
    if y != tuple(x[axis] for axis in axes):
        raise ValueError(f"{kernel}: axes {tuple(axes)} of x {x} do not give y {y}")


def _check_rows(kernel: str, index: Any, rows: int) -> None:
    """Every index must be a row of the table; other memory than NumPy's checks it itself."""
    if isinstance(index, np.ndarray) and (index.min() < 0 or index.max() >= rows):
        wrong = index[(index < 0) | (index >= rows)][0]
        raise ValueError(f"{kernel}: index holds {wrong}, expected 0 to {rows - 1}")
def _check_products(kernel: str, lengths: Mapping[str, Any]) -> None:
    """A length that a law calls "c*m" must be the product of the lengths c and m."""
    for law, length in lengths.items():
        if "*" in law:
            a, b = (lengths[letter] for letter in law.split("*"))
            if a * b != length:
                raise ValueError(f"{kernel}: {law} is {length}, expected {a} * {b} = {a * b}")
