"""Files of the report: whole or absent, the same bytes for the same figure."""

from PIL import Image

from halflight.report.figures import pipeline
from halflight.report.saving import png_bytes, save_png


def test_equal_figures_give_equal_bytes(tmp_path):
    first = save_png(pipeline.draw(), tmp_path / "a" / "first.png")
    second = save_png(pipeline.draw(), tmp_path / "a" / "second.png")
    assert first.read_bytes() == second.read_bytes()


def test_a_picture_holds_no_date_and_no_software(tmp_path):
    path = save_png(pipeline.draw(), tmp_path / "picture.png")
    with Image.open(path) as picture:
        assert set(picture.info) <= {"dpi", "transparency", "gamma"}
    content = path.read_bytes()
    assert b"Software" not in content
    assert b"tIME" not in content


def test_drawing_twice_gives_the_same_bytes():
    figure = pipeline.draw()
    assert png_bytes(figure) == png_bytes(figure)
