"""The shapes every kernel demands, one file for each module of kernels.

A law is a string of axes. One letter is one length, the same wherever it appears in a kernel;
"..." is any number of axes (the same everywhere in the kernel; "...a" and "...b" may differ), "2t"
twice a length (any digit), a digit itself, "c*m" a product of lengths; a "?" at the end allows None
instead of an array. The letter g is the argument `groups`, where there is one.
"""

import importlib
from collections.abc import Mapping

__all__ = ["MODULES", "SHAPES"]

MODULES = (
    "arrays",
    "dense",
    "bias",
    "conv",
    "depthwise",
    "pool",
    "norm",
    "fused",
    "fused_norm",
    "layer_norm",
    "group_norm",
    "response_norm",
    "merge",
    "layout",
    "upsample",
    "augment",
    "sequence",
    "simple_rnn",
    "lstm",
    "gru",
    "embedding",
    "rectifier",
    "activation",
    "softmax",
    "dropout",
    "noise",
    "loss",
    "crossentropy",
    "sparse_crossentropy",
    "focal",
    "margin",
    "distribution",
    "optimizer",
    "optimizer_adagrad",
    "optimizer_adam",
    "penalty",
    "reduce",
)

SHAPES: Mapping[str, Mapping[str, str]] = {
    kernel: laws
    for module in MODULES
    for kernel, laws in importlib.import_module(f"{__name__}.{module}").SHAPES.items()
}
