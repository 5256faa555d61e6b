"""The table of layers: a row a layer and notable configuration, one file a module of layers."""

import importlib

from tests.core.nn.rows.row import Row

FILES = (
    "activation",
    "convolution",
    "dense",
    "global_pooling",
    "merging",
    "normalization",
    "pooling",
    "recurrent",
    "regularization",
    "reshaping",
    "resizing",
    "wrappers",
)

ROWS: dict[str, Row] = {
    name: row
    for file in FILES
    for name, row in importlib.import_module(f"{__name__}.{file}").ROWS.items()
}
