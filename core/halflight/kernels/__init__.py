"""The kernels: every number the network computes, behind one contract for every back end.

`load("reference")` is plain NumPy in float64 and is the definition; `load("cpu")` is the same
contract compiled by Numba in float32 for all cores, and `load("cpu_precise")` the same with direct
sums in every convolution (3 x 3 ones otherwise use Winograd's algorithm: some four times the
rounding error, in less than half the time). `load("cuda")` is compiled by numba.cuda for an NVIDIA
GPU, and `load("cuda_tf32")` the same with the factors of products rounded to TF32 (10 bits of
mantissa instead of 23) for its tensor cores: of dense layers and convolutions with 16 outputs or
more, not of the steps of recurrent layers. A back end is a package with the modules listed in
`MODULES`; together they offer every name of the reference with the same arguments, and its `FLOAT`.

The contract:

- Sequences are `(batch, time, features)`; a recurrent kernel with `reverse` reads the last step
  first, and every array keeps its steps where they are in the input.
- Images are NHWC `(batch, height, width, channels)`, volumes NDHWC; convolution weights
  `(kernel height, kernel width, channels in / groups, channels out)`, a depth before them for
  volumes; dense weights `(in, out)`.
- Outputs come first. Nothing is returned and the caller owns all memory; only `empty`, `zeros`,
  `to_device` and `to_host` allocate, and a `Staging` what it needs: one takes batch after batch
  to a device while that computes with the one before.
- Activations and their gradients are assigned (`=`); parameter gradients are added to (`+=`).
- Arrays are C-contiguous, of the back end's `FLOAT`; arrays called `index` are int32.
- `strides` and `dilation` (pixels from tap to tap) are `(rows, columns)`; `padding` is
  `(top, left)`: zeros before the first row and column. The zeros after the last row and column
  follow from the shape of the output. Volumes have planes before rows.
- Elementwise kernels work in place (an output may be one of the inputs); others do not.
- A fused kernel is one more name, whose reference composes the simple kernels that it stands for.
- A wrong shape, dtype or geometry, or an index outside a table, raises ValueError, naming array and
  shapes, before anything is written (`shapes/` holds each kernel's shapes).
- The same arguments give the same bytes, for any number of threads. NaN and infinity propagate;
  where Winograd's algorithm serves, to the whole tile of 4 x 4 pixels that they are part of.
- A back end's calls share scratch memory per calling thread, so one call runs at a time per thread.
- Where `ASYNCHRONOUS`, on a GPU, a call returns before it is done; `to_host` waits for all that was
  called before. Nothing else waits: there, rows of an index outside a table are NaN. A device with
  memory of its own says how much is left: `free_memory`.
- A step of training is `finite` (an array of 1) until something is not; then steps of optimisers
  change nothing, and nobody has to look before the next launch.
"""

import functools
import importlib
import inspect
from types import SimpleNamespace

from .choice import Choice, choose
from .shapes import MODULES

__all__ = ["BACKENDS", "MODULES", "Backend", "Choice", "choose", "load"]

BACKENDS = ("reference", "cpu", "cpu_precise", "cuda", "cuda_tf32")


class Backend(SimpleNamespace):
    """The kernels of one back end by name, with its `FLOAT` and its own `name`."""

    name: str


@functools.cache
def load(name: str) -> Backend:
    """The back end called `name`, imported only when asked for.

    Raises ValueError when there is no such back end, RuntimeError for a GPU's without a usable one.
    """
    if name not in BACKENDS:
        known = ", ".join(repr(backend) for backend in BACKENDS)
        raise ValueError(f"kernels.load: unknown back end {name!r}: choose one of {known}")
    package, _, option = name.partition("_")  # which some kernels have a parameter for
    if package == "cuda":
        importlib.import_module(f"{__name__}.cuda.device").expect_device(option)
    backend = Backend(name=name)
    for module_name in (*MODULES, "staging"):
        module = importlib.import_module(f"{__name__}.{package}.{module_name}")
        for kernel in module.__all__:
            chosen = getattr(module, kernel)
            if option and callable(chosen) and option in inspect.signature(chosen).parameters:
                with_option = functools.partial(chosen, **{option: True})
                chosen = functools.update_wrapper(with_option, chosen)
            setattr(backend, kernel, chosen)
    return backend
