"""What a step of each optimiser takes on N1's 11.2 million weights: milliseconds, and GB/s.

`python -m tests.benchmarks.optimizers` runs the kernels of the cpu back end on all threads. GB/s
count every array once for reading and once more where it is written; memory's own rate is in
`python -m tests.benchmarks.machine`.
"""

import statistics
import time

import numpy as np

from halflight import kernels

WEIGHTS, STEPS = 11_226_016, 15
RATE, MEAN, SQUARE, EPSILON = 1e-9, 0.9, 0.99, 1e-7
# Kernel, arrays, arrays written, and the numbers that follow them.
CALLS = (
    ("sgd_step", 3, 2, (RATE, MEAN, True, 0.0)),
    ("lion_step", 3, 2, (RATE, MEAN, SQUARE, 0.0)),
    ("adam_step", 4, 3, (RATE, MEAN, SQUARE, EPSILON, 0.0, 3)),
    ("amsgrad_step", 5, 4, (RATE, MEAN, SQUARE, EPSILON, 0.0, 3)),
    ("adamax_step", 4, 3, (RATE, MEAN, SQUARE, EPSILON, 0.0, 3)),
    ("nadam_step", 4, 3, (RATE, MEAN, MEAN, MEAN, MEAN, SQUARE, EPSILON, 0.0, 3)),
    ("adagrad_step", 3, 2, (RATE, EPSILON, 0.0)),
    ("adadelta_step", 4, 3, (RATE, MEAN, EPSILON, 0.0)),
    ("rmsprop_step", 5, 4, (RATE, MEAN, MEAN, EPSILON, 0.0)),
    ("average_step", 2, 1, (MEAN,)),
    ("clip", 1, 1, (3.0,)),
    ("scale", 1, 1, (1.0,)),
)


def main() -> None:
    """Print a line for each kernel."""
    backend = kernels.load("cpu")
    rng = np.random.Generator(np.random.Philox(key=[17, 0]))
    arrays = [backend.to_device(rng.random(WEIGHTS, np.float32)) for _ in range(5)]
    finite = backend.to_device(np.ones(1))
    for name, read, written, numbers in CALLS:
        kernel, taken = getattr(backend, name), []
        arguments = (*arrays[:read], *([finite] if name.endswith("_step") else []), *numbers)
        kernel(*arguments)  # compiles
        for _ in range(STEPS):
            start = time.perf_counter()
            kernel(*arguments)
            taken.append(time.perf_counter() - start)
        seconds = statistics.median(taken)
        rate = (read + written) * WEIGHTS * 4 / seconds / 1e9
        print(f"{name:14} {1e3 * seconds:6.2f} ms  {rate:5.1f} GB/s")


if __name__ == "__main__":
    main()
