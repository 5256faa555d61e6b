"""The recorded sky as a dependency: its hash follows its files, wherever they lie."""

import json
import shutil

import pytest

from halflight import params, paths
from stages import sky


@pytest.fixture
def survey(root):
    return params.load(root / "params.yaml").survey.changed(endpoint="recorded")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    made = tmp_path / "recorded"
    for name in ("sas/dr17/frame.fits.bz2", "skyserver/PhotoObjAll.csv"):
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_text(name)
    monkeypatch.setenv("HALFLIGHT_RECORDED_SKY", str(made))
    return made


def test_the_hash_is_of_names_and_contents_and_not_of_the_place(survey, folder, monkeypatch):
    before = sky.recorded_hash(survey)
    (folder / "README.md").write_text("not served")
    assert sky.recorded_hash(survey) == before
    shutil.move(folder, folder.parent / "elsewhere")
    monkeypatch.setenv("HALFLIGHT_RECORDED_SKY", str(folder.parent / "elsewhere"))
    assert sky.recorded_hash(survey) == before


@pytest.mark.parametrize("change", ["content", "name", "more", "less", "table"])
def test_every_change_of_a_served_file_changes_the_hash(survey, folder, change):
    before = sky.recorded_hash(survey)
    file = folder / "sas/dr17/frame.fits.bz2"
    if change == "content":
        file.write_text("other")
    elif change == "name":
        file.rename(file.with_name("other.fits.bz2"))
    elif change == "more":
        file.with_name("other.fits.bz2").write_text("other")
    elif change == "less":
        file.unlink()
    else:
        (folder / "skyserver/PhotoObjAll.csv").write_text("other")
    assert sky.recorded_hash(survey) != before


@pytest.mark.parametrize(
    "changes",
    [{"endpoint": "sandbox"}, {"endpoint": "sdss"}, {"skyserver_url": "http://a"}],
)
def test_other_skies_have_no_recorded_files(survey, folder, changes):
    assert sky.recorded_hash(survey.changed(**changes)) is None


def test_the_stage_writes_it_down(here, configure, folder):
    configure({"survey.endpoint": "recorded"})
    sky.main()
    written = json.loads(paths.SKY.read_text())
    assert written == {"endpoint": "recorded", "recorded": sky.recorded_hash(params.read("survey"))}


def test_a_sky_that_is_not_there_is_named_with_what_to_do(survey, monkeypatch, tmp_path):
    monkeypatch.setenv("HALFLIGHT_RECORDED_SKY", str(tmp_path / "nowhere"))
    with pytest.raises(FileNotFoundError, match=r"nowhere.*set survey\.recorded_sky"):
        sky.recorded_hash(survey)
