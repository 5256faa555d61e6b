"""Files kept on disk: whole and proven, or absent."""

import hashlib

import pytest

from halflight.cache import FileCache


def test_a_stored_file_is_found_and_can_be_checked_by_hand(tmp_path):
    cache = FileCache(tmp_path)
    path = cache.store("a/b/file.bin", b"onetwo")
    assert path.read_bytes() == cache.find("a/b/file.bin") == b"onetwo"
    digest = hashlib.sha256(b"onetwo").hexdigest()
    assert (tmp_path / "a/b/file.bin.sha256").read_text() == f"{digest}  file.bin\n"


@pytest.mark.parametrize(
    "damage", ["bytes", "no sidecar", "empty sidecar", "no text in sidecar", "no file"]
)
def test_an_unproven_file_is_not_found(tmp_path, damage):
    cache = FileCache(tmp_path)
    path = cache.store("file", b"data")
    sidecar = tmp_path / "file.sha256"
    if damage == "bytes":
        path.write_bytes(b"dat")
    elif damage == "no sidecar":
        sidecar.unlink()
    elif damage == "empty sidecar":
        sidecar.write_text("")
    elif damage == "no text in sidecar":
        sidecar.write_bytes(b"\xff\xfe")
    else:
        path.unlink()
    assert cache.find("file") is None
    cache.store("file", b"data")
    assert cache.find("file") == b"data"


def test_a_file_is_forgotten_with_its_proof(tmp_path):
    cache = FileCache(tmp_path)
    cache.store("file", b"data")
    cache.remove("file")
    cache.remove("file")
    assert list(tmp_path.iterdir()) == []
