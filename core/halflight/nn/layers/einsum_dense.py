"""EinsumDense: a dense layer over the axes that an equation names."""

import math
from dataclasses import dataclass

from halflight.nn.arrays import Array, Scratch, Shape, Weight
from halflight.nn.checks import check
from halflight.nn.layers.axes import SIZES_OR_NONE
from halflight.nn.layers.weighted import Weighted

_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LARGEST_RANK = 6  # of the permute kernel


@dataclass(eq=False)
class EinsumDense(Weighted):
    """y = activation(einsum(equation, x, kernel) + bias): "abc,cd->abd" is Dense on sequences.

    The first axis of x is the batch, and the first of y; "..." stands for any axes of both.
    `output_shape` is y's without the batch (None where x says it). Letters of x and the kernel
    alone are summed over; those of x, kernel and y have a kernel each. `bias_axes` are letters of
    y; without them there is no bias.
    """

    equation: str
    output_shape: int | tuple[int | None, ...]
    activation: str | None = None
    bias_axes: str | None = None

    def check(self) -> None:
        """Require an equation of one batch and known names."""
        check(self, SIZES_OR_NONE, "output_shape")
        left, arrow, out = str(self.equation).replace(" ", "").partition("->")
        x, comma, w = left.partition(",")
        sides = (x.replace("...", ""), w, out.replace("...", ""))
        letters = [side for side in sides if side.isalpha() and len(set(side)) == len(side)]
        if not arrow or not comma or len(letters) != 3 or ("..." in x) != ("..." in out):
            raise self.error('equation must be such as "abc,cd->abd"', self.equation)
        if x[0] != out[0] or x[0] in w:
            raise self.error("equation must begin with the batch in x and y alone", self.equation)
        if any("".join(sides).count(letter) < 2 for letter in "".join(sides)):
            raise self.error("equation must not have a letter once", self.equation)
        beyond = set(sides[2] if x[0] == "." else sides[2][1:])  # the batch
        if self.bias_axes is not None and (
            not isinstance(self.bias_axes, str)
            or not self.bias_axes
            or not set(self.bias_axes) <= beyond
        ):
            raise self.error("bias_axes must be letters of y, not the batch", self.bias_axes)
        self._sides = x, w, out
        self.use_bias = self.bias_axes is not None
        self.check_weights()

    def build(self, shape: Shape) -> Shape:
        """Declare kernel and bias, and room for what is permuted."""
        x, w, out = self._spelt(len(shape) + 1)
        self.spelt = f"{x},{w}->{out}"
        known = dict(zip(x[1:], shape, strict=True))
        given = self.output_shape if isinstance(self.output_shape, tuple) else (self.output_shape,)
        missing = len(out) - 1 - len(given)
        for letter, length in zip(out[1:], (None,) * missing + given, strict=True):
            if length is not None and known.setdefault(letter, length) != length:
                raise self.error(f"output_shape must have {known[letter]} for {letter!r}", given)
        if missing < 0 or any(letter not in known for letter in (*w, *out[1:])):
            raise self.error(f"output_shape must say the lengths of {out[1:]!r}", given)
        shared = [c for c in x if c in w and c in out]
        kept = [c for c in x if c in out and c not in w]
        summed = [c for c in x if c in w and c not in out]
        new = [c for c in w if c not in x]
        if max(len(x), len(out), len(w)) > _LARGEST_RANK:
            raise self.error(f"equation may have {_LARGEST_RANK} letters a side", self.equation)
        self.size = {
            name: math.prod(known[c] for c in group if c != x[0])
            for name, group in (("k", kept), ("s", shared), ("c", summed), ("n", new))
        }
        self.batch, self.lengths = x[0], known
        self.x = self._turn("x", x, [*shared, *kept, *summed])
        self.w = self._turn("kernel", w, [*shared, *summed, *new], per_sample=False)
        self.y = self._turn("y", out, [*shared, *kept, *new])
        self.kernel = self.build_kernel("kernel", tuple(known[c] for c in w))
        self.kernel_slopes = self.scratch("kernel slopes", self.kernel.shape, per_sample=False)
        self.ordered_slopes = self.scratch("ordered slopes", self.kernel.shape, per_sample=False)
        self.bias: Weight | None = None
        output = tuple(known[c] for c in out[1:])
        if self.bias_axes is not None:
            first = min(out.index(c) for c in self.bias_axes)
            bias = tuple(known[c] if c in self.bias_axes else 1 for c in out[first:])
            self.bias = self.build_weight("bias", "bias", bias, decay=False)
            self.full_bias = self.scratch("bias", output)
            self.bias_sums = self.scratch("bias sums", bias, per_sample=False)
        self.build_activation(output)
        return output

    def forward(self, y: Array, x: Array, training: bool) -> None:
        """Write y."""
        before = self.before(y)
        a, b = self._input(x), self._kernel()
        self.kernels.multiply_matrices(self._outputs_of(before), a, b)
        self.y.back(self, before)
        if self.bias is not None:
            full = self.full_bias.value
            self.kernels.broadcast_to(full, self._ranked(self.bias.value, full))
            self.kernels.accumulate(before, full)
        self.activate(y)

    def backward(self, dx: Array, dy: Array, x: Array, y: Array) -> None:
        """Write dx; add to the gradients of kernel and bias."""
        self.deactivate(dy, y)
        slopes = self.y.ordered(self, dy)
        rows = dy.shape[0] * self.size["k"]
        slopes = slopes.reshape((self.size["s"], rows, self.size["n"]))
        if self.trainable:
            if self.bias is not None:
                sums = self.bias_sums.value
                self.kernels.sum_to(self._ranked(sums, dy), dy)
                self.kernels.accumulate(self.bias.grad, sums)
            ordered = self.ordered_slopes.value
            target = ordered.reshape((self.size["s"], self.size["c"], self.size["n"]))
            self.kernels.multiply_matrices(target, self._input(x), slopes, True, False)
            natural = self.w.restored(self, ordered, self.kernel_slopes.value)
            self.kernels.accumulate(self.kernel.grad, natural)
        if dx is not None:
            place = self.x.room(dx).reshape((self.size["s"], rows, self.size["c"]))
            self.kernels.multiply_matrices(place, slopes, self._kernel(), False, True)
            self.x.back(self, dx)

    def flops(self, shape: Shape, output_shape: Shape) -> int:
        """Two operations a product, one a bias."""
        return math.prod(output_shape) * (2 * self.size["c"] + (self.bias is not None))

    def _spelt(self, rank: int) -> tuple[str, str, str]:
        """Return the equation's sides with letters for "..."."""
        x, w, out = self._sides
        if "..." in x:
            free = [c for c in _LETTERS if c not in x + w + out]
            count = rank - len(x.replace("...", ""))
            dots = "".join(free[: max(count, 0)])
            x, out = x.replace("...", dots), out.replace("...", dots)
        if len(x) != rank:
            raise self.error(f"equation {self.equation!r} needs {len(x)} axes, the batch one", rank)
        return x, w, out

    def _turn(
        self, name: str, letters: str, order: list[str], *, per_sample: bool = True
    ) -> "_Turn":
        axes = tuple(letters.index(c) for c in order)
        moved = axes != tuple(range(len(letters)))
        scratch = None
        if moved:
            lengths = tuple(self.lengths[c] for c in order if c != self.batch)
            scratch = self.scratch(f"ordered {name}", lengths, per_sample=per_sample)
        return _Turn(axes, scratch)

    def _input(self, x: Array) -> Array:
        rows = x.shape[0] * self.size["k"]
        return self.x.ordered(self, x).reshape((self.size["s"], rows, self.size["c"]))

    def _kernel(self) -> Array:
        ordered = self.w.ordered(self, self.kernel.value)
        return ordered.reshape((self.size["s"], self.size["c"], self.size["n"]))

    def _outputs_of(self, y: Array) -> Array:
        rows = y.shape[0] * self.size["k"]
        return self.y.room(y).reshape((self.size["s"], rows, self.size["n"]))

    def _ranked(self, bias: Array, full: Array) -> Array:
        return bias.reshape((*[1] * (full.ndim - bias.ndim), *bias.shape))


