"""Optimizers: the first-order methods of Keras 3, under its names."""

from halflight.nn.optimizers.adagrad import Adadelta, Adagrad, RMSprop
from halflight.nn.optimizers.adam import Adam, Adamax, AdamW, Nadam
from halflight.nn.optimizers.optimizer import Optimizer
from halflight.nn.optimizers.sgd import SGD, Lion
from halflight.nn.registry import Registry

OPTIMIZERS = Registry[Optimizer]("optimizer", Optimizer, str.lower)
OPTIMIZERS.collect(globals())
"""Every optimizer, by its name in lower case, that a saved model may name."""
get = OPTIMIZERS.make
