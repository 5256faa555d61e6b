"""What lies below a folder is read; nothing else is, by whatever name, link or race."""

import os
import socket
import time
from pathlib import Path

import pytest

from halflight.sandbox import below
from halflight.sandbox.below import read_below


@pytest.fixture
def folder(tmp_path):
    sas = tmp_path / "sas"
    (sas / "dr17").mkdir(parents=True)
    (sas / "dr17" / "frame").write_bytes(b"frame")
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "sas2").mkdir()
    (tmp_path / "sas2" / "secret").write_bytes(b"secret")
    return sas


def test_files_and_links_that_stay_below_are_read(folder):
    (folder / "link").symlink_to("dr17/frame")
    (folder / "release").symlink_to(folder / "dr17")
    (folder / "round").symlink_to("../sas/release/frame")
    for path in ("dr17/frame", "link", "release/frame", "round"):
        assert read_below(folder, path) == b"frame", path


@pytest.mark.parametrize(
    "path",
    [
        *("", ".", "..", "/", "dr17", "dr17/", "dr17//frame", "./dr17/frame", "dr17/./frame"),
        *("../secret", "dr17/../../secret", "dr17/../dr17/frame", "/etc/passwd", "//etc/passwd"),
        *("dr17/frame/", "dr17/frame/x", "none", "a\0b", "x" * 5000, "x/" * 3000, "\ud800"),
        *("out", "out_of_here/secret", "beside/secret", "dangling", "circle", "pipe", "socket"),
    ],
)
def test_all_else_is_not_there_and_nothing_is_waited_for(folder, path):
    (folder / "out").symlink_to("../secret")
    (folder / "out_of_here").symlink_to(folder.parent)
    (folder / "beside").symlink_to("../sas2")
    (folder / "dangling").symlink_to("nowhere")
    (folder / "circle").symlink_to("circle")
    os.mkfifo(folder / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        here = os.open(folder, os.O_RDONLY)
        listener.bind(f"/proc/self/fd/{here}/socket")
        os.close(here)
        start = time.perf_counter()
        assert read_below(folder, path) is None
        assert time.perf_counter() - start < 1


def test_a_device_is_not_there(folder):
    (folder / "zero").symlink_to("/dev/zero")
    assert read_below(folder, "zero") is None


@pytest.mark.parametrize("place", ["frame", "dr17"])
def test_a_link_put_there_after_the_look_leads_nowhere(folder, monkeypatch, place):
    """Whoever exchanges a file or a folder for a link between look and open wins nothing."""
    look = below.Path.resolve

    def exchanged(path, strict=False):
        real = look(path, strict=strict)
        (folder / "dr17" / "frame").unlink()
        if place == "frame":
            (folder / "dr17" / "frame").symlink_to("../../secret")
        else:
            (folder / "dr17").rmdir()
            (folder.parent / "sas2" / "frame").write_bytes(b"secret")
            (folder / "dr17").symlink_to("../sas2")
        return real

    monkeypatch.setattr(below.Path, "resolve", exchanged)
    assert read_below(folder, "dr17/frame") is None


def test_a_file_larger_than_any_of_sdss_is_refused_by_its_size(folder):
    with (folder / "huge").open("wb") as file:
        file.truncate(below.LARGEST + 1)
    with pytest.raises(OSError, match="it has 268435457 bytes, and may have 268435456"):
        read_below(folder, "huge")


def test_no_descriptor_stays_open(folder):
    (folder / "out").symlink_to("../secret")
    before = len(list(Path("/proc/self/fd").iterdir()))
    for path in ("dr17/frame", "dr17", "out", "none", "dr17/frame/x"):
        read_below(folder, path)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
