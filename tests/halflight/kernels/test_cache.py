"""Machine code on disk: found by content alone, whole or absent, and not kept for ever."""

import errno
import os
import shutil
import tempfile
import threading
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from halflight.kernels import cache
from halflight.kernels.cpu.loops import maps
from halflight.kernels.cpu.machine import target
from halflight.kernels.cpu.machine.level import Level
from tests.halflight.kernels.python import run_python

CODE = b"machine code" * 1000


@pytest.fixture(autouse=True)
def forgotten():
    """What a process does once, each test does anew."""
    for once in (cache._say_not_kept, cache._mark_as_used, cache._forget_unused):
        once.cache_clear()


def test_the_folder_follows_machine_and_user(tmp_path, monkeypatch):
    source = Path(maps.__file__)
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "numba"))
    assert target.folder_of(source).parent == tmp_path / "numba" / "halflight"
    monkeypatch.delenv("NUMBA_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert target.folder_of(source).parent == tmp_path / "halflight"
    before = target.folder_of(source)
    monkeypatch.setattr(target, "LEVEL", Level("another cpu", ""))
    assert target.folder_of(source) != before


def test_the_folder_does_not_follow_the_place_of_the_sources(tmp_path):
    package = Path(maps.__file__).parents[3]
    folders = set()
    for name in ("one", "two"):
        shutil.copytree(package / "kernels", tmp_path / name / "halflight" / "kernels")
        (tmp_path / name / "halflight" / "__init__.py").touch()
        folders.add(target.folder_of(tmp_path / name / "halflight/kernels/cpu/conv.py"))
    assert len(folders) == 1


def test_what_is_written_is_read(tmp_path):
    file = tmp_path / "maps-0123456789abcdef" / "exp-1"
    assert cache.read(file) is None
    cache.write(file, CODE)
    assert cache.read(file) == CODE
    cache.write(file, CODE[::-1])
    assert cache.read(file) == CODE[::-1]
    assert list(file.parent.iterdir()) == [file]


@given(damage=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_a_damaged_file_counts_as_absent(tmp_path, damage):
    file = tmp_path / "maps-0123456789abcdef" / "exp-1"
    cache.write(file, CODE)
    whole = file.read_bytes()
    length = damage.draw(st.integers(0, len(whole) - 1))
    turned = bytes([whole[length] ^ damage.draw(st.integers(1, 255))])
    file.write_bytes(damage.draw(st.sampled_from([whole[:length], whole + b"\0"])))
    assert cache.read(file) is None
    file.write_bytes(whole[:length] + turned + whole[length + 1 :])
    assert cache.read(file) is None
    cache.write(file, CODE)
    assert cache.read(file) == CODE


def test_what_cannot_be_kept_is_said_once_and_no_error(tmp_path, monkeypatch, capsys):
    file = tmp_path / "maps-0123456789abcdef" / "exp-1"

    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(tempfile, "NamedTemporaryFile", full)
        cache.write(file, CODE)
        cache.write(file, CODE)
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert str(tmp_path) in said
    assert "No space left on device" in said
    assert "NUMBA_CACHE_DIR" in said
    assert cache.read(file) is None


def test_a_file_in_place_of_the_folder_is_no_error(tmp_path, capsys):
    (tmp_path / "halflight").touch()
    file = tmp_path / "halflight" / "maps-0123456789abcdef" / "exp-1"
    assert cache.read(file) is None
    cache.write(file, CODE)
    assert "are not kept" in capsys.readouterr().err


def test_a_write_that_is_interrupted_leaves_nothing(tmp_path, monkeypatch):
    file = tmp_path / "maps-0123456789abcdef" / "exp-1"

    def stopped(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", stopped)
        with pytest.raises(KeyboardInterrupt):
            cache.write(file, CODE)
    assert not list(file.parent.iterdir())


def test_whoever_reads_while_others_write_gets_the_whole(tmp_path):
    file = tmp_path / "maps-0123456789abcdef" / "exp-1"
    contents = [bytes([number]) * 200_000 for number in range(4)]
    cache.write(file, contents[0])
    stop = threading.Event()

    def write_on(content):
        while not stop.is_set():
            cache.write(file, content)

    writers = [threading.Thread(target=write_on, args=(content,)) for content in contents]
    for writer in writers:
        writer.start()
    try:
        assert all(cache.read(file) in contents for _ in range(200))
    finally:
        stop.set()
        for writer in writers:
            writer.join()


def test_code_that_nobody_uses_is_forgotten(tmp_path):
    long_ago = time.time() - 100 * 24 * 60 * 60
    old, used, new = (tmp_path / f"{name}-0123456789abcdef" for name in ("old", "used", "new"))
    foreign = tmp_path / "photographs"
    for folder in (old, used, foreign):
        cache.write(folder / "exp-1", CODE)
        os.utime(folder, (long_ago, long_ago))
    cache._mark_as_used.cache_clear()
    cache._forget_unused.cache_clear()
    assert cache.read(used / "exp-1") == CODE
    cache.write(new / "exp-1", CODE)
    assert {folder.name for folder in tmp_path.iterdir()} == {used.name, new.name, foreign.name}


TRAINED = """
import hashlib
import numpy as np
from halflight.nn import Input, Sequential, layers

x = np.linspace(-1, 1, 12, dtype=np.float32).reshape(6, 2)
model = Sequential([Input((2,)), layers.Dense(1)], seed=3)
model.compile("sgd", "mse")
model.fit(x, x[:, :1], epochs=1, batch_size=6)
print(hashlib.sha256(model.predict(x).tobytes()).hexdigest())
"""


@pytest.mark.slow
def test_a_second_copy_of_the_package_compiles_nothing(root, tmp_path):
    code = tmp_path / "code"

    def trained(copy):
        folder = tmp_path / copy
        if not folder.exists():
            shutil.copytree(root / "core", folder, ignore=shutil.ignore_patterns("__pycache__"))
        environment = {"PYTHONPATH": str(folder), "NUMBA_CACHE_DIR": str(code)}
        done = run_python(TRAINED, tmp_path, **environment)
        assert done.returncode == 0, done.stderr
        return done

    first, second = trained("first"), trained("second")
    assert "compiling kernels" in first.stderr
    assert "compiling kernels" not in second.stderr
    assert second.stdout == first.stdout
    [damaged] = code.rglob("_pack_rows-*")  # that Python calls; what it calls is not read
    damaged.write_bytes(damaged.read_bytes()[:100])
    whole = {file: file.stat().st_mtime_ns for file in code.rglob("*") if file.is_file()}
    third = trained("second")
    assert third.stdout == first.stdout
    assert "compiling kernels" in third.stderr
    after = {file: file.stat().st_mtime_ns for file in code.rglob("*") if file.is_file()}
    assert {file for file in whole if after[file] != whole[file]} == {damaged}
