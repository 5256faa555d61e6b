"""The kernels: every number the network computes, behind one contract for every back end.

`load("reference")` is plain NumPy in float64 and is the definition; `load("cpu")` is the same
contract compiled by Numba in float32 for all cores, and `load("cpu_precise")` the same with direct
sums in every convolution (3 x 3 ones otherwise use Winograd's algorithm: some four times the
rounding error, in less than half the time). `load("cuda")` is compiled by numba.cuda for an NVIDIA
GPU, and `load("cuda_tf32")` the same with the factors of products rounded to TF32 (10 bits of
mantissa instead of 23) for its tensor cores: of dense layers and convolutions with 16 outputs or
more, not of the steps of recurrent layers. Every back end offers every name of the reference with
the same arguments, and its `FLOAT`.

To add a kernel, write one function in a module of reference/, marked `@kernel` with the laws of its
arrays' shapes (contract.py): it now runs on every back end, on the compiled ones by that function,
and says so when it is first called. To make it fast there, add twins: a formula of one number to
formulas.py or loss_formulas.py, and in cpu/ and cuda/ a `mapped` or `of_pairs` of it, or else a
function marked `@twin`. All are found by these marks. The modules of cpu/ and cuda/ are kernels;
what they are made of lies in their folders. tests/halflight/kernels/cases/ wants a case of each.

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
  shapes, before anything is written (contract.py says how each kernel's shapes are given).
- The same arguments give the same bytes, for any number of threads. NaN and infinity propagate;
  where Winograd's algorithm serves, to the whole tile of 4 x 4 pixels that they are part of.
- A back end's calls share scratch memory per calling thread, so one call runs at a time per thread.
- Where `ASYNCHRONOUS`, on a GPU, a call returns before it is done; `to_host` waits for all that was
  called before. Nothing else waits: there, rows of an index outside a table are NaN. A device with
  memory of its own says how much is left: `free_memory`.
- A step of training is `finite` (an array of 1) until something is not; then steps of optimisers
  change nothing, and nobody has to look before the next launch.
"""

from .backend import BACKENDS, Backend, FallbackWarning, definitions, load
from .choice import Choice, choose

__all__ = ["BACKENDS", "Backend", "Choice", "FallbackWarning", "choose", "definitions", "load"]
