"""The fixture of the export's tests."""

from collections.abc import Callable

import onnx
import pytest

from halflight.export import LOWEST_OPSET
from tests.halflight.export.comparing import check


@pytest.fixture
def exported(tmp_path) -> Callable[..., onnx.ModelProto]:
    """Export a model and compare: exported(model, opset) -> the file's content."""
    return lambda model, opset=LOWEST_OPSET: check(model, tmp_path / "model.onnx", opset)
