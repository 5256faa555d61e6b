"""How models and histories show themselves: in a line, in notebooks, and as a picture."""

import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from halflight.nn import History, Input, Model, Sequential, layers, utils

SVG = "{http://www.w3.org/2000/svg}"


def branched():
    image, psf = Input((6, 6, 1), name="image"), Input((4,), name="<psf>")
    x = layers.Conv2D(3, 3, name="conv")(image)
    x = layers.Concatenate(name="join")([layers.Flatten()(x), psf])
    return Model([image, psf], [layers.Dense(2, name="a")(x), layers.Dense(1, name="b")(x)])


def test_a_line_says_what_a_model_is():
    assert repr(branched()) == (
        "<Model 'model': (6, 6, 1), (4,) -> (2,), (1,), 5 layers, 153 parameters, cpu>".replace(
            "153", f"{branched().count_params():,}"
        )
    )
    named = Sequential([Input((2,)), layers.Dense(3)], name="tiny", backend="reference")
    assert repr(named) == "<Sequential 'tiny': (2,) -> (3,), 1 layers, 9 parameters, reference>"


def test_a_notebook_gets_the_table_of_layers_with_names_as_text():
    page = ElementTree.fromstring(f"<div>{branched()._repr_html_()}</div>".replace("<br>", "<br/>"))
    rows = [[cell.text or "" for cell in row] for row in page.iter("tr")]
    assert rows[0] == ["Layer", "Output shape", "Parameters", "Operations", "Reads"]
    assert rows[2][0] == "<psf> (Input)"
    assert rows[3][:3] == ["conv (Conv2D)", "(batch, 4, 4, 3)", "30"]
    assert len(rows) == 8
    unbuilt = Sequential([layers.Dense(2)], name="<b>")
    assert "&lt;b&gt;" in unbuilt._repr_html_()


def test_a_history_in_a_line():
    history = History([{"epoch": 0, "loss": 0.5}, {"epoch": 1, "loss": 0.25, "val_loss": 0.75}])
    assert repr(history) == "<History: 2 epochs, the last: loss 0.25, val_loss 0.75>"
    assert repr(History()) == "<History: 0 epochs>"
    assert history.epoch == [0, 1]


def test_a_notebook_gets_learning_curves():
    records = [
        {"epoch": n, "loss": 1.0 / (n + 1), "val_loss": 2.0 / (n + 1), "<auc>": 0.5 + n / 10}
        for n in range(4)
    ]
    records[2]["val_loss"] = np.nan
    picture = ElementTree.fromstring(History(records)._repr_html_())
    paths = [path for path in picture.iter(f"{SVG}path") if path.get("stroke") != "#999999"]
    lines = [path.get("d") for path in paths]
    assert len(lines) == 3
    loss, val_loss, auc = lines
    assert loss.count("L") == 3
    assert val_loss.count("M") == 2  # what is not finite leaves a gap
    assert {text.text for text in picture.iter(f"{SVG}text")} >= {"loss", "<auc>", "validation"}
    y = [float(point.split()[1]) for point in auc[1:].split("L")]
    assert y == sorted(y, reverse=True)  # what grows rises
    ElementTree.fromstring(History()._repr_html_())


def test_a_model_as_a_picture(tmp_path):
    drawing = utils.plot_model(
        branched(), tmp_path / "model.svg", show_shapes=True, show_layer_names=True
    )
    assert (tmp_path / "model.svg").read_text() == drawing._repr_svg_()
    picture = ElementTree.fromstring(drawing.svg)
    boxes = picture.findall(f"{SVG}rect")
    texts = [text.text for text in picture.iter(f"{SVG}text")]
    assert len(boxes) == 7
    assert len(picture.findall(f"{SVG}path")) == 6  # an edge for each tensor that is read
    for text in ("Conv2D", "conv", "(batch, 4, 4, 3)", "<psf>", "Input"):
        assert text in texts
    places = {(box.get("x"), box.get("y")) for box in boxes}
    assert len(places) == 7  # none over another
    tops = [float(box.get("y")) for box in boxes]
    assert tops[2] > tops[0]  # the convolution below its image


def test_a_picture_without_a_file_and_one_of_another_kind(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    texts = utils.plot_model(branched(), None).svg
    assert "Conv2D" in texts
    assert "(batch" not in texts
    assert not list(tmp_path.iterdir())
    with pytest.raises(ValueError, match=r"must end in \.svg, received 'model\.png'"):
        utils.plot_model(branched(), "model.png")


def test_one_hot_labels():
    expected = np.eye(4)[[2, 0, 3]]
    for labels in ([2, 0, 3], np.array([[2.0], [0.0], [3.0]])):
        np.testing.assert_array_equal(utils.to_categorical(labels), expected)
    assert utils.to_categorical([[0, 1]], 5).shape == (1, 2, 5)
    assert utils.to_categorical([0]).dtype == np.float32
    for bad in ([0.5], [-1], [np.nan], ["a"], []):
        with pytest.raises(ValueError, match="to_categorical"):
            utils.to_categorical(bad, 3)
    with pytest.raises(ValueError, match="0 to 1, received 0 to 2"):
        utils.to_categorical([0, 2], 2)
