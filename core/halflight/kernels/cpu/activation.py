"""Smooth activations; in place too."""

from .. import formulas
from ..contract import checked
from .arrays import FLOAT, Array
from .maps import mapped

__all__ = [
    "exponential_backward",
    "exponential_forward",
    "gaussian_backward",
    "gaussian_forward",
    "gelu_backward",
    "gelu_forward",
    "gelu_tanh_backward",
    "gelu_tanh_forward",
    "mish_backward",
    "mish_forward",
    "sigmoid_backward",
    "sigmoid_forward",
    "silu_backward",
    "silu_forward",
    "softplus_backward",
    "softplus_forward",
    "softsign_backward",
    "softsign_forward",
    "tanh_backward",
    "tanh_forward",
]

_gaussian = mapped(formulas.gaussian)
_gaussian_gradient = mapped(formulas.gaussian_gradient)
_exponential = mapped(formulas.exponential)
_exponential_gradient = mapped(formulas.exponential_gradient)
_sigmoid = mapped(formulas.sigmoid)
_sigmoid_gradient = mapped(formulas.sigmoid_gradient)
_tanh = mapped(formulas.tanh)
_tanh_gradient = mapped(formulas.tanh_gradient)
_softplus = mapped(formulas.softplus)
_softplus_gradient = mapped(formulas.softplus_gradient)
_silu = mapped(formulas.silu)
_silu_gradient = mapped(formulas.silu_gradient)
_gelu = mapped(formulas.gelu)
_gelu_gradient = mapped(formulas.gelu_gradient)
_gelu_tanh = mapped(formulas.gelu_tanh)
_gelu_tanh_gradient = mapped(formulas.gelu_tanh_gradient)
_mish = mapped(formulas.mish)
_mish_gradient = mapped(formulas.mish_gradient)
_softsign = mapped(formulas.softsign)
_softsign_gradient = mapped(formulas.softsign_gradient)


@checked(FLOAT)
def gaussian_forward(y: Array, x: Array) -> None:
    """y = exp(-x^2)."""
    _gaussian(y, x)


@checked(FLOAT)
def gaussian_backward(dx: Array, dy: Array, x: Array) -> None:
    """dx = -2 x exp(-x^2) dy: takes the input x, not the output."""
    _gaussian_gradient(dx, dy, x)


@checked(FLOAT)
def exponential_forward(y: Array, x: Array) -> None:
    """y = exp(x)."""
    _exponential(y, x)


@checked(FLOAT)
def exponential_backward(dx: Array, dy: Array, y: Array) -> None:
    """dx = dy y."""
    _exponential_gradient(dx, dy, y)


@checked(FLOAT)
def sigmoid_forward(y: Array, x: Array) -> None:
    """y = 1 / (1 + exp(-x))."""
    _sigmoid(y, x)


@checked(FLOAT)
def sigmoid_backward(dx: Array, dy: Array, y: Array) -> None:
    """dx = dy y (1 - y)."""
    _sigmoid_gradient(dx, dy, y)


@checked(FLOAT)
def tanh_forward(y: Array, x: Array) -> None:
    """y = tanh(x)."""
    _tanh(y, x)


@checked(FLOAT)
def tanh_backward(dx: Array, dy: Array, y: Array) -> None:
    """dx = dy (1 - y^2)."""
    _tanh_gradient(dx, dy, y)


@checked(FLOAT)
def softplus_forward(y: Array, x: Array) -> None:
    """y = log(1 + exp(x))."""
    _softplus(y, x)


@checked(FLOAT)
def softplus_backward(dx: Array, dy: Array, x: Array) -> None:
    """dx = dy sigmoid(x): takes the input x, not the output."""
    _softplus_gradient(dx, dy, x)


@checked(FLOAT)
def silu_forward(y: Array, x: Array) -> None:
    """y = x sigmoid(x) (Elfwing et al. 2018, eq. 6)."""
    _silu(y, x)


@checked(FLOAT)
def silu_backward(dx: Array, dy: Array, x: Array) -> None:
    """dx = dy (s + x s (1 - s)), s = sigmoid(x): takes the input x, not the output."""
    _silu_gradient(dx, dy, x)


@checked(FLOAT)
def gelu_forward(y: Array, x: Array) -> None:
    """y = x P(normal < x) = x (1 + erf(x / sqrt 2)) / 2 (Hendrycks & Gimpel 2016, section 2)."""
    _gelu(y, x)


@checked(FLOAT)
def gelu_backward(dx: Array, dy: Array, x: Array) -> None:
    """dx = dy (P(normal < x) + x exp(-x^2 / 2) / sqrt(2 pi)): takes the input x."""
    _gelu_gradient(dx, dy, x)


@checked(FLOAT)
def gelu_tanh_forward(y: Array, x: Array) -> None:
    """y = x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2 (the same, approximated)."""
    _gelu_tanh(y, x)


@checked(FLOAT)
def gelu_tanh_backward(dx: Array, dy: Array, x: Array) -> None:
    """Gradient of gelu_tanh_forward by the product rule: takes the input x."""
    _gelu_tanh_gradient(dx, dy, x)


@checked(FLOAT)
def mish_forward(y: Array, x: Array) -> None:
    """y = x tanh(softplus(x)) (Misra 2020, eq. 1)."""
    _mish(y, x)


@checked(FLOAT)
def mish_backward(dx: Array, dy: Array, x: Array) -> None:
    """dx = dy (t + x (1 - t^2) sigmoid(x)), t = tanh(softplus(x)): takes the input x."""
    _mish_gradient(dx, dy, x)


@checked(FLOAT)
def softsign_forward(y: Array, x: Array) -> None:
    """y = x / (1 + |x|)."""
    _softsign(y, x)


@checked(FLOAT)
def softsign_backward(dx: Array, dy: Array, y: Array) -> None:
    """dx = dy (1 - |y|)^2."""
    _softsign_gradient(dx, dy, y)
