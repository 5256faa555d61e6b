"""Files of the report: whole or absent, the same bytes for the same figure."""

import pytest
from PIL import Image

from core.report import saving
from core.report.figures import FIGURES
from core.report.saving import png_bytes, save_png, write_atomic


def test_equal_figures_give_equal_bytes(tmp_path):
    first = save_png(FIGURES["pipeline"](), tmp_path / "a" / "first.png")
    second = save_png(FIGURES["pipeline"](), tmp_path / "a" / "second.png")
    assert first.read_bytes() == second.read_bytes()


def test_a_picture_holds_no_date_and_no_software(tmp_path):
    path = save_png(FIGURES["pipeline"](), tmp_path / "picture.png")
    with Image.open(path) as picture:
        assert set(picture.info) <= {"dpi", "transparency", "gamma"}
    content = path.read_bytes()
    assert b"Software" not in content
    assert b"tIME" not in content


def test_drawing_twice_gives_the_same_bytes():
    figure = FIGURES["pipeline"]()
    assert png_bytes(figure) == png_bytes(figure)


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = write_atomic(tmp_path / "page", b"old")

    def full_disk(descriptor):
        raise OSError("no space left")

    monkeypatch.setattr(saving.os, "fsync", full_disk)
    with pytest.raises(OSError, match="no space left"):
        write_atomic(path, b"new")
    assert path.read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["page"]
