"""Stamps come back from the disk as they went in, and a damaged folder is told by name."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from halflight import files, store
from halflight.instrument import SDSS

R = SDSS.with_bands("r")


def fill(folder, blocks, shard_size=4):
    rng = np.random.default_rng(0)
    images, start = [], 0
    with store.write_stamps(
        folder, instrument=R, origin="simulated", shard_size=shard_size
    ) as writer:
        for size in blocks:
            image = rng.normal(size=(size, 6, 6, 1)).astype(np.float32)
            writer.append(pd.DataFrame({"id": np.arange(start, start + size)}), image=image)
            images.append(image)
            start += size
    return np.concatenate(images)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 9), min_size=1, max_size=6), st.integers(1, 7))
def test_blocks_of_any_size_come_back(tmp_path_factory, blocks, shard_size):
    if not sum(blocks):
        blocks = [1]
    folder = tmp_path_factory.mktemp("store") / "stamps"
    images = fill(folder, blocks, shard_size)
    stamps = store.read_stamps(folder)
    assert stamps.table["id"].tolist() == list(range(len(images)))
    np.testing.assert_array_equal(stamps["image"][:], images)
    order = np.random.default_rng(1).integers(0, len(images), 11)
    np.testing.assert_array_equal(stamps["image"][order], images[order])
    np.testing.assert_array_equal(stamps["image"][len(images) - 1], images[-1])


def test_stamps_are_taken_in_any_order(tmp_path):
    images = fill(tmp_path / "s", [11])
    order = np.array([10, 0, 7, 7, 3, 4])
    np.testing.assert_array_equal(store.read_stamps(tmp_path / "s")["image"][order], images[order])


def test_the_same_stamps_give_the_same_bytes_however_they_arrive(tmp_path):
    fill(tmp_path / "a", [10])
    rng = np.random.default_rng(0)
    image = rng.normal(size=(10, 6, 6, 1)).astype(np.float32)
    with store.write_stamps(
        tmp_path / "b", instrument=R, origin="simulated", shard_size=4
    ) as writer:
        for part in np.split(np.arange(10), [3, 7]):
            writer.append(pd.DataFrame({"id": part}), image=image[part])
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes(), path.name


def test_indices_are_checked(tmp_path):
    fill(tmp_path / "s", [5])
    image = store.read_stamps(tmp_path / "s")["image"]
    with pytest.raises(IndexError, match="0 to 4; asked for 5"):
        image[np.array([5])]
    with pytest.raises(IndexError, match="-1"):
        image[np.array([-1])]
    with pytest.raises(TypeError, match="bool"):
        image[np.ones(5, bool)]


def test_blocks_that_do_not_fit_are_refused_and_nothing_is_left(tmp_path):
    table = pd.DataFrame({"id": [0, 1]})
    good = np.zeros((2, 6, 6, 1), np.float32)
    for arrays, message in [
        ({"image": np.zeros((3, 6, 6, 1), np.float32)}, "2 table rows with 3"),
        ({"image": np.zeros((2, 5, 6, 1), np.float32)}, r"must be <f4 \(6, 6, 1\)"),
        ({"image": good.astype(np.float64)}, "received <f8"),
        ({"sigma": good}, "not \\['sigma'\\]"),
        ({"image": good[..., 0]}, r"\(n, rows, columns, 1\).*received \(2, 6, 6\)"),
        ({"image": np.zeros((2, 6, 6, 2), np.float32)}, "one band each of r; received"),
    ]:
        with (
            pytest.raises(ValueError, match=message),
            store.write_stamps(tmp_path / "s", instrument=R, origin="simulated") as writer,
        ):
            writer.append(table, image=good)
            writer.append(table, **arrays)
    with (
        pytest.raises(ValueError, match="no stamp"),
        store.write_stamps(tmp_path / "s", instrument=R, origin="simulated"),
    ):
        pass
    assert not list(tmp_path.iterdir())


def test_damage_is_reported_with_the_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="dvc repro"):
        store.read_stamps(tmp_path / "none")
    fill(tmp_path / "s", [9])
    shard = tmp_path / "s" / "image-00001.npy"
    whole = shard.read_bytes()
    shard.write_bytes(whole[:-10])
    with pytest.raises(ValueError, match=r"image-00001\.npy is missing or damaged"):
        store.read_stamps(tmp_path / "s")["image"][:]
    np.save(shard, np.zeros((2, 6, 6, 1), np.float32))
    with pytest.raises(
        ValueError, match=r"holds <f4 \(2, 6, 6, 1\), stamps.json promises <f4 \(4, 6, 6, 1\)"
    ):
        store.read_stamps(tmp_path / "s")["image"][:]
    fill(tmp_path / "s", [9])
    pd.DataFrame({"id": [1]}).to_parquet(tmp_path / "s" / store.TABLE)
    with pytest.raises(ValueError, match="has 1 rows"):
        store.read_stamps(tmp_path / "s")


def test_stamps_say_what_their_pixels_are_and_where_they_come_from(tmp_path):
    gri = SDSS.with_bands("irg")
    with store.write_stamps(tmp_path / "s", instrument=gri, origin="sdss") as writer:
        writer.append(pd.DataFrame({"id": [1]}), image=np.zeros((1, 4, 4, 3), np.float32))
    stamps = store.read_stamps(tmp_path / "s")
    assert stamps.instrument == gri
    assert stamps.instrument.bands == ("i", "r", "g")
    assert stamps.origin == "sdss"
    assert stamps["image"].shape == (1, 4, 4, 3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"instrument": ...}, "needs exactly the keys"),
        ({"layout": 2}, "needs exactly the keys"),
        ({"instrument": {"name": "SDSS"}}, "an instrument has the keys"),
        ({"instrument": R.to_dict() | {"pixel_scale": -1.0}}, "pixel_scale must be above 0"),
    ],
)
def test_a_manifest_of_another_version_is_refused_by_name(tmp_path, change, message):
    fill(tmp_path / "s", [3])
    path = tmp_path / "s" / store.MANIFEST
    manifest = {**files.read_json(path), **change}
    files.write_json(path, {k: v for k, v in manifest.items() if v is not ...})
    with pytest.raises(ValueError, match=rf"stamps\.json.*{message}"):
        store.read_stamps(tmp_path / "s")
