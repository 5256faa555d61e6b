"""Damaged models and checkpoints: refused in one line that names the file, or the right weights."""

import json
import os
import resource
import struct
import time

import numpy as np
import pytest

from halflight.nn import Input, Sequential, callbacks, layers, load_model, optimizers

pytestmark = pytest.mark.faults

X = np.random.default_rng(0).normal(size=(16, 5)).astype(np.float32)
Y = X.sum(axis=1)
SECONDS = 5.0  # that a refusal may take; it takes some milliseconds
MEGABYTES = 200  # that it may add to the memory of the process
HUGE = 10 * 2**30  # bytes that a file only claims, or holds as a hole
DEEP = 100_000


def model():
    stack = Sequential([Input((5,)), layers.Dense(4, "relu", name="a"), layers.Dense(1, name="b")])
    stack.compile(optimizers.Adam(0.01), "mse")
    return stack


def backup(folder):
    return callbacks.BackupAndRestore(folder, delete_checkpoint=False)


def fitted(folder, epochs):
    stack = model()
    stack.fit(X, Y, epochs=epochs, callbacks=[backup(folder)])
    return stack


@pytest.fixture
def folder(tmp_path):
    """A saved model beside a checkpoint of the same training."""
    fitted(tmp_path, 2).save(tmp_path)
    return tmp_path


# Damages of any file.


def cut(share):
    return lambda file: file.write_bytes(file.read_bytes()[: int(file.stat().st_size * share)])


def without_the_last_byte(file):
    file.write_bytes(file.read_bytes()[:-1])


def with_more(file):
    file.write_bytes(file.read_bytes() + b"\0" * 64)


def text(content):
    return lambda file: file.write_bytes(content)


def missing(file):
    file.unlink()


def a_folder(file):
    file.unlink()
    file.mkdir()


def a_pipe(file):
    file.unlink()
    os.mkfifo(file)


def a_link_to_nothing(file):
    file.unlink()
    file.symlink_to("nothing")


def a_link_to_itself(file):
    file.unlink()
    file.symlink_to(file.name)


def a_hole(file):
    os.truncate(file, HUGE)


EVERY = {
    "empty": text(b""),
    "one byte": text(b"\x08"),
    "zeros": text(b"\0" * 4096),
    "a pickle": text(b"\x80\x04\x95" + b"\0" * 40),
    "an archive": text(b"PK\x03\x04" + b"\0" * 40),
    "a web page": text(b"<!DOCTYPE html><html><body>404</body></html>"),
    "half of it": cut(0.5),
    "its first bytes": cut(0.02),
    "without the last byte": without_the_last_byte,
    "missing": missing,
    "a folder": a_folder,
    "a pipe": a_pipe,
    "a link to nothing": a_link_to_nothing,
    "a link to itself": a_link_to_itself,
    "a hole of 10 GB": a_hole,
}

# Damages of arrays.


def header(change):
    """Change the header of a safetensors file, the data as they are."""

    def damage(file):
        data = file.read_bytes()
        (length,) = struct.unpack("<Q", data[:8])
        parts = json.loads(data[8 : 8 + length])
        changed = change(parts)
        written = changed if isinstance(changed, bytes) else json.dumps(changed or parts).encode()
        file.write_bytes(struct.pack("<Q", len(written)) + written + data[8 + length :])

    return damage


def first(parts):
    return next(name for name in parts if name != "__metadata__")


def entry(**changes):
    return header(lambda parts: parts[first(parts)].update(changes))


def dropped(parts):
    del parts[first(parts)]


def renamed(parts):
    return {("other" if name == first(parts) else name): part for name, part in parts.items()}


def added(parts):
    parts["z"] = {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}


def transposed(parts):
    name = next(n for n in parts if n != "__metadata__" and len(set(parts[n]["shape"])) > 1)
    parts[name]["shape"].reverse()


def twice(parts):
    whole = json.dumps(parts)
    name = json.dumps(first(parts))
    return f"{{{name}: {json.dumps(parts[first(parts)])}, {whole[1:]}".encode()


