"""The table of layers: a row a layer and notable configuration, one file a module of layers."""

import importlib

from tests.halflight.nn.rows.row import Row

FILES = (
    "activation",
    "activation_layers",
    "attention",
    "augmentation",
    "convolution",
    "dense",
    "global_pooling",
    "merging",
    "noise",
    "normalization",
    "pooling",
    "recurrent",
    "regularization",
    "reshaping",
    "resizing",
    "wrappers",
    "sample_normalization",
)

ROWS: dict[str, Row] = {
    name: row
    for file in FILES
    for name, row in importlib.import_module(f"{__name__}.{file}").ROWS.items()
}