@dataclass
class _Turn:
    """An array with its axes in another order, in scratch; None where the order is its own."""

    axes: tuple[int, ...]
    scratch: Scratch | None

    def ordered(self, layer: EinsumDense, array: Array) -> Array:
        """Return the array in that order."""
        if self.scratch is None:
            return array
        target = self.room(array)
        layer.kernels.permute(target, array, self.axes)
        return target

    def room(self, array: Array) -> Array:
        """Return where the array is written in that order; `back` follows."""
        if self.scratch is None:
            return array
        return self.scratch.value.reshape(tuple(array.shape[axis] for axis in self.axes))

    def back(self, layer: EinsumDense, array: Array) -> None:
        """Write the array from what lies in `room`."""
        if self.scratch is not None:
            layer.kernels.permute(array, self.room(array), self._inverse)

    def restored(self, layer: EinsumDense, ordered: Array, target: Array) -> Array:
        """Return what is in that order in the array's own, written to `target` if they differ."""
        if self.scratch is None:
            return ordered
        source = ordered.reshape(tuple(target.shape[axis] for axis in self.axes))
        layer.kernels.permute(target, source, self._inverse)
        return target

    @property
    def _inverse(self) -> tuple[int, ...]:
        return tuple(self.axes.index(axis) for axis in range(len(self.axes)))
