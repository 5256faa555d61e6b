"""Hostile models and weights: refused in seconds and little memory, whatever they claim."""

import json
import os
import struct
import subprocess
import sys

import pytest

SCRIPT = """
import resource, sys, time
from halflight.nn import Input, Sequential, layers, load_model

model = Sequential([Input((3,)), layers.Dense(2)], backend="reference")
model.get_weights()
before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
try:
    if sys.argv[2] == "model":
        load_model(sys.argv[1], backend="reference")
    else:
        model.load_weights(sys.argv[1], skip_mismatch=sys.argv[2] == "shared")
except (ValueError, TypeError) as error:
    print(type(error).__name__, str(error)[:300])
else:
    print("loaded")
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(time.perf_counter() - start, (after - before) / 1024)
"""


def weights(path, header, size):
    text = json.dumps(header).encode() if isinstance(header, dict) else header
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.truncate(8 + len(text) + size)  # sparse: it takes no place on disk


def entry(shape, begin, end):
    return {"dtype": "F32", "shape": shape, "data_offsets": [begin, end]}


def description(layers, calls=(), inputs=((3,),)):
    architecture = {
        "inputs": [
            {"name": f"i{n}", "shape": list(s), "dtype": "float32"} for n, s in enumerate(inputs)
        ],
        "layers": layers,
        "calls": list(calls),
        "outputs": [len(inputs)],
    }
    return {"format": 2, "architecture": architecture, "training": None}


def nested(depth):
    layer = {"class": "Dense", "config": {"units": 1, "name": "inner"}}
    for level in range(depth):
        layer = {"class": "TimeDistributed", "config": {"layer": layer, "name": f"t{level}"}}
    return layer


GIGABYTES = 16 * 2**30
FILES = {
    "ten thousand million values": lambda p: weights(
        p, {"dense/kernel": entry([GIGABYTES // 4], 0, GIGABYTES)}, GIGABYTES
    ),
    "header of nested lists": lambda p: weights(p, b"[" * (4 * 2**20), 0),
    "header of many names": lambda p: weights(
        p, {f"{i}": entry([0], 0, 0) for i in range(60_000)}, 0
    ),
    "a header longer than any": lambda p: weights(p, b" " * (5 * 2**20), 0),
    "overlapping": lambda p: weights(
        p, {"dense/kernel": entry([3, 2], 0, 24), "dense/bias": entry([2], 20, 28)}, 28
    ),
    "path": lambda p: weights(p, {"../../etc/passwd": entry([2], 0, 8)}, 8),
    "zip": lambda p: p.write_bytes(b"PK\x03\x04" + bytes(2**20)),
    "pickle": lambda p: p.write_bytes(b"\x80\x04cos\nsystem\n(S'touch owned'\ntR."),
}
MODELS = {
    "huge layer": description(
        [{"class": "Dense", "config": {"units": 10**18, "name": "d"}}],
        [{"layer": "d", "inputs": [0]}],
    ),
    "huge image": description(
        [{"class": "UpSampling2D", "config": {"size": 10**9, "name": "d"}}],
        [{"layer": "d", "inputs": [0]}],
        [(10**6, 10**6, 3)],
    ),
    "wrappers in wrappers": description([nested(60)]),
    "many calls": description(
        [{"class": "ReLU", "config": {"name": "r"}}],
        [{"layer": "r", "inputs": [n]} for n in range(30_000)],
    ),
}


def attempt(root, path, how):
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(path), how],
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    message, numbers = run.stdout.strip().splitlines()
    seconds, megabytes = map(float, numbers.split())
    assert message.startswith(("ValueError", "ReadingError", "WeightsError")), message
    assert str(path) in message
    assert seconds <= 5
    assert megabytes <= 512


@pytest.mark.parametrize("how", ["whole", "shared"])
@pytest.mark.parametrize("case", FILES)
def test_a_weights_file_is_refused(case, how, root, tmp_path):
    FILES[case](tmp_path / "weights.safetensors")
    attempt(root, tmp_path / "weights.safetensors", how)
    assert not (root / "owned").exists()


@pytest.mark.parametrize("case", MODELS)
def test_a_model_is_refused(case, root, tmp_path):
    (tmp_path / "model.json").write_text(json.dumps(MODELS[case]))
    weights(tmp_path / "weights.safetensors", {"d/kernel": entry([2], 0, 8)}, 8)
    attempt(root, tmp_path, "model")
