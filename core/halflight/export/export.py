"""export_onnx: one model becomes one ONNX file."""

import os
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import onnx
from onnx import ModelProto, TensorProto, helper, numpy_helper

from halflight import __version__
from halflight.export.converters import CONVERTERS, INEXPRESSIBLE
from halflight.export.transposes import without_idle_transposes
from halflight.export.wrapping import Wrapping
from halflight.export.writer import Host, Step, Value, Writer
from halflight.files import write_bytes
from halflight.nn import Model

LOWEST_OPSET = 17
HIGHEST_OPSET = 22
"""The newest that onnx 1.17 knows; every layer is tested with both."""

# A protobuf message ends at 2 GiB; names and the graph get what is left.
_LARGEST = 2**31 - 2**26
_TYPES = {"float32": TensorProto.FLOAT, "int32": TensorProto.INT32}


def export_onnx(
    model: Model,
    path: str | os.PathLike[str],
    *,
    opset: int = LOWEST_OPSET,
    wrapping: Wrapping | None = None,
) -> None:
    """Write the model as an ONNX file, whole or not at all; equal models give equal bytes.

    The graph computes what `model.predict` does, in float32: dropout and noise are gone. Inputs and
    outputs have the model's names and shapes, channels last, after an axis "batch" of any length.

    Args:
        model: compiled or not.
        path: of the file, mostly *.onnx; an old file is replaced.
        opset: version of ONNX's operators, 17 to 22.
        wrapping: what stands before and behind the network; None: nothing.

    Raises:
        ValueError: another opset; a layer or weight that ONNX cannot express (the message names
            it); a name that is both an input's and an output's; weights of 2 GiB or more.
    """
    proto = _proto(model, opset, wrapping or Wrapping())
    write_bytes(path, proto.SerializeToString(deterministic=True))


def _proto(model: Model, opset: int, wrapping: Wrapping) -> ModelProto:
    """Return the model as ONNX's own checker accepts it."""
    if type(opset) is not int or not LOWEST_OPSET <= opset <= HIGHEST_OPSET:
        raise ValueError(
            f"export_onnx: opset must be an integer of {LOWEST_OPSET} to {HIGHEST_OPSET}, "
            f"received {opset!r}"
        )
    if model.graph.varies:
        raise ValueError(
            "export_onnx: lengths that vary cannot be written: build the model with whole numbers "
            f"in the place of None, received inputs of the shapes {model.input_shapes}"
        )
    names = [*model.input_names, *wrapping.inputs, *model.output_names]
    for name in names:
        if not name or names.count(name) > 1:
            raise ValueError(
                "export_onnx: inputs and outputs need names of their own, received "
                f"inputs {model.input_names} and outputs {model.output_names}"
            )
    for name, values in model.get_weights().items():
        if not (np.abs(values) <= np.finfo(np.float32).max).all():
            raise ValueError(
                f"export_onnx: the weight {name!r} holds NaN or values beyond float32's range"
            )
    writer = Writer(CONVERTERS, INEXPRESSIBLE, model.kernels.to_host, taken=names)
    shapes = zip(model.input_names, model.input_shapes, strict=True)
    read = wrapping.before(writer, [Value(name, shape) for name, shape in shapes])
    written = wrapping.behind(writer, _write(model, writer, read))
    outputs = {name: value.name for name, value in written.items()}
    steps = _needed(writer.steps, outputs.values())
    steps = without_idle_transposes(steps, outputs, writer.constants)
    used = {name for step in steps for name in step.inputs}
    constants = {name: array for name, array in writer.constants.items() if name in used}
    size = sum(array.nbytes for array in constants.values())
    if size > _LARGEST:
        raise ValueError(
            f"export_onnx: the weights take {size} bytes, but an ONNX file holds less than 2 GiB: "
            "export a smaller model"
        )
    proto = _assemble(model, wrapping, written, steps, constants, opset)
    helper.set_model_props(proto, dict(wrapping.metadata))
    onnx.checker.check_model(proto, full_check=True)
    return proto


def _write(model: Model, writer: Writer, inputs: Sequence[Value]) -> dict[str, Value]:
    """Write the layers one call after the other; return what each output is to hold."""
    graph = model.graph
    values = list(inputs)
    for node in graph.nodes:
        shape = graph.shapes[node.output]
        values.append(Value(writer.convert(node.layer, node.reads(values), shape), shape))
    return {
        name: values[number] for name, number in zip(model.output_names, graph.outputs, strict=True)
    }


def _needed(steps: Sequence[Step], outputs: Iterable[str]) -> list[Step]:
    """Return the steps that the outputs depend on: not what only training reads."""
    wanted, kept = set(outputs), []
    for step in reversed(steps):
        if wanted.intersection(step.outputs):
            wanted.update(step.inputs)
            kept.append(step)
    return kept[::-1]


def _assemble(
    model: Model,
    wrapping: Wrapping,
    written: Mapping[str, Value],
    steps: Sequence[Step],
    constants: Mapping[str, Host],
    opset: int,
) -> ModelProto:
    """Return ONNX's messages; nothing in them depends on time or place."""
    inputs = [
        helper.make_tensor_value_info(name, _TYPES[tensor.dtype], ["batch", *tensor.shape])
        for name, tensor in zip(model.input_names, model.inputs, strict=True)
    ]
    inputs += [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", *shape])
        for name, shape in wrapping.inputs.items()
    ]
    outputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", *value.shape])
        for name, value in written.items()
    ]
    nodes = [
        helper.make_node(
            step.kind, step.inputs, step.outputs, name=step.outputs[0], **step.attributes
        )
        for step in steps
    ]
    tensors = [numpy_helper.from_array(array, name) for name, array in constants.items()]
    versions = [helper.make_opsetid("", opset)]
    return helper.make_model(
        helper.make_graph(nodes, "halflight", inputs, outputs, initializer=tensors),
        producer_name="halflight",
        producer_version=__version__,
        opset_imports=versions,
        ir_version=helper.find_min_ir_version_for(versions),
    )
