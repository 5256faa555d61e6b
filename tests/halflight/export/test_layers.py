"""Every layer in ONNX: one file a row of the layers' table, run by onnxruntime."""

import pytest

from halflight.export import CONVERTERS, HIGHEST_OPSET, INEXPRESSIBLE, LOWEST_OPSET, export_onnx
from halflight.nn import Input, Model, layers
from halflight.nn.layers import LAYERS
from tests.halflight.export.comparing import disturb
from tests.halflight.nn.rows import ROWS


def model_of(row) -> Model:
    layer, inputs = row.make(), row.tensors()
    return disturb(Model(inputs, row.call(layer, inputs), seed=4))


def test_every_layer_is_written_or_refused_with_a_reason():
    assert set(CONVERTERS).isdisjoint(INEXPRESSIBLE)
    assert {*CONVERTERS, *INEXPRESSIBLE} == set(LAYERS.values())
    assert all(INEXPRESSIBLE.values())


@pytest.mark.parametrize("opset", [LOWEST_OPSET, HIGHEST_OPSET])
@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_the_runtime_agrees(row, opset, exported, tmp_path):
    model = model_of(row)
    refused = row.refused or INEXPRESSIBLE.get(type(model.layers[0]))
    if refused:
        with pytest.raises(ValueError, match=refused):
            export_onnx(model, tmp_path / "model.onnx", opset=opset)
    else:
        exported(model, opset)


@pytest.mark.parametrize("name", layers.activation.FUNCTIONS)
def test_every_activation(name, exported):
    image = Input((5, 4, 2))
    exported(disturb(Model(image, layers.Conv2D(3, 2, activation=name)(image))))
