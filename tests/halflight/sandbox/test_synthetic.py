import hashlib
import io
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from astropy.io import fits
from astropy.table import Table

from halflight.params.sandbox import Sandbox as Parameters
from halflight.sandbox import Sandbox, SyntheticSky, recipe
from halflight.sandbox.addresses import Address
from halflight.sandbox.layout import FieldKey


def sparse(parameters: Parameters) -> Parameters:
    """A sky of one field with few objects, quick to render."""
    galaxies, stars = parameters.galaxies, parameters.stars.changed(density=3.0)
    few = galaxies.changed(counts=galaxies.counts.changed(density=3.0), knot_count=1.0)
    return parameters.changed(fields_per_strip=1, galaxies=few, stars=stars)


def two_fields(parameters: Parameters) -> Parameters:
    """The same with two fields, and so four files."""
    return sparse(parameters).changed(fields_per_strip=2)


def test_two_skies_of_one_seed_are_the_same_bytes(parameters: Parameters) -> None:
    first, second = (SyntheticSky(sparse(parameters)) for _ in range(2))
    with second.rendering(processes=2):
        for band in ("r", None):
            path = Address(first.fields[0], band).path
            assert first.file(path) == second.file(path)
    for name, table in first.tables().items():
        pd.testing.assert_frame_equal(table, second.tables()[name])


def test_another_seed_is_another_sky(parameters: Parameters) -> None:
    first = SyntheticSky(sparse(parameters))
    second = SyntheticSky(sparse(parameters).changed(seed=4))
    path = Address(first.fields[0], None).path
    assert first.file(path) != second.file(path)
    assert not first.tables()["PhotoObjAll"].equals(second.tables()["PhotoObjAll"])


def test_other_bands_can_be_rendered(parameters: Parameters) -> None:
    sky = SyntheticSky(sparse(parameters).changed(bands=["r", "g"]))
    objects = sky.tables()["PhotoObjAll"]
    assert (objects["calibStatus_g"] == 1).all()
    colour = (objects["cModelMag_g"] - objects["cModelMag_r"])[objects["cModelMag_r"] < 20]
    assert 0.4 < colour.median() < 1.0
    assert sky.file(Address(sky.fields[0], "i").path) is None


def test_concurrent_requests_render_once(
    parameters: Parameters, monkeypatch: pytest.MonkeyPatch
) -> None:
    sky = SyntheticSky(sparse(parameters))
    made = []
    original = sky.make

    def counted(address: Address) -> bytes:
        made.append(address)
        return original(address)

    monkeypatch.setattr(sky, "make", counted)
    path = Address(sky.fields[0], None).path
    with ThreadPoolExecutor(6) as pool:
        contents = set(pool.map(sky.file, [path] * 6))
    assert len(made) == len(contents) == 1


def test_other_paths_do_not_exist(synthetic_sky: SyntheticSky) -> None:
    key = synthetic_sky.fields[0]
    for path in (
        Address(FieldKey(key.run, key.camcol, key.field + 50), "r").path,
        Address(key, "g").path,
        "../params.yaml",
        "dr17",
        "",
    ):
        assert synthetic_sky.file(path) is None


def test_anything_with_the_attributes_will_do(parameters: Parameters) -> None:
    section = sparse(parameters)
    sky = SyntheticSky(SimpleNamespace(**dict(section)))
    path = Address(sky.fields[0], None).path
    assert sky.file(path) == SyntheticSky(section).file(path)


def test_rendering_needs_a_process(parameters: Parameters) -> None:
    sky = SyntheticSky(sparse(parameters))
    with pytest.raises(ValueError, match="processes must be at least 1"), sky.rendering(0):
        pass


def test_each_file_can_be_had_as_soon_as_it_is_made(parameters: Parameters, tmp_path: Path) -> None:
    sky = SyntheticSky(two_fields(parameters), tmp_path)
    first, *others = (address for address in sky._addresses)
    may_go_on = threading.Event()

    def slowly(address: Address) -> bytes:
        if address != first:
            may_go_on.wait(30)
        return address.path.encode()

    sky.make = slowly  # type: ignore[method-assign]
    with sky.rendering(processes=1):
        assert sky.file(first.path) == first.path.encode()
        assert not (tmp_path / others[0].path).exists()
        may_go_on.set()
        assert [sky.file(address.path) for address in others] == [a.path.encode() for a in others]


