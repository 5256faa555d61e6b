"""Further activations: hard, shrinking and bent ones; in place too."""

from .. import further_formulas as formulas
from ..reference import further_activation as reference
from .loops.maps import mapped

celu_forward = mapped(reference.celu_forward, formulas.celu)
celu_backward = mapped(reference.celu_backward, formulas.celu_gradient)
hard_silu_forward = mapped(reference.hard_silu_forward, formulas.hard_silu)
hard_silu_backward = mapped(reference.hard_silu_backward, formulas.hard_silu_gradient)
hard_tanh_forward = mapped(reference.hard_tanh_forward, formulas.hard_tanh)
hard_tanh_backward = mapped(reference.hard_tanh_backward, formulas.hard_tanh_gradient)
hard_shrink_forward = mapped(reference.hard_shrink_forward, formulas.hard_shrink)
hard_shrink_backward = mapped(reference.hard_shrink_backward, formulas.hard_shrink_gradient)
soft_shrink_forward = mapped(reference.soft_shrink_forward, formulas.soft_shrink)
soft_shrink_backward = mapped(reference.soft_shrink_backward, formulas.soft_shrink_gradient)
tanh_shrink_forward = mapped(reference.tanh_shrink_forward, formulas.tanh_shrink)
tanh_shrink_backward = mapped(reference.tanh_shrink_backward, formulas.tanh_shrink_gradient)
threshold_at_forward = mapped(reference.threshold_at_forward, formulas.threshold_at)
threshold_at_backward = mapped(reference.threshold_at_backward, formulas.threshold_at_gradient)
log_sigmoid_forward = mapped(reference.log_sigmoid_forward, formulas.log_sigmoid)
log_sigmoid_backward = mapped(reference.log_sigmoid_backward, formulas.log_sigmoid_gradient)
sparse_plus_forward = mapped(reference.sparse_plus_forward, formulas.sparse_plus)
sparse_plus_backward = mapped(reference.sparse_plus_backward, formulas.sparse_plus_gradient)
sparse_sigmoid_forward = mapped(reference.sparse_sigmoid_forward, formulas.sparse_sigmoid)
sparse_sigmoid_backward = mapped(
    reference.sparse_sigmoid_backward, formulas.sparse_sigmoid_gradient
)
squareplus_forward = mapped(reference.squareplus_forward, formulas.squareplus)
squareplus_backward = mapped(reference.squareplus_backward, formulas.squareplus_gradient)
