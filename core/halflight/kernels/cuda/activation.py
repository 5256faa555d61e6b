"""Smooth activations; in place too."""

from .. import formulas
from ..reference import activation
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

gaussian_forward = mapped(activation.gaussian_forward, formulas.gaussian)
gaussian_backward = mapped(activation.gaussian_backward, formulas.gaussian_gradient)
exponential_forward = mapped(activation.exponential_forward, formulas.exponential)
exponential_backward = mapped(activation.exponential_backward, formulas.exponential_gradient)
sigmoid_forward = mapped(activation.sigmoid_forward, formulas.sigmoid)
sigmoid_backward = mapped(activation.sigmoid_backward, formulas.sigmoid_gradient)
tanh_forward = mapped(activation.tanh_forward, formulas.tanh)
tanh_backward = mapped(activation.tanh_backward, formulas.tanh_gradient)
softplus_forward = mapped(activation.softplus_forward, formulas.softplus)
softplus_backward = mapped(activation.softplus_backward, formulas.softplus_gradient)
silu_forward = mapped(activation.silu_forward, formulas.silu)
silu_backward = mapped(activation.silu_backward, formulas.silu_gradient)
gelu_forward = mapped(activation.gelu_forward, formulas.gelu)
gelu_backward = mapped(activation.gelu_backward, formulas.gelu_gradient)
gelu_tanh_forward = mapped(activation.gelu_tanh_forward, formulas.gelu_tanh)
gelu_tanh_backward = mapped(activation.gelu_tanh_backward, formulas.gelu_tanh_gradient)
mish_forward = mapped(activation.mish_forward, formulas.mish)
mish_backward = mapped(activation.mish_backward, formulas.mish_gradient)
softsign_forward = mapped(activation.softsign_forward, formulas.softsign)
softsign_backward = mapped(activation.softsign_backward, formulas.softsign_gradient)
