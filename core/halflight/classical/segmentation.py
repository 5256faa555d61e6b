"""Which pixels of a stamp belong to its target, and which to neighbours that must be masked."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

DETECTION_THRESHOLD = 3.0  # in units of the noise of the smoothed image
_SMOOTHING_PIXELS = 1.2  # about the seeing: a matched filter for the faintest sources
_MINIMUM_AREA = 5  # pixels
_DEBLEND_SIGNIFICANCE = 5.0  # a peak must rise this many noise sigmas above its saddle ...
_DEBLEND_CONTRAST = 0.05  # ... and this fraction of the saddle's own height
_CENTRE_REACH_PIXELS = 4.0  # how far from the stamp centre the target may be looked for
_PROTECTED_PIXELS = 3.0  # a neighbour's mask never grows closer than this to the target's peak


@dataclass(frozen=True)
class Segmentation:
    """The sources of one stamp.

    labels: (S, S) int32, 0 background, 1, 2, ... one number a source.
    target: the label of the source at the stamp centre, 0 when none is detected there.
    neighbours: (S, S) bool, pixels of the other sources, grown.
    good: (S, S) bool, pixels with a finite image value and a finite, positive sigma.
    background: nmgy a pixel, the level subtracted before detection.
    """

    labels: NDArray[np.int32]
    target: int
    neighbours: NDArray[np.bool_]
    good: NDArray[np.bool_]
    background: float


def good_pixels(image: NDArray[np.floating], sigma: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Pixels that may be used: finite in the image, finite and positive in sigma."""
    return np.isfinite(image) & np.isfinite(sigma) & (sigma > 0.0)


