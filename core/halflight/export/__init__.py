"""Export: trained models as ONNX files, which other programs can run (needs the package onnx)."""

try:
    import onnx  # noqa: F401  asked for here, so that the answer is one clear line
except ModuleNotFoundError as error:
    if error.name != "onnx":
        raise
    raise ModuleNotFoundError(
        "halflight.export needs the package onnx: pip install '.[onnx]' in a checkout"
    ) from None

from halflight.export.converters import CONVERTERS, INEXPRESSIBLE
from halflight.export.estimator import export_estimator
from halflight.export.export import HIGHEST_OPSET, LOWEST_OPSET, export_onnx

__all__ = [
    "CONVERTERS",
    "HIGHEST_OPSET",
    "INEXPRESSIBLE",
    "LOWEST_OPSET",
    "export_estimator",
    "export_onnx",
]