def all_nan(file):
    data = bytearray(file.read_bytes())
    (length,) = struct.unpack("<Q", data[:8])
    data[8 + length : 8 + length + 4] = struct.pack("<f", np.nan)
    file.write_bytes(bytes(data))


def infinite(file):
    data = file.read_bytes()
    file.write_bytes(data[:-4] + struct.pack("<f", np.inf))


def of_length(length):
    return lambda file: file.write_bytes(struct.pack("<Q", length) + file.read_bytes()[8:])


def flipped(byte, bit):
    def damage(file):
        data = bytearray(file.read_bytes())
        data[byte] ^= 1 << bit
        file.write_bytes(bytes(data))

    return damage


ARRAYS = {
    **EVERY,
    "more than it says": with_more,
    "a header of all bytes there are": of_length(2**64 - 1),
    "a header of 10 GB": of_length(HUGE),
    "a header of one byte": of_length(1),
    "a header of none": of_length(0),
    "a bit of the length": flipped(0, 1),
    "a bit of the brace": flipped(8, 0),
    "a high bit of a name": flipped(12, 7),
    "an unknown type": entry(dtype="F33"),
    "half precision": entry(dtype="F16"),
    "integers": entry(dtype="I32"),
    "no type": entry(dtype=None),
    "one dimension more": entry(shape=[1, 1, 1, 1]),
    "a negative length": entry(shape=[-1, 4]),
    "lengths of no integer": entry(shape=[2.5]),
    "as many values as atoms": entry(shape=[2**40, 2**40]),
    "an end before the beginning": entry(data_offsets=[8, 0]),
    "an end beyond the file": entry(data_offsets=[0, HUGE]),
    "one offset": entry(data_offsets=[0]),
    "a key more": entry(more=1),
    "an array less": header(dropped),
    "another name": header(renamed),
    "an array more": header(added),
    "another shape": header(transposed),
    "a name twice": header(twice),
    "a list": header(lambda _: b"[]"),
    "nested deeply": header(lambda _: b"[" * DEEP),
    "Latin-1": header(lambda _: b'{"\xe9": 1}'),
    "NaN": all_nan,
    "infinity": infinite,
}

# Damages of the description.


def value(*keys, to):
    def damage(file):
        tree = json.loads(file.read_text())
        node = tree
        for key in keys[:-1]:
            node = node[key]
        node[keys[-1]] = to
        file.write_text(json.dumps(tree))

    return damage


LAYER = ("architecture", "layers", 0)
JSON = {
    **{name: damage for name, damage in EVERY.items() if damage is not without_the_last_byte},
    "another format": value("format", to=99),
    "a key more": value("more", to=1),
    "nested deeply": text(b'{"format":' + b"[" * DEEP),
    "closed too often": text(b"{}}"),
    "a name twice": text(b'{"format": 2, "format": 2}'),
    "NaN for a number": value(*LAYER, "config", "units", to=float("nan")),
    "a number of many digits": text(b'{"format": ' + b"9" * 100_000 + b"}"),
    "Latin-1": text(b'{"\xe9": 1}'),
    "an unknown layer": value(*LAYER, "class", to="Evil"),
    "a layer that is a module": value(*LAYER, "class", to="os.system"),
    "an unknown argument": value(*LAYER, "config", "cmd", to="ls"),
    "no units": value(*LAYER, "config", "units", to=0),
    "true units": value(*LAYER, "config", "units", to=True),
    "other units": value(*LAYER, "config", "units", to=5),
    "units beyond all memory": value(*LAYER, "config", "units", to=2**50),
    "an unknown activation": value(*LAYER, "config", "activation", to="rm"),
    "a name that is a path": value(*LAYER, "config", "name", to="../a"),
    "two layers of one name": value("architecture", "layers", 1, "config", "name", to="a"),
    "a call of nothing": value("architecture", "calls", 0, "inputs", to=[]),
    "a call of the future": value("architecture", "calls", 0, "inputs", to=[7]),
    "a call of what is before the first": value("architecture", "calls", 0, "inputs", to=[-1]),
    "an output of nothing": value("architecture", "outputs", to=[99]),
    "no outputs": value("architecture", "outputs", to=[]),
    "an input of no size": value("architecture", "inputs", 0, "shape", to=[0]),
    "an input beyond all memory": value("architecture", "inputs", 0, "shape", to=[2**60]),
    "an unknown optimizer": value("training", "optimizer", "class", to="Evil"),
    "an optimizer's bad rate": value("training", "optimizer", "config", "beta_1", to=7),
    "a rate that is text": value("training", "optimizer", "config", "learning_rate", to="fast"),
    "steps that are negative": value("training", "state", "iterations", to=-1),
    "a set rate that is text": value("training", "state", "learning_rate", to="fast"),
    "an unknown loss": value("training", "losses", to=["evil"]),
    "a loss too many": value("training", "losses", to=["mse", "mse"]),
    "an unknown metric": value("training", "metrics", to=[["evil"]]),
    "weights of losses that are text": value("training", "loss_weights", to=["much"]),
}


