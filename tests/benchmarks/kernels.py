"""Speed of the CPU convolutions on the shapes of a small radius network, in GFLOP/s.

Run `python -m tests.benchmarks.kernels`; NUMBA_NUM_THREADS sets the number of threads.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from core import kernels


class Conv(NamedTuple):
    """One convolution: image size, channels in and out, kernel size, stride, zeros before."""

    image: int
    channels_in: int
    channels: int
    size: int
    stride: int
    padding: int


NETWORK = (
    Conv(96, 1, 16, 5, 2, 1),
    Conv(48, 16, 16, 3, 1, 1),
    Conv(24, 16, 32, 3, 1, 1),
    Conv(24, 32, 32, 3, 1, 1),
    Conv(12, 32, 64, 3, 1, 1),
    Conv(12, 64, 64, 3, 1, 1),
    Conv(6, 64, 128, 3, 1, 1),
)


def median_seconds(call: Callable[[], None], repetitions: int) -> float:
    """Median time of a call, after one that compiles and warms up."""
    call()
    times = []
    for _ in range(repetitions):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main() -> None:
    """Print one line for each convolution, and the total over forward and backward passes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--repetitions", type=int, default=15)
    options = parser.parse_args()
    backend = kernels.load("cpu")
    rng = np.random.Generator(np.random.Philox(key=[1, 0]))
    total_work = total_time = 0.0
    print("convolution                         forward    input  weights   GFLOP/s")
    for conv in NETWORK:
        output = -(-conv.image // conv.stride)
        shapes = {
            "x": (options.batch, conv.image, conv.image, conv.channels_in),
            "w": (conv.size, conv.size, conv.channels_in, conv.channels),
            "b": (conv.channels,),
            "y": (options.batch, output, output, conv.channels),
        }
        x, w, b, y = (
            backend.to_device(rng.standard_normal(shape, np.float32)) for shape in shapes.values()
        )
        dx, dw, db = (backend.zeros(shapes[name]) for name in "xwb")
        geometry = ((conv.stride,) * 2, (conv.padding,) * 2, (1, 1), 1)
        calls = (
            lambda y=y, x=x, w=w, b=b, g=geometry: backend.conv2d_forward(y, x, w, b, *g),
            lambda dx=dx, y=y, w=w, g=geometry: backend.conv2d_backward_input(dx, y, w, *g),
            lambda dw=dw, db=db, y=y, x=x, g=geometry: backend.conv2d_backward_weights(
                dw, db, y, x, *g
            ),
        )
        work = 2e-9 * y.size * conv.size**2 * conv.channels_in
        first = conv.channels_in == 1  # its input gradient is never needed
        rates = []
        for i, call in enumerate(calls):
            seconds = median_seconds(call, options.repetitions)
            rates.append(f"{work / seconds:9.1f}")
            if not (first and i == 1):
                total_work += work
                total_time += seconds
        name = (
            f"{conv.size}x{conv.size}/{conv.stride} {conv.channels_in:3d}->{conv.channels:3d}"
            f" {conv.image}x{conv.image} -> {output}x{output}"
        )
        print(f"{name:34s}{''.join(rates)}")
    print(
        f"sum (without the first input gradient): {total_work / total_time:.1f} GFLOP/s, "
        f"{total_time * 1e3:.1f} ms for a batch of {options.batch}"
    )


if __name__ == "__main__":
    main()
