"""Rules of images: where windows and margins lie, and how channels are grouped."""

from collections.abc import Mapping
from typing import Any

# Name of each axis, and the letters of its window, image and output in the laws of shapes.
_AXES = (("planes", "t", "d", "r"), ("rows", "u", "h", "p"), ("columns", "v", "w", "q"))


def check_windows(kernel: str, given: Mapping[str, Any], lengths: Mapping[str, int]) -> None:
    """Every window must overlap the image, and padding must be smaller than the window.

    A dilated window of k taps covers (k - 1) * dilation + 1 pixels.

    Raises:
        ValueError: a window misses the image, or an argument has too few or too many axes.
    """
    axes = [axis for axis in _AXES if axis[2] in lengths]
    pooled = 2 if given.get("pool") else 1  # the windows of 2 x 2 outputs were pooled
    size = given["size"] if "size" in given else [lengths[axis[1]] for axis in axes]
    dilation = given.get("dilation", (1,) * len(axes))
    arguments = {"size": size, "strides": given["strides"], "padding": given["padding"]}
    for name, value in (arguments | {"dilation": dilation}).items():
        if len(value) != len(axes):
            raise ValueError(f"{kernel}: {name} is {value}, expected {len(axes)} integers")
    for (axis, _, image, output), taps, stride, before, apart in zip(
        axes, size, given["strides"], given["padding"], dilation, strict=True
    ):
        window = (taps - 1) * apart + 1
        last = (pooled * lengths[output] - 1) * stride - before
        if min(taps, stride, apart) < 1 or not 0 <= before < window or last >= lengths[image]:
            raise ValueError(
                f"{kernel}: {axis}: {pooled * lengths[output]} windows of size {taps}, dilation "
                f"{apart}, stride {stride}, padding {before} before do not fit an image of "
                f"{lengths[image]}: need size, dilation and stride >= 1, "
                "0 <= padding < (size - 1) * dilation + 1, and the last window must overlap the "
                "image"
            )


def check_pool(kernel: str, given: Mapping[str, Any], lengths: Mapping[str, int]) -> None:
    """Pooled, every second row and column is left; the places are needed to go back.

    Raises:
        ValueError: the lengths differ from that, or `index` is missing.
    """
    pool = given.get("pool", True)
    for small, large in ("ph", "qw"):
        expected = lengths[large] // 2 if pool else lengths[large]
        if lengths[small] != expected:
            raise ValueError(
                f"{kernel}: with pool={pool} an image of {lengths['h']} by {lengths['w']} does not "
                f"give {lengths['p']} by {lengths['q']}"
            )
    if pool and kernel.endswith("backward") and given["index"] is None:
        raise ValueError(f"{kernel}: index is None, expected where each maximum was found")


def check_groups(kernel: str, given: Mapping[str, Any], lengths: Mapping[str, int]) -> None:
    """The groups must share the channels out evenly (those in follow from the weights)."""
    groups, channels = lengths["g"], lengths["o"]
    if groups < 1 or channels % groups:
        raise ValueError(
            f"{kernel}: groups is {groups} for {channels} channels out: need 1 or more groups "
            "that divide the channels"
        )


def check_magnification(kernel: str, given: Mapping[str, Any], lengths: Mapping[str, int]) -> None:
    """The large image must be the small one, a whole number of times as high and wide."""
    for axis, factor, small, large in zip(
        ("rows", "columns"), given["size"], "hw", "pq", strict=True
    ):
        if factor < 1 or lengths[large] != factor * lengths[small]:
            raise ValueError(
                f"{kernel}: {axis}: {lengths[small]} times size {factor} is not {lengths[large]}: "
                "need size >= 1 and size times the small image's length"
            )


def check_margins(kernel: str, given: Mapping[str, Any], lengths: Mapping[str, int]) -> None:
    """The small image must lie inside the large one."""
    corner = (given["top"], given["left"])
    for axis, before, small, large in zip(("rows", "columns"), corner, "hw", "pq", strict=True):
        if not 0 <= before <= lengths[large] - lengths[small]:
            raise ValueError(
                f"{kernel}: {axis}: {lengths[small]} from {before} on do not lie inside "
                f"{lengths[large]}"
            )


def merged_axes(
    small: tuple[int, ...], large: tuple[int, ...]
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Shapes of which one is the other, but for axes of length 1, with neighbours of a kind merged.

    (4, 1, 1, 3) of (4, 5, 6, 3) become (4, 1, 3) and (4, 30, 3). There is at least one axis.
    """
    merged: list[tuple[int, int]] = []
    for n, m in zip(small, large, strict=True):
        if m == 1:
            continue
        if merged and (merged[-1][0] == 1) == (n == 1):
            merged[-1] = merged[-1][0] * n, merged[-1][1] * m
        else:
            merged.append((n, m))
    merged = merged or [(1, 1)]
    return tuple(n for n, _ in merged), tuple(m for _, m in merged)
