"""Weight files: round trips, and every way in which a file can be broken or hostile."""

import json
import pickle
import struct

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from halflight.files import write_bytes
from halflight.nn import Input, Sequential, WeightsError, layers
from halflight.nn.weights import read_arrays, write_arrays

A, B = np.arange(6, dtype=np.float32).reshape(2, 3), np.ones(2, np.float32)
SHAPES = {"a": (2, 3), "b": (2,)}


def entry(shape, begin, end, dtype="F32"):
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def file_of(header, data=b"\0" * 32, length=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def test_round_trip(tmp_path):
    path = tmp_path / "w.safetensors"
    write_arrays(path, {"a": A, "b": B}, note="hello")
    arrays, note = read_arrays(path, SHAPES)
    assert note == "hello"
    np.testing.assert_array_equal(arrays["a"], A)
    np.testing.assert_array_equal(load_file(path)["b"], B)
    save_file({"a": A.astype(np.float64), "b": B}, path)
    np.testing.assert_array_equal(read_arrays(path, SHAPES)[0]["a"], A)
    assert [p.name for p in tmp_path.iterdir()] == ["w.safetensors"]


GOOD = {"a": entry([2, 3], 0, 24), "b": entry([2], 24, 32)}
HOSTILE = {
    "empty": (b"", "fewer than the 8"),
    "short": (b"abc", "fewer than the 8"),
    "pickle": (pickle.dumps({"a": A}), "never loaded"),
    "zip": (b"PK\x03\x04" + b"\0" * 40, "never loaded"),
    "header longer than the file": (file_of(GOOD, length=10**6), "claims 1000000 bytes"),
    "header of 2^63 bytes": (file_of(GOOD, length=2**63), "claims 9223372036854775808 bytes"),
    "header cut short": (file_of(GOOD, length=20), "not valid JSON"),
    "not JSON": (file_of(b"hello"), "not valid JSON"),
    "not UTF-8": (file_of(b"\xff\xfe{}"), "not valid JSON"),
    "deeply nested": (file_of(b"[" * 100_000), "not valid JSON"),
    "a list": (file_of([1, 2]), "not a JSON object"),
    "truncated data": (file_of(GOOD, data=b"\0" * 31), "need 32 bytes, it holds 31"),
    "data too long": (file_of(GOOD, data=b"\0" * 33), "need 32 bytes, it holds 33"),
    "overlap": (
        file_of({"a": entry([2, 3], 0, 24), "b": entry([2], 16, 24)}, b"\0" * 24),
        "begins at byte 16",
    ),
    "same place": (
        file_of({"a": entry([2], 0, 8), "b": entry([2], 0, 8)}, b"\0" * 8),
        "begins at byte 0",
    ),
    "hole": (
        file_of({"a": entry([2, 3], 0, 24), "b": entry([2], 28, 36)}, b"\0" * 36),
        "begins at byte 28",
    ),
    "name twice": (
        file_of(b'{"a":' + json.dumps(GOOD["a"]).encode() + b',"a":' + b"{}}"),
        "occurs twice",
    ),
    "integers": (file_of({"a": entry([6], 0, 24, "I32")}, b"\0" * 24), "malformed"),
    "objects": (file_of({"a": entry([6], 0, 24, ["F32"])}, b"\0" * 24), "malformed"),
    "negative shape": (file_of({"a": entry([-2, -3], 0, 24)}, b"\0" * 24), "malformed"),
    "fractional shape": (file_of({"a": entry([2.0, 3], 0, 24)}, b"\0" * 24), "malformed"),
    "shape of 10^18": (file_of({"a": entry([10**18], 0, 24)}, b"\0" * 24), "malformed"),
    "backwards": (file_of({"a": entry([0], 8, 8) | {"data_offsets": [8, 0]}}), "malformed"),
    "extra keys": (file_of({"a": GOOD["a"] | {"code": "x"}}, b"\0" * 24), "malformed"),
    "missing keys": (file_of({"a": {"dtype": "F32"}}), "malformed"),
    "wrong names": (file_of({"a": GOOD["a"], "c": GOOD["b"]}), "missing weights .'b'."),
    "wrong shape": (
        file_of({"a": entry([3, 2], 0, 24), "b": GOOD["b"]}),
        r"'a' needs the shape \(2, 3\), received \(3, 2\)",
    ),
    "NaN": (file_of(GOOD, b"\xff" * 32), "'a' holds NaN"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_files(case, tmp_path):
    content, message = HOSTILE[case]
    path = tmp_path / "w.safetensors"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=message) as caught:
        read_arrays(path, SHAPES)
    assert str(path) in str(caught.value)


def test_names_and_shapes_are_checked_before_the_data(tmp_path):
    path = tmp_path / "w.safetensors"
    path.write_bytes(file_of({"x": entry([2], 0, 8)}, b"\xff" * 8))
    with pytest.raises(WeightsError, match="another model"):
        read_arrays(path, SHAPES)


def stack(units=3, backend="reference"):
    return Sequential([Input((2,)), layers.Dense(units), layers.Dense(1)], backend=backend)


def test_a_refused_file_changes_nothing(tmp_path):
    path = tmp_path / "w.safetensors"
    stack(4).save_weights(path)
    model = stack(3)
    before = model.get_weights()
    with pytest.raises(WeightsError, match="dense/kernel"):
        model.load_weights(path)
    with pytest.raises(ValueError, match="missing .'dense/kernel'."):
        model.set_weights({n: v for n, v in before.items() if n != "dense/kernel"})
    with pytest.raises(ValueError, match="dense_1/bias.*NaN"):
        model.set_weights(before | {"dense_1/bias": np.array([np.nan])})
    with pytest.raises(ValueError, match=r"dense/bias.*\(3,\), received \(1,\)"):
        model.set_weights(before | {"dense_1/bias": np.zeros(1), "dense/bias": np.zeros(1)})
    for name, value in model.get_weights().items():
        np.testing.assert_array_equal(value, before[name])
    with pytest.raises(FileNotFoundError):
        model.load_weights(tmp_path / "nothing")


def test_weights_move_between_back_ends(tmp_path):
    cpu, reference = stack(backend="cpu"), stack()
    cpu.save_weights(tmp_path / "w")
    reference.load_weights(tmp_path / "w")
    for name, value in reference.get_weights().items():
        np.testing.assert_array_equal(value.astype(np.float32), cpu.get_weights()[name])


def test_writing_is_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "file"
    write_bytes(path, b"old")

    def full(descriptor):
        raise OSError("no space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="no space left"):
        write_bytes(path, b"new")
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]
