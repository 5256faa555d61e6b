"""The page of what is here of Keras: true, and the one that is committed."""

import pytest

from tests.halflight.nn import keras_page


@pytest.mark.parametrize("kind", keras_page.SAID)
def test_every_name_is_here_or_its_absence_has_a_reason(kind):
    said = keras_page.checked(kind)
    assert len(said) >= 5
    assert all(reason.removeprefix("not here: ") for reason in said.values())


def test_the_committed_page_is_this_one(root):
    page = (root / keras_page.PAGE).read_text()
    assert page == keras_page.page(), "run python -m tests.halflight.nn.keras_page"


@pytest.mark.parametrize(("name", "said"), [("Dense", "not here: no reason"), ("Lambda", "here")])
def test_what_is_said_falsely_is_found(name, said, monkeypatch):
    monkeypatch.setitem(keras_page.SAID["layers"], name, said)
    with pytest.raises(ValueError, match=f"layers.{name}: is said to be '{said}'"):
        keras_page.page()