def border_level(image: NDArray[np.floating], usable: NDArray[np.bool_]) -> float:
    """Background of a stamp: 3-sigma-clipped median of the usable pixels in its outer eighth.

    Where the border has fewer than 20 usable pixels all usable pixels serve; with none it is 0.
    """
    width = max(image.shape[0] // 8, 1)
    border = np.ones(image.shape, dtype=bool)
    border[width:-width, width:-width] = False
    values = np.asarray(image[border & usable], dtype=np.float64)
    if values.size < 20:
        values = np.asarray(image[usable], dtype=np.float64)
    if values.size == 0:
        return 0.0
    for _ in range(10):
        median = np.median(values)
        spread = 1.4826 * np.median(np.abs(values - median))
        kept = values[np.abs(values - median) <= 3.0 * spread]
        if kept.size == values.size or kept.size == 0:
            break
        values = kept
    return float(np.median(values))


def segment_stamp(
    image: NDArray[np.floating],
    sigma: NDArray[np.floating],
    *,
    detection_threshold: float = DETECTION_THRESHOLD,
    grow_pixels: int = 3,
) -> Segmentation:
    """Detect, deblend and label the sources of one stamp, in the manner of SExtractor.

    image, sigma: (S, S) nmgy; a bad pixel is NaN in image or not finite in sigma.
    detection_threshold: in units of the noise of the smoothed image.
    grow_pixels: by how much the masks of the neighbours are dilated.

    Every detected pixel climbs to a peak of the smoothed image; the basins of peaks that hardly
    rise above the saddle to a higher one are merged with it (Bertin & Arnouts 1996, section 4,
    asks the same of the branches of its tree). Raises ValueError when the shapes differ.
    """
    if image.ndim != 2 or image.shape[0] != image.shape[1] or image.shape != sigma.shape:
        raise ValueError(
            f"image and sigma must be square and alike, got {image.shape} and {sigma.shape}"
        )
    good = good_pixels(image, sigma)
    background = border_level(image, good)
    smooth, noise = _smooth(image, sigma, good, background)
    detected = good & (smooth > detection_threshold * noise)
    labels = _deblend(smooth, noise, detected)
    areas = np.bincount(labels.ravel())
    labels[(areas < _MINIMUM_AREA)[labels]] = 0
    target = _label_at_centre(labels)
    others = (labels > 0) & (labels != target)
    neighbours = others
    if grow_pixels > 0 and others.any():
        neighbours = ndimage.binary_dilation(others, iterations=grow_pixels)
        if target:
            peak = np.argmax(np.where(labels == target, smooth, -np.inf))
            row, column = np.unravel_index(peak, labels.shape)
            rows, columns = np.indices(labels.shape)
            near = np.hypot(rows - row, columns - column) < _PROTECTED_PIXELS
            neighbours &= ~(near & (labels == target))
    return Segmentation(labels, target, neighbours, good, background)


def _smooth(
    image: NDArray[np.floating],
    sigma: NDArray[np.floating],
    good: NDArray[np.bool_],
    background: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The image convolved with a Gaussian, bad pixels left out, and its noise a pixel."""
    coverage = ndimage.gaussian_filter(good.astype(np.float64), _SMOOTHING_PIXELS)
    coverage = np.maximum(coverage, 1e-3)
    filled = np.where(good, image - background, 0.0).astype(np.float64)
    variance = np.where(good, sigma, 0.0).astype(np.float64) ** 2
    smooth = ndimage.gaussian_filter(filled, _SMOOTHING_PIXELS) / coverage
    variance = ndimage.gaussian_filter(variance, _SMOOTHING_PIXELS) / coverage
    # White noise through a Gaussian of width s: variance falls by 4 pi s^2.
    return smooth, np.sqrt(variance / (4.0 * np.pi * _SMOOTHING_PIXELS**2))


def _deblend(
    smooth: NDArray[np.float64], noise: NDArray[np.float64], detected: NDArray[np.bool_]
) -> NDArray[np.int32]:
    """Label the detected pixels by the peak they climb to, weak peaks merged into stronger ones."""
    height = np.where(detected, smooth, -np.inf)
    basin = _climb(height)
    saddles = _saddles(height, basin)
    parent = {int(peak): int(peak) for peak in np.unique(basin[detected])}

    def root(peak: int) -> int:
        while parent[peak] != peak:
            peak = parent[peak]
        return peak

    flat_height, flat_noise = height.ravel(), noise.ravel()
    for saddle, first, second in saddles:  # from the highest saddle down
        high, low = root(first), root(second)
        if high == low:
            continue
        if flat_height[high] < flat_height[low]:
            high, low = low, high
        needed = max(_DEBLEND_SIGNIFICANCE * flat_noise[low], _DEBLEND_CONTRAST * saddle)
        if flat_height[low] - saddle < needed:
            parent[low] = high
    roots = sorted({root(peak) for peak in parent})
    number = {peak: i + 1 for i, peak in enumerate(roots)}
    label_of_pixel = np.zeros(height.size, dtype=np.int32)
    for peak in parent:
        label_of_pixel[peak] = number[root(peak)]
    return np.asarray(np.where(detected, label_of_pixel[basin], 0), dtype=np.int32)


def _climb(height: NDArray[np.float64]) -> NDArray[np.int64]:
    """For every pixel the flat index of the local maximum that steepest ascent leads to."""
    rows, columns = height.shape
    padded = np.pad(height, 1, constant_values=-np.inf)
    index = np.arange(height.size).reshape(height.shape)
    best, target = height.copy(), index.copy()
    for dr in (-1, 0, 1):
        for dc in (-1, 0, 1):
            shifted = padded[1 + dr : 1 + dr + rows, 1 + dc : 1 + dc + columns]
            higher = shifted > best
            best[higher] = shifted[higher]
            target[higher] = (index + dr * columns + dc)[higher]
    pointer = target.ravel()
    while True:  # pointer doubling: as many rounds as the logarithm of the longest path
        following = pointer[pointer]
        if np.array_equal(following, pointer):
            return pointer.reshape(height.shape)
        pointer = following


def _saddles(height: NDArray[np.float64], basin: NDArray[np.int64]) -> list[tuple[float, int, int]]:
    """The highest pass between each two touching basins, highest first: (height, peak, peak)."""
    highest: dict[tuple[int, int], float] = {}
    rows, columns = height.shape
    for dr, dc in ((0, 1), (1, 0), (1, 1), (1, -1)):
        here = (slice(0, rows - dr), slice(max(-dc, 0), columns - max(dc, 0)))
        there = (slice(dr, rows), slice(max(dc, 0), columns + min(dc, 0)))
        level = np.minimum(height[here], height[there])
        across = (basin[here] != basin[there]) & np.isfinite(level)
        for value, a, b in zip(
            level[across].tolist(),
            basin[here][across].tolist(),
            basin[there][across].tolist(),
            strict=True,
        ):
            pair = (min(a, b), max(a, b))
            highest[pair] = max(value, highest.get(pair, -np.inf))
    passes = [(value, first, second) for (first, second), value in highest.items()]
    return sorted(passes, key=lambda entry: (-entry[0], entry[1], entry[2]))


def _label_at_centre(labels: NDArray[np.int32]) -> int:
    """The label at the stamp centre, or of the nearest source within reach; 0 without one."""
    size = labels.shape[0]
    rows, columns = np.indices(labels.shape)
    distance = np.hypot(rows - (size / 2.0 - 0.5), columns - (size / 2.0 - 0.5))
    distance[labels == 0] = np.inf
    nearest = int(np.argmin(distance))
    if distance.ravel()[nearest] > _CENTRE_REACH_PIXELS:
        return 0
    return int(labels.ravel()[nearest])
