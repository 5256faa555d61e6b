"""Files are whole or absent, whatever goes wrong while they are written."""

import numpy as np
import pandas as pd
import pytest

from halflight import files


def listing(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_failed_write_keeps_the_old_file_and_leaves_nothing(tmp_path):
    path = tmp_path / "value.txt"
    files.write_text(path, "old")

    def fail(partial):
        partial.write_text("half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        files.write_whole(path, fail)
    assert path.read_text() == "old"
    assert listing(tmp_path) == ["value.txt"]


def test_a_failed_folder_keeps_the_old_one(tmp_path):
    folder = tmp_path / "stamps"
    with files.whole_folder(folder) as partial:
        (partial / "a").write_text("1")
    with pytest.raises(RuntimeError, match="stop"), files.whole_folder(folder) as partial:
        (partial / "b").write_text("2")
        raise RuntimeError("stop")
    assert listing(folder) == ["a"]
    assert listing(tmp_path) == ["stamps"]


def test_a_folder_replaces_the_whole_of_the_old_one(tmp_path):
    folder = tmp_path / "stamps"
    for name in ("a", "b"):
        with files.whole_folder(folder) as partial:
            (partial / name).write_text(name)
    assert listing(folder) == ["b"]


def test_json_round_trip_and_errors(tmp_path):
    path = tmp_path / "deep" / "x.json"
    files.write_json(path, {"a": [1, 2.5], "b": "é"})
    assert files.read_json(path) == {"a": [1, 2.5], "b": "é"}
    with pytest.raises(ValueError, match="not JSON compliant|Out of range"):
        files.write_json(path, {"a": float("nan")})
    for broken in (b'{"a": ', b"\xff\xfe", b""):
        path.write_bytes(broken)
        with pytest.raises(ValueError, match=r"x\.json is not JSON.*dvc repro"):
            files.read_json(path)


def test_csv_keeps_every_float32(tmp_path):
    values = np.random.default_rng(0).normal(size=100).astype(np.float32)
    files.write_csv(tmp_path / "t.csv", pd.DataFrame({"v": values}))
    back = pd.read_csv(tmp_path / "t.csv")["v"].to_numpy(np.float32)
    np.testing.assert_array_equal(back, values)
