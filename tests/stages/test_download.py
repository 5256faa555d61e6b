"""Which sky a download asks, and how the skies' caches are kept apart."""

from pathlib import Path

import pytest

from halflight import params
from stages import download


@pytest.fixture
def everything(root):
    return params.load(root / "params.yaml")


def addresses(everything, **survey):
    return download.addresses(
        everything.survey.model_copy(update=survey), everything.sandbox, Path("nowhere"), ["r"]
    )


def test_a_mirror_is_asked_instead_of_the_endpoints_own_servers(everything):
    mirror = {"endpoint": "recorded", "skyserver_url": "http://a", "sas_url": "http://b"}
    with addresses(everything, **mirror) as where:
        assert where == ("http://a", "http://b")


def test_the_live_servers_are_astroquerys_own(everything):
    with addresses(everything, endpoint="sdss") as where:
        assert where == (None, None)


def test_a_recorded_sky_is_served_on_loopback(everything, recorded_sky, monkeypatch):
    monkeypatch.setenv("HALFLIGHT_RECORDED_SKY", str(recorded_sky))
    with addresses(everything, endpoint="recorded") as (skyserver, sas):
        assert skyserver.startswith("http://127.0.0.1:")
        assert sas.startswith("http://127.0.0.1:")


def test_a_recorded_sky_that_is_not_there_is_named(everything, monkeypatch, tmp_path):
    monkeypatch.setenv("HALFLIGHT_RECORDED_SKY", str(tmp_path / "nowhere"))
    with (
        pytest.raises(FileNotFoundError, match="nowhere"),
        addresses(everything, endpoint="recorded"),
    ):
        pass


def test_the_recorded_folder_is_relative_to_the_main_checkout(monkeypatch, tmp_path):
    monkeypatch.delenv("HALFLIGHT_RECORDED_SKY", raising=False)
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    assert download.recorded_folder("../sky") == tmp_path / Path("../sky")


def test_every_sky_has_a_cache_of_its_own(everything):
    survey, sandbox = everything.survey, everything.sandbox
    elsewhere = sandbox.model_copy(update={"seed": sandbox.seed + 1})
    skies = [
        ({}, sandbox),
        ({}, elsewhere),
        ({"skyserver_url": "http://a", "sas_url": "http://a"}, sandbox),
        ({"skyserver_url": "http://a", "sas_url": "http://b"}, sandbox),
        ({"endpoint": "recorded", "skyserver_url": "http://a", "sas_url": "http://a"}, sandbox),
        ({"endpoint": "sdss"}, sandbox),
        ({"endpoint": "sdss", "release": 18}, sandbox),
        ({"endpoint": "sdss", "sas_url": "http://b"}, sandbox),
    ]

    def name(change, synthetic):
        return download.sky_name(survey.model_copy(update=change), synthetic)

    names = [name(*sky) for sky in skies]
    assert len(set(names)) == len(names)
    assert name({}, sandbox) == names[0]
    assert name({"retries": survey.retries + 1}, sandbox) == names[0]
    assert name({"endpoint": "sdss"}, elsewhere) == name({"endpoint": "sdss"}, sandbox)
