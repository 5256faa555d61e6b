"""The shapes every kernel demands, one file for each module of kernels.

A law is a string of axes. One letter is one length, the same wherever it appears in a kernel;
"..." is any number of axes (the same everywhere in the kernel; "...a" and "...b" may differ), "2t"
twice a length, a digit itself; a "?" at the end allows None instead of an array.
"""

import importlib
from collections.abc import Mapping

__all__ = ["MODULES", "SHAPES"]

MODULES = (
    "arrays",
    "dense",
    "conv",
    "pool",
    "norm",
    "elementwise",
    "merge",
    "layout",
    "upsample",
    "dropout",
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
