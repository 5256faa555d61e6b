"""What the passes of depthwise convolution share: rows of pixels, channels as the inner loop."""

from ..machine.compiler import compiled


@compiled()
def window_columns(start, stride, outputs, pixels):
    """First and last + 1 output q of a row whose pixel start + q * stride lies in the image."""
    begin = max(0, (stride - 1 - start) // stride)
    return begin, max(begin, min(outputs, (pixels - 1 - start) // stride + 1))


@compiled()
def reaching(distance, stride, outputs):
    """The output that is `distance` pixels, a multiple of the stride, from the first; or -1."""
    if distance < 0 or distance % stride != 0 or distance // stride >= outputs:
        return -1
    return distance // stride


@compiled()
def multiply_add(total, a, b):
    """total += a b, for vectors of one length."""
    for c in range(total.size):
        total[c] += a[c] * b[c]


@compiled()
def split(strip, dy):
    """strip (q, m, c) = dy (q, c m)."""
    _, multiplier, channels = strip.shape
    for q in range(len(strip)):
        for k in range(multiplier):
            for c in range(channels):
                strip[q, k, c] = dy[q, c * multiplier + k]