def bounded(act):
    """What `act` raises, after little time and without much memory."""
    started, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises((ValueError, OSError)) as raised:
        act()
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert time.perf_counter() - started < SECONDS
    assert grown < MEGABYTES * 1024
    return str(raised.value)


def told(message, file):
    assert str(file) in message
    assert "\n" not in message
    assert len(message) < 2000


@pytest.mark.parametrize("name", ["weights.safetensors", "optimizer.safetensors"])
@pytest.mark.parametrize("damage", ARRAYS.values(), ids=ARRAYS)
def test_arrays_of_a_model(damage, name, folder):
    damage(folder / name)
    told(bounded(lambda: load_model(folder)), folder / name)


@pytest.mark.parametrize("damage", JSON.values(), ids=JSON)
def test_the_description_of_a_model(damage, folder):
    damage(folder / "model.json")
    message = bounded(lambda: load_model(folder))
    told(message, folder)


@pytest.mark.parametrize("damage", ARRAYS.values(), ids=ARRAYS)
def test_a_checkpoint(damage, folder):
    """One that is missing, or a link to nothing, is none: the training begins anew."""
    expected = fitted(folder / "other", 3).get_weights()
    file = folder / "backup.safetensors"
    damage(file)
    if not file.exists():
        again = fitted(folder, 3).get_weights()
        assert all(np.array_equal(again[name], expected[name]) for name in expected)
        return
    told(bounded(lambda: fitted(folder, 3)), file)


NOTES = {
    "not JSON": lambda _: "}",
    "another format": lambda note: note.replace('"format": 2', '"format": 1'),
    "no epoch": lambda note: note.replace('"epoch": 2, "optimizer"', '"optimizer"'),
    "another seed": lambda note: note.replace('"seed": 0', '"seed": 1'),
    "another loss": lambda note: note.replace("MeanSquaredError", "MeanAbsoluteError"),
    "nested deeply": lambda _: "[" * DEEP,
}


@pytest.mark.parametrize("change", NOTES.values(), ids=NOTES)
def test_what_a_checkpoint_notes(change, folder):
    file = folder / "backup.safetensors"

    def changed(parts):
        before = parts["__metadata__"]["note"]
        parts["__metadata__"]["note"] = change(before)
        assert parts["__metadata__"]["note"] != before

    header(changed)(file)
    told(bounded(lambda: fitted(folder, 3)), file)


def test_what_is_whole_is_right_by_whatever_name(folder):
    expected = load_model(folder).predict(X)
    without_the_last_byte(folder / "model.json")  # a line's end
    for name in ("weights.safetensors", "model.json", "optimizer.safetensors"):
        (folder / name).rename(folder / f"{name}.kept")
        (folder / name).symlink_to(f"{name}.kept")
    np.testing.assert_array_equal(load_model(folder).predict(X), expected)
    assert len({*ARRAYS, *JSON}) >= 40