def test_what_was_made_before_an_end_is_kept(parameters: Parameters, tmp_path: Path) -> None:
    sky = SyntheticSky(two_fields(parameters), tmp_path)
    made: list[Address] = []

    def until_the_third(address: Address) -> bytes:
        if len(made) == 2:
            raise KeyboardInterrupt
        made.append(address)
        return address.path.encode()

    sky.make = until_the_third  # type: ignore[method-assign]
    third = list(sky._addresses)[2]
    with pytest.raises(KeyboardInterrupt), sky.rendering(processes=1):
        assert sky.file(third.path) is None
    (tmp_path / made[1].path).write_bytes(b"damaged later")
    again = SyntheticSky(two_fields(parameters), tmp_path)
    later: list[Address] = []
    again.make = lambda a: later.append(a) or b"again"  # type: ignore[method-assign, func-returns-value]
    with again.rendering(processes=1):
        assert again.file(made[0].path) == made[0].path.encode()
        assert again.file(made[1].path) == again.file(third.path) == b"again"
    assert made[0] not in later
    assert {made[1], third} <= set(later)


def test_a_block_may_end_before_all_is_made(parameters: Parameters, tmp_path: Path) -> None:
    sky = SyntheticSky(two_fields(parameters), tmp_path)
    with sky.rendering(processes=1):
        pass
    assert len(list(tmp_path.rglob("*.sha256"))) < len(sky._addresses)


def test_another_parameter_is_another_recipe(parameters: Parameters) -> None:
    values = parameters.model_dump()
    assert recipe(values) == recipe(dict(values))
    assert recipe(values) != recipe(values | {"seed": 4})


def test_sixteen_fields_give_eight_groups(parameters: Parameters) -> None:
    layout = {"runs": [752, 3325], "camcols": [1, 3, 4, 6], "fields_per_strip": 2}
    sky = SyntheticSky(parameters.changed(**layout))
    assert len(sky.fields) == 16
    assert len({(run, camcol, field // 10) for run, camcol, field in sky.fields}) == 8


def test_astroquery_reads_catalogue_truth_and_frame(
    synthetic_sky: SyntheticSky, pointed: Callable, get: Callable
) -> None:
    query = """
    SELECT p.objID, p.run, p.rerun, p.camcol, p.field, p.rowc_r, p.cModelMag_r, f.psfWidth_r,
      t.half_light_radius, t.sersic_n   -- the truth is public here: the sky is synthetic
    FROM Galaxy p JOIN Field f ON f.fieldID=p.fieldID JOIN SyntheticTruth t ON t.objID=p.objID
    WHERE f.score>0.6 AND p.clean=1 AND (p.calibStatus_r & 1)<>0 AND p.cModelMag_r BETWEEN 14 AND 20
      AND t.is_star = 0
    ORDER BY p.objID"""
    with Sandbox(synthetic_sky) as sandbox:
        client = pointed(sandbox)
        table = client.query_sql(query, data_release=17, cache=False, timeout=60)
        assert 40 < len(table) < 250
        assert table["half_light_radius"].dtype == np.float64
        assert (np.asarray(table["half_light_radius"]) > 0).all()
        count = client.query_sql("SELECT COUNT(*) AS n FROM Galaxy", data_release=17, cache=False)
        objects = synthetic_sky.tables()["PhotoObjAll"]
        assert count["n"][0] == ((objects["type"] == 3) & (objects["mode"] == 1)).sum()
        match = Table(table[["run", "rerun", "camcol", "field"]][:1])
        frames = client.get_images_async(
            matches=match, band="r", data_release=17, cache=False, show_progress=False
        )
        with frames[0].get_fits() as hdus:
            assert len(hdus) == 4
            assert hdus[0].data.shape == (1489, 2048)
        address = Address(synthetic_sky.fields[0], None)
        status, headers, body = get(f"{sandbox.sas_url}/{address.path}")
        assert status == 200
        assert int(headers["Content-Length"]) == len(body)
        with fits.open(io.BytesIO(body)) as psfield:
            assert psfield[3].data["RROWS"][0].shape == (2601,)
        assert (
            hashlib.sha256(body).digest()
            == hashlib.sha256(synthetic_sky.file(address.path) or b"").digest()
        )
