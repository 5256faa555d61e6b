"""Files on disk: whole and proven, or absent."""

import hashlib

import pytest

from halflight.surveys.cache import FileCache


def accept(_):
    pass


def test_stored_file_is_found_and_recorded(tmp_path):
    cache = FileCache(tmp_path)
    path = cache.store("a/b/file.bin", [b"one", b"two"], accept)
    assert path.read_bytes() == b"onetwo"
    assert cache.find("a/b/file.bin") == path
    digest = hashlib.sha256(b"onetwo").hexdigest()
    assert cache.record(path) == {"path": "a/b/file.bin", "bytes": 6, "sha256": digest}
    assert (tmp_path / "a/b/file.bin.sha256").read_text() == f"{digest}  file.bin\n"


@pytest.mark.parametrize("damage", ["bytes", "no sidecar", "empty sidecar", "no file"])
def test_an_unproven_file_is_not_found(tmp_path, damage):
    cache = FileCache(tmp_path)
    path = cache.store("file", [b"data"], accept)
    sidecar = tmp_path / "file.sha256"
    if damage == "bytes":
        path.write_bytes(b"dat")
    elif damage == "no sidecar":
        sidecar.unlink()
    elif damage == "empty sidecar":
        sidecar.write_text("")
    else:
        path.unlink()
    assert cache.find("file") is None


def test_a_broken_body_leaves_nothing(tmp_path):
    def pieces():
        yield b"begin"
        raise ConnectionError("gone")

    with pytest.raises(ConnectionError, match="gone"):
        FileCache(tmp_path).store("file", pieces(), accept)
    assert list(tmp_path.iterdir()) == []


def test_a_refused_body_leaves_nothing_and_keeps_no_older_file_unproven(tmp_path):
    def refuse(path):
        raise ValueError(f"bad {path.read_bytes()!r}")

    cache = FileCache(tmp_path)
    old = cache.store("file", [b"old"], accept)
    with pytest.raises(ValueError, match="bad b'new'"):
        cache.store("file", [b"new"], refuse)
    assert cache.find("file") == old
    assert old.read_bytes() == b"old"
