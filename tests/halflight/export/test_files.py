"""The ONNX file itself: whole or absent, the same bytes each time, clear errors, command line."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import pytest

from halflight.export import HIGHEST_OPSET, export, export_onnx
from halflight.nn import Input, Model, layers
from tests.halflight.export.comparing import check, disturb


def small_model(units=3):
    image = Input((6, 6, 1), name="image")
    x = layers.Flatten()(layers.Conv2D(2, 3, activation="relu", name="conv")(image))
    return Model(image, layers.Dense(units, name="head")(x), seed=1)


@dataclass(eq=False)
class Cubed(layers.Dense):
    """A class that the export has never heard of."""


def stranger():
    x = Input((3,))
    return Model(x, Cubed(2, name="mine")(x))


def test_the_same_model_gives_the_same_bytes(tmp_path):
    export_onnx(small_model(), tmp_path / "a.onnx")
    export_onnx(small_model(), tmp_path / "b.onnx")
    assert (tmp_path / "a.onnx").read_bytes() == (tmp_path / "b.onnx").read_bytes()


def test_lengths_that_vary_are_refused(tmp_path):
    x = Input((None, 2))
    with pytest.raises(ValueError, match="build the model with whole numbers"):
        export_onnx(Model(x, layers.LSTM(2)(x)), tmp_path / "a.onnx")


def test_what_the_file_says_of_itself(tmp_path, monkeypatch):
    monkeypatch.setattr(export, "__version__", "1.2")
    export_onnx(small_model(), tmp_path / "a.onnx")
    proto = onnx.load(tmp_path / "a.onnx")
    assert (proto.producer_name, proto.producer_version) == ("halflight", "1.2")
    assert proto.opset_import[0].version == 17
    assert not proto.metadata_props
    assert not proto.doc_string
    kinds = {tensor.data_type for tensor in proto.graph.initializer}
    assert kinds == {onnx.TensorProto.FLOAT, onnx.TensorProto.INT64}


def test_a_failing_export_leaves_no_file_and_keeps_an_old_one(tmp_path):
    with pytest.raises(ValueError, match=r"Cubed 'mine': cannot be written as ONNX: its class has"):
        export_onnx(stranger(), tmp_path / "new.onnx")
    (tmp_path / "old.onnx").write_text("old")
    with pytest.raises(ValueError, match="Cubed 'mine'"):
        export_onnx(stranger(), tmp_path / "old.onnx")
    assert [path.name for path in tmp_path.iterdir()] == ["old.onnx"]
    assert (tmp_path / "old.onnx").read_text() == "old"


def test_a_layer_that_onnx_cannot_express_is_named_with_the_reason(tmp_path, monkeypatch):
    reasons = {layers.Dense: "it has no words for it"}
    monkeypatch.setattr("halflight.export.export.INEXPRESSIBLE", reasons)
    with pytest.raises(ValueError, match=r"Dense 'head': cannot .*: it has no words for it"):
        export_onnx(small_model(), tmp_path / "a.onnx")


def test_an_old_file_is_replaced(tmp_path):
    (tmp_path / "a.onnx").write_text("old")
    check(disturb(small_model()), tmp_path / "a.onnx")
    assert [path.name for path in tmp_path.iterdir()] == ["a.onnx"]


@pytest.mark.parametrize("opset", [16, HIGHEST_OPSET + 1, "17", True])
def test_an_unknown_opset_is_refused(opset, tmp_path):
    with pytest.raises(ValueError, match=f"an integer of 17 to 22, received {opset!r}"):
        export_onnx(small_model(), tmp_path / "a.onnx", opset=opset)


def test_names_must_differ(tmp_path):
    x = Input((3,), name="x")
    with pytest.raises(ValueError, match=r"names of their own, received inputs \['x'\]"):
        export_onnx(Model(x, layers.Dense(2, name="x")(x)), tmp_path / "a.onnx")


def test_names_of_inputs_like_those_of_the_graphs_inside(tmp_path):
    x = Input((3,), name="head/kernel")
    check(disturb(Model(x, layers.Dense(2, name="head")(x))), tmp_path / "a.onnx")


def test_what_float32_cannot_hold_is_refused(tmp_path):
    x = Input((3,))
    model = Model(x, layers.Dense(2, name="big")(x), backend="reference")
    model.set_weights({"big/kernel": np.full((3, 2), 1e39), "big/bias": np.zeros(2)})
    with pytest.raises(ValueError, match=r"the weight 'big/kernel' holds NaN or values beyond"):
        export_onnx(model, tmp_path / "a.onnx")


def test_weights_beyond_protobufs_limit_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(export, "_LARGEST", 100)
    with pytest.raises(ValueError, match=r"the weights take \d+ bytes, .* less than 2 GiB"):
        export_onnx(small_model(), tmp_path / "a.onnx")


def test_without_onnx_one_line_says_what_to_install():
    code = "import sys; sys.modules['onnx'] = None; import halflight.export"
    root = Path(__file__).resolve().parents[3]
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=False, text=True, cwd=root
    )
    assert result.returncode == 1
    last = result.stderr.strip().splitlines()[-1]
    assert last == (
        "ModuleNotFoundError: halflight.export needs the package onnx: "
        "pip install '.[onnx]' in a checkout"
    )
    assert "During handling" not in result.stderr
