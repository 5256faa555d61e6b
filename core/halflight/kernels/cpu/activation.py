"""Smooth activations; in place too."""

from .. import formulas
from ..reference import activation as reference
from .loops.maps import mapped

gaussian_forward = mapped(reference.gaussian_forward, formulas.gaussian)
gaussian_backward = mapped(reference.gaussian_backward, formulas.gaussian_gradient)
exponential_forward = mapped(reference.exponential_forward, formulas.exponential)
exponential_backward = mapped(reference.exponential_backward, formulas.exponential_gradient)
sigmoid_forward = mapped(reference.sigmoid_forward, formulas.sigmoid)
sigmoid_backward = mapped(reference.sigmoid_backward, formulas.sigmoid_gradient)
tanh_forward = mapped(reference.tanh_forward, formulas.tanh)
tanh_backward = mapped(reference.tanh_backward, formulas.tanh_gradient)
softplus_forward = mapped(reference.softplus_forward, formulas.softplus)
softplus_backward = mapped(reference.softplus_backward, formulas.softplus_gradient)
silu_forward = mapped(reference.silu_forward, formulas.silu)
silu_backward = mapped(reference.silu_backward, formulas.silu_gradient)
gelu_forward = mapped(reference.gelu_forward, formulas.gelu)
gelu_backward = mapped(reference.gelu_backward, formulas.gelu_gradient)
gelu_tanh_forward = mapped(reference.gelu_tanh_forward, formulas.gelu_tanh)
gelu_tanh_backward = mapped(reference.gelu_tanh_backward, formulas.gelu_tanh_gradient)
mish_forward = mapped(reference.mish_forward, formulas.mish)
mish_backward = mapped(reference.mish_backward, formulas.mish_gradient)
softsign_forward = mapped(reference.softsign_forward, formulas.softsign)
softsign_backward = mapped(reference.softsign_backward, formulas.softsign_gradient)
