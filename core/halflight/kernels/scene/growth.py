"""The growth curve of light round a point."""

import math

from ..cpu.machine.compiler import compiled


@compiled(entry=True)
def light_in_rings(rings, light, x, y, subpixels):
    """Add each pixel's light to the rings round (x, y) that it lies in; rings: (n,) float64.

    light: (rows, columns), each pixel as subpixels^2 smaller ones of equal light. x, y: pixels from
    the middle of pixel (0, 0). A ring is 1 / subpixels wide; what is outside the last is left out.
    """
    share = 1.0 / (subpixels * subpixels)
    middle = 0.5 * (subpixels - 1)
    for row in range(light.shape[0]):
        for column in range(light.shape[1]):
            part = share * light[row, column]
            if part == 0.0:
                continue
            for up in range(subpixels):
                dy = (row - y) * subpixels + (up - middle)
                for right in range(subpixels):
                    dx = (column - x) * subpixels + (right - middle)
                    ring = int(math.sqrt(dx * dx + dy * dy))
                    if ring < len(rings):
                        rings[ring] += part
