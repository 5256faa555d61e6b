"""Models that come with the package: found by name, described by a card, refused by name."""

import json

import pytest

from halflight import models

CARD = {
    "name": "tiny",
    "title": "A tiny stand-in",
    "default": True,
    "population": "discs of 2 to 7 pixels",
    "limits": ["not for science"],
    "scores": {"nmad": 0.1, "coverage_68": 0.68},
    "command": "make test",
    "made_from": "0123abcd.dir",
    "licence": "BSD-3-Clause",
}


def add(home, **changes):
    card = CARD | changes
    folder = home / card["name"]
    folder.mkdir()
    (folder / models.CARD).write_text(json.dumps(card))
    (folder / models.DESCRIPTION).write_text("{}")
    return folder


def test_a_model_is_found_by_its_name_and_the_default_without_one(tmp_path):
    folder = add(tmp_path)
    other = add(tmp_path, name="another", default=False)
    assert models.find(None, tmp_path) == models.find("tiny", tmp_path) == folder
    assert models.find("another", tmp_path) == other
    assert list(models.installed(tmp_path)) == ["tiny", "another"]
    assert models.installed(tmp_path)["tiny"].limits == ("not for science",)


def test_any_estimators_folder_is_a_model(tmp_path):
    folder = add(tmp_path / "..", name="mine")
    assert models.find(folder, tmp_path) == folder


def test_an_unknown_model_is_told_with_those_there_are(tmp_path):
    add(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"no estimator at big .*there is: tiny\)"):
        models.find("big", tmp_path)


def test_no_default_is_told(tmp_path):
    add(tmp_path, default=False)
    with pytest.raises(FileNotFoundError, match="give --model FOLDER"):
        models.find(None, tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"title": ""}, "title must be text"),
        ({"limits": "none"}, "limits must be a list of sentences"),
        ({"scores": {"nmad": "good"}}, "scores must be numbers by name"),
        ({"scores": {"nmad": True}}, "scores must be numbers by name"),
        ({"default": 1}, "default must be true or false"),
        ({"colour": "red"}, "has the keys"),
    ],
)
def test_a_damaged_card_is_named(tmp_path, change, message):
    add(tmp_path, **change)
    with pytest.raises(ValueError, match=rf"tiny/card\.json: .*{message}"):
        models.installed(tmp_path)


def test_a_card_of_another_folder_is_refused(tmp_path):
    add(tmp_path).rename(tmp_path / "moved")
    with pytest.raises(ValueError, match="it is the card of 'tiny'"):
        models.installed(tmp_path)


def test_the_models_of_this_package_have_whole_cards():
    for name, card in models.installed().items():
        assert card.name == name
        assert (models.HOME / name / models.DESCRIPTION).is_file()
    assert sum(card.default for card in models.installed().values()) <= 1
