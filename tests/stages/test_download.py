"""Which sky a download asks, and how the skies' caches are kept apart."""

from pathlib import Path

import pytest

from halflight import params
from stages import download


@pytest.fixture
def everything(root):
    return params.load(root / "params.yaml")


def at(everything, **survey):
    return everything.model_copy(update={"survey": everything.survey.model_copy(update=survey)})


def test_a_mirror_is_asked_instead_of_the_endpoints_own_servers(everything):
    mirror = at(everything, endpoint="recorded", skyserver_url="http://a", sas_url="http://b")
    with download.addresses(mirror) as where:
        assert where == ("http://a", "http://b")


def test_the_live_servers_are_astroquerys_own(everything):
    with download.addresses(at(everything, endpoint="sdss")) as where:
        assert where == (None, None)


def test_a_recorded_sky_is_served_on_loopback(everything, recorded_sky, monkeypatch):
    monkeypatch.setenv("HALFLIGHT_RECORDED_SKY", str(recorded_sky))
    with download.addresses(at(everything, endpoint="recorded")) as (skyserver, sas):
        assert skyserver.startswith("http://127.0.0.1:")
        assert sas.startswith("http://127.0.0.1:")


def test_a_recorded_sky_that_is_not_there_is_named(everything, monkeypatch, tmp_path):
    monkeypatch.setenv("HALFLIGHT_RECORDED_SKY", str(tmp_path / "nowhere"))
    with (
        pytest.raises(FileNotFoundError, match="nowhere"),
        download.addresses(at(everything, endpoint="recorded")),
    ):
        pass


def test_the_recorded_folder_is_relative_to_the_main_checkout(monkeypatch, tmp_path):
    monkeypatch.delenv("HALFLIGHT_RECORDED_SKY", raising=False)
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    assert download.recorded_folder("../sky") == tmp_path / Path("../sky")


def test_every_sky_has_a_cache_of_its_own(everything):
    sandbox = everything.sandbox.model_copy(update={"seed": everything.sandbox.seed + 1})
    skies = [
        everything,
        everything.model_copy(update={"sandbox": sandbox}),
        at(everything, endpoint="recorded"),
        at(everything, endpoint="recorded", recorded_sky="elsewhere"),
        at(everything, endpoint="sdss"),
        at(everything, endpoint="sdss", release=18),
    ]
    names = [download.sky_name(sky) for sky in skies]
    assert len(set(names)) == len(names)
    assert download.sky_name(everything) == names[0]
    assert download.sky_name(at(everything, stamp_size=64)) == names[0]
