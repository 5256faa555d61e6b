"""The back ends that tests go through; the GPU's, or its simulation, has tests of its own."""

from core.kernels import BACKENDS

ON_CPU = tuple(name for name in BACKENDS if name != "cuda")
COMPILED = tuple(name for name in ON_CPU if name != "reference")
