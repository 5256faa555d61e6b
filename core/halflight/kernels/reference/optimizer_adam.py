"""Steps of Adam and its kin on flat arrays of parameters (k,), as Keras 3 defines them.

Every step begins with w -= learning_rate weight_decay w (Loshchilov & Hutter 2019, AdamW); then
m and v become running means of g and g^2. `step` counts from 1.
"""

import math

import numpy as np

from ..contract import kernel
from .arrays import Array


@kernel(w="k", g="k", m="k", v="k", finite="1")
def adam_step(
    w: Array,
    g: Array,
    m: Array,
    v: Array,
    finite: Array,
    learning_rate: float,
    beta_1: float,
    beta_2: float,
    epsilon: float,
    weight_decay: float,
    step: int,
) -> None:
    """w -= learning_rate sqrt(1 - beta_2^step) / (1 - beta_1^step) m / (sqrt(v) + epsilon).

    Kingma & Ba 2015, end of section 2.
    """
    if not finite[0]:
        return
    rate = learning_rate * math.sqrt(1.0 - beta_2**step) / (1.0 - beta_1**step)
    w -= learning_rate * weight_decay * w
    m += (1.0 - beta_1) * (g - m)
    v += (1.0 - beta_2) * (g * g - v)
    w -= rate * m / (np.sqrt(v) + epsilon)


@kernel(w="k", g="k", m="k", v="k", v_max="k", finite="1")
def amsgrad_step(
    w: Array,
    g: Array,
    m: Array,
    v: Array,
    v_max: Array,
    finite: Array,
    learning_rate: float,
    beta_1: float,
    beta_2: float,
    epsilon: float,
    weight_decay: float,
    step: int,
) -> None:
    """As `adam_step` with v_max = max(v_max, v) in the place of v. Reddi et al. 2018, algorithm 2.

    As in Keras, Adam's bias correction is kept.
    """
    if not finite[0]:
        return
    rate = learning_rate * math.sqrt(1.0 - beta_2**step) / (1.0 - beta_1**step)
    w -= learning_rate * weight_decay * w
    m += (1.0 - beta_1) * (g - m)
    v += (1.0 - beta_2) * (g * g - v)
    np.maximum(v_max, v, out=v_max)
    w -= rate * m / (np.sqrt(v_max) + epsilon)


@kernel(w="k", g="k", m="k", u="k", finite="1")
def adamax_step(
    w: Array,
    g: Array,
    m: Array,
    u: Array,
    finite: Array,
    learning_rate: float,
    beta_1: float,
    beta_2: float,
    epsilon: float,
    weight_decay: float,
    step: int,
) -> None:
    """u = max(beta_2 u, |g|); w -= learning_rate / (1 - beta_1^step) m / (u + epsilon).

    Kingma & Ba 2015, algorithm 2; epsilon as in Keras.
    """
    if not finite[0]:
        return
    w -= learning_rate * weight_decay * w
    m += (1.0 - beta_1) * (g - m)
    np.maximum(beta_2 * u, np.abs(g), out=u)
    w -= learning_rate / (1.0 - beta_1**step) * m / (u + epsilon)


@kernel(w="k", g="k", m="k", v="k", finite="1")
def nadam_step(
    w: Array,
    g: Array,
    m: Array,
    v: Array,
    finite: Array,
    learning_rate: float,
    momentum: float,
    next_momentum: float,
    momentum_product: float,
    beta_1: float,
    beta_2: float,
    epsilon: float,
    weight_decay: float,
    step: int,
) -> None:
    """w -= learning_rate m_hat / (sqrt(v / (1 - beta_2^step)) + epsilon). Dozat 2016.

    m_hat = next_momentum m / (1 - momentum_product next_momentum)
    + (1 - momentum) g / (1 - momentum_product), where `momentum` is this step's, `next_momentum`
    the next one's and `momentum_product` that of all steps to this one.
    """
    if not finite[0]:
        return
    w -= learning_rate * weight_decay * w
    m += (1.0 - beta_1) * (g - m)
    v += (1.0 - beta_2) * (g * g - v)
    by_mean = next_momentum / (1.0 - momentum_product * next_momentum)
    by_gradient = (1.0 - momentum) / (1.0 - momentum_product)
    deviation = np.sqrt(v / (1.0 - beta_2**step))
    w -= learning_rate * (by_mean * m + by_gradient * g) / (deviation + epsilon)
