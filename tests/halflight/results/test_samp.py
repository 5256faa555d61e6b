"""SAMP: a table reaches the programs of one desk, and one line says where there are none."""

import pytest
from pyvo.samp import SAMPHubServer, SAMPIntegratedClient

from halflight.results.samp import send


@pytest.fixture
def hub(tmp_path, monkeypatch):
    lock = tmp_path / "hub.lock"
    monkeypatch.setenv("SAMP_HUB", f"std-lockurl:{lock.as_uri()}")
    server = SAMPHubServer(web_profile=False, lockfile=str(lock), addr="127.0.0.1")
    server.start()
    yield
    server.stop()


def test_a_table_reaches_who_takes_it(hub, tmp_path):
    got = []

    def receive(key, sender, kind, parameters, extra):
        got.append(parameters)

    taker = SAMPIntegratedClient(name="TOPCAT", addr="127.0.0.1")
    taker.connect()
    taker.bind_receive_notification("table.load.fits", receive)
    try:
        assert send(tmp_path / "radii.fits") == "TOPCAT"
        for _ in range(100):
            if got:
                break
            taker.hub.ping()
        assert got[0]["url"] == (tmp_path / "radii.fits").as_uri()
    finally:
        taker.disconnect()


def test_nobody_who_takes_it_is_told(hub, tmp_path):
    with pytest.raises(RuntimeError, match=r"no program on this desk takes table\.load\.votable"):
        send(tmp_path / "radii.vot")


def test_no_hub_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("SAMP_HUB", f"std-lockurl:{(tmp_path / 'none').as_uri()}")
    with pytest.raises(RuntimeError, match="no SAMP hub was found: start TOPCAT"):
        send(tmp_path / "radii.fits")
