"""Compare ONNX files with the models they were made from: export, check, run."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime

from halflight.export import LOWEST_OPSET, export_onnx
from halflight.nn import Model

RELATIVE = 1e-4


def disturb(model: Model) -> Model:
    """Give biases and moving statistics, all that begins as zeros or ones, values that matter."""
    rng = np.random.default_rng(8)
    weights = model.get_weights()
    for name, values in weights.items():
        if not name.endswith("kernel"):
            weights[name] = values + 0.3 * (0.5 + rng.random(values.shape))
    model.set_weights(weights)
    return model


def inputs_of(model: Model, batch: int) -> dict[str, np.ndarray]:
    """Random inputs: normal numbers, indices that every reader accepts, masks with gaps."""
    rng = np.random.default_rng(batch)
    inputs = {}
    for number, (name, tensor) in enumerate(zip(model.input_names, model.inputs, strict=True)):
        shape = (batch, *tensor.shape)
        if tensor.dtype == "int32":
            limit = model.graph.index_limit(number) or 4
            inputs[name] = rng.integers(0, limit, size=shape, dtype=np.int32)
        else:
            inputs[name] = rng.normal(size=shape).astype(np.float32)
            if name == "mask":
                inputs[name] = (inputs[name] < 0.3).astype(np.float32)
    return inputs


def run(path: Path, inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    assert [entry.name for entry in session.get_inputs()] == list(inputs)
    return session.run(None, inputs)


def check(model: Model, path: Path, opset: int = LOWEST_OPSET) -> onnx.ModelProto:
    """Export, let ONNX's checker read the file, run it on batches of 1 and 5, and compare."""
    export_onnx(model, path, opset=opset)
    onnx.checker.check_model(path, full_check=True)
    for batch in (1, 5):
        inputs = inputs_of(model, batch)
        expected = model.predict(inputs)
        expected = expected if isinstance(expected, list) else [expected]
        for truth, received in zip(expected, run(path, inputs), strict=True):
            assert received.shape == truth.shape
            size = np.linalg.norm(truth)
            assert size > 0
            assert np.linalg.norm(received - truth) <= RELATIVE * size
            floor = RELATIVE * size / np.sqrt(truth.size)
            np.testing.assert_allclose(received, truth, rtol=RELATIVE, atol=floor)
    return onnx.load(path)
