"""The table of optimizers: how each is made, and its steps on one number in plain Python.

The formulas are those of the papers as Keras 3 states them, written here a second time.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import prod, sqrt

from halflight.nn.optimizers import (
    SGD,
    Adadelta,
    Adagrad,
    Adam,
    Adamax,
    AdamW,
    Lion,
    Nadam,
    Optimizer,
    RMSprop,
)

Steps = Iterator[float]


@dataclass(frozen=True)
class Row:
    """An optimizer, the changes of w that it makes for a run of gradients, and its weight decay."""

    make: Callable[..., Optimizer]
    changes: Callable[[Sequence[float]], Steps]
    decay: float = 0.0
    rate: float = 0.1

    def by_hand(self, w: float, gradients: Sequence[float]) -> float:
        """The weight after these gradients; `decay` is of a kernel."""
        for change in self.changes(gradients):
            w = w - self.rate * self.decay * w + change
        return w


def sgd(gradients: Sequence[float]) -> Steps:
    for g in gradients:
        yield -0.1 * g


def momentum(gradients: Sequence[float]) -> Steps:
    velocity = 0.0
    for g in gradients:
        velocity = 0.9 * velocity - 0.1 * g
        yield velocity


def nesterov(gradients: Sequence[float]) -> Steps:
    velocity = 0.0
    for g in gradients:
        velocity = 0.9 * velocity - 0.1 * g
        yield 0.9 * velocity - 0.1 * g


def lion(gradients: Sequence[float]) -> Steps:
    m = 0.0
    for g in gradients:
        c = 0.9 * m + 0.1 * g
        yield -0.1 * ((c > 0) - (c < 0))
        m = 0.99 * m + 0.01 * g


def adagrad(gradients: Sequence[float]) -> Steps:
    total = 0.5
    for g in gradients:
        total += g**2
        yield -0.1 * g / sqrt(total + 1e-7)


def adadelta(gradients: Sequence[float]) -> Steps:
    squares = changes = 0.0
    for g in gradients:
        squares = 0.95 * squares + 0.05 * g**2
        change = -sqrt(changes + 1e-3) / sqrt(squares + 1e-3) * g
        changes = 0.95 * changes + 0.05 * change**2
        yield 0.1 * change


def rmsprop(gradients: Sequence[float]) -> Steps:
    squares = 0.0
    for g in gradients:
        squares = 0.9 * squares + 0.1 * g**2
        yield -0.1 * g / sqrt(squares + 1e-7)


def rmsprop_centered(gradients: Sequence[float]) -> Steps:
    squares = mean = velocity = 0.0
    for g in gradients:
        squares = 0.9 * squares + 0.1 * g**2
        mean = 0.9 * mean + 0.1 * g
        velocity = 0.75 * velocity + 0.1 * g / sqrt(squares - mean**2 + 1e-7)
        yield -velocity


def adam(gradients: Sequence[float]) -> Steps:
    """With the bias corrections of the paper's algorithm 1; epsilon scaled as in Keras."""
    m = v = 0.0
    for t, g in enumerate(gradients, start=1):
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g**2
        m_hat, correction = m / (1 - 0.9**t), sqrt(1 - 0.999**t)
        yield -0.1 * m_hat / ((sqrt(v) + 1e-7) / correction)


def amsgrad(gradients: Sequence[float]) -> Steps:
    m = v = largest = 0.0
    for t, g in enumerate(gradients, start=1):
        m = 0.9 * m + 0.1 * g
        v = 0.5 * v + 0.5 * g**2
        largest = max(largest, v)
        yield -0.1 * sqrt(1 - 0.5**t) / (1 - 0.9**t) * m / (sqrt(largest) + 1e-7)


def adamax(gradients: Sequence[float]) -> Steps:
    m = u = 0.0
    for t, g in enumerate(gradients, start=1):
        m = 0.9 * m + 0.1 * g
        u = max(0.5 * u, abs(g))
        yield -0.1 / (1 - 0.9**t) * m / (u + 1e-7)


def nadam(gradients: Sequence[float]) -> Steps:
    m = v = 0.0
    momenta = [0.9 * (1 - 0.5 * 0.96**t) for t in range(1, len(gradients) + 2)]
    for t, g in enumerate(gradients, start=1):
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g**2
        m_hat = momenta[t] * m / (1 - prod(momenta[: t + 1]))
        m_hat += (1 - momenta[t - 1]) * g / (1 - prod(momenta[:t]))
        yield -0.1 * m_hat / (sqrt(v / (1 - 0.999**t)) + 1e-7)


ROWS = {
    "sgd": Row(lambda **k: SGD(0.1, **k), sgd),
    "sgd decay": Row(lambda **k: SGD(0.1, weight_decay=0.3, **k), sgd, 0.3),
    "momentum": Row(lambda **k: SGD(0.1, 0.9, weight_decay=0.3, **k), momentum, 0.3),
    "nesterov": Row(lambda **k: SGD(0.1, momentum=0.9, nesterov=True, **k), nesterov),
    "lion": Row(lambda **k: Lion(0.1, weight_decay=0.3, **k), lion, 0.3),
    "adagrad": Row(lambda **k: Adagrad(0.1, 0.5, weight_decay=0.3, **k), adagrad, 0.3),
    "adadelta": Row(lambda **k: Adadelta(0.1, epsilon=1e-3, weight_decay=0.3, **k), adadelta, 0.3),
    "rmsprop": Row(lambda **k: RMSprop(0.1, weight_decay=0.3, **k), rmsprop, 0.3),
    "rmsprop centered": Row(
        lambda **k: RMSprop(0.1, momentum=0.75, centered=True, **k), rmsprop_centered
    ),
    "adam": Row(lambda **k: Adam(0.1, **k), adam),
    "adamw": Row(lambda **k: AdamW(0.1, weight_decay=0.3, **k), adam, 0.3),
    "amsgrad": Row(
        lambda **k: Adam(0.1, beta_2=0.5, amsgrad=True, weight_decay=0.3, **k), amsgrad, 0.3
    ),
    "adamax": Row(lambda **k: Adamax(0.1, beta_2=0.5, weight_decay=0.3, **k), adamax, 0.3),
    "nadam": Row(lambda **k: Nadam(0.1, weight_decay=0.3, **k), nadam, 0.3),
}
