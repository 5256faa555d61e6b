"""Files are whole or absent, whatever goes wrong while they are written."""

import os
import subprocess
import sys
import tempfile
from contextlib import suppress
from errno import EACCES, EDQUOT, ENOSPC
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from halflight import files


def listing(folder):
    return sorted(path.name for path in folder.iterdir())


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


def test_csv_holds_no_formula_and_nothing_invisible(tmp_path):
    table = pd.DataFrame(
        {
            "id": ["=1+2", "@x", "-2+3", "-1.5", "J1-2", "a\x1b[2J"],
            "value": [-1.5, np.nan, 2.0, -np.inf, 1e300, 0.1],
            "=cmd()": ["-1", None, "+x", "", "b", "銀河"],
        }
    )
    files.write_csv(tmp_path / "t.csv", table)
    assert (tmp_path / "t.csv").read_text().splitlines() == [
        "id,value,'=cmd()",
        "'=1+2,-1.5,-1",
        "'@x,,",
        "'-2+3,2,'+x",
        "-1.5,-inf,",
        "J1-2,1e+300,b",
        "a\\x1b[2J,0.1,銀河",
    ]
    assert list(table.columns) == ["id", "value", "=cmd()"]
    assert table["id"][0] == "=1+2"


FAULTS = {
    "disk full while writing": ("write", OSError(ENOSPC, "No space left on device")),
    "disk full while syncing": ("fsync", OSError(ENOSPC, "No space left on device")),
    "NumPy's way to say so": ("write", OSError("1024 requested and 0 written")),
    "quota": ("write", OSError(EDQUOT, "Disk quota exceeded")),
    "Arrow's way to refuse": ("write", PermissionError(EACCES, "Failed to open 'PARTIAL'")),
    "rename refused": ("rename", PermissionError(EACCES, "Permission denied")),
}


@pytest.fixture(params=FAULTS)
def fault(request, monkeypatch):
    """What must fail in `write`; for a sync or a rename, the system call that does."""
    where, error = FAULTS[request.param]

    def fail(*names):
        if names and where == "rename":
            error.filename = os.fspath(names[0])
        if where == "write" and "PARTIAL" in str(error):
            raise type(error)(error.errno, error.strerror.replace("PARTIAL", str(names[0])))
        raise error

    if where == "fsync":
        monkeypatch.setattr(os, "fsync", fail)
    elif where == "rename":
        for name in ("rename", "replace"):
            monkeypatch.setattr(os, name, fail)
    return fail if where == "write" else lambda _: None


def test_a_fault_keeps_the_old_file_and_names_it(tmp_path, fault, request):
    path = tmp_path / "value.txt"
    path.write_text("old")

    def write(partial):
        partial.write_text("half")
        fault(partial)

    with pytest.raises(OSError, match=r"value\.txt was not written.*run again") as caught:
        files.write_whole(path, write)
    assert caught.value.errno == caught.value.__cause__.errno
    assert path.read_text() == "old"
    assert listing(tmp_path) == ["value.txt"]


def test_a_fault_keeps_the_old_folder_and_names_it(tmp_path, fault):
    folder = tmp_path / "stamps"
    folder.mkdir()
    (folder / "a").write_text("old")
    with pytest.raises(OSError, match=r"stamps was not written"), files.whole_folder(folder) as new:
        (new / "b").write_text("half")
        fault(new)
    assert listing(folder) == ["a"]
    assert listing(tmp_path) == ["stamps"]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ValueError("bad"), ConnectionError("gone")])
def test_what_the_writer_raises_passes_through(tmp_path, error):
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "a").touch()
    for whole in (files.whole_file, files.whole_folder):
        with pytest.raises(type(error)) as caught, whole(tmp_path / "old"):
            raise error
        assert caught.value is error
        with pytest.raises(FileNotFoundError, match="elsewhere"), whole(tmp_path / "new"):
            (tmp_path / "elsewhere").read_text()
    assert listing(tmp_path) == ["old"]
    assert listing(tmp_path / "old") == ["a"]


@pytest.mark.parametrize("moment", range(1, 4))
def test_an_interruption_while_folders_are_exchanged_loses_none(tmp_path, monkeypatch, moment):
    folder = tmp_path / "stamps"
    folder.mkdir()
    (folder / "a").write_text("old")
    rename, renames = os.rename, []

    def interrupted(*names):
        renames.append(names)
        if len(renames) == moment:
            raise KeyboardInterrupt
        rename(*names)

    monkeypatch.setattr(os, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt), files.whole_folder(folder) as new:
        (new / "b").write_text("new")
    assert listing(folder) == ["a"]
    assert listing(tmp_path) == ["stamps"]


@pytest.fixture
def read_only():
    """A folder of one old file, where nothing may be written: root acts as nobody."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "value").write_text("old")
        folder.chmod(0o555)
        user = os.geteuid()
        if user == 0:
            os.seteuid(65534)
        yield folder
        os.seteuid(user)
        folder.chmod(0o755)


def test_a_read_only_folder_is_named(read_only):
    with pytest.raises(PermissionError, match=r"value was not written \(Permission denied\)"):
        files.write_text(read_only / "value", "new")
    with (
        pytest.raises(PermissionError, match="stamps was not written"),
        files.whole_folder(read_only / "stamps"),
    ):
        pass
    with pytest.raises(PermissionError, match=r"new/value was not written"):
        files.write_text(read_only / "new" / "value", "new")
    assert listing(read_only) == ["value"]
    assert (read_only / "value").read_text() == "old"


def test_leftovers_of_the_dead_go_and_those_of_the_living_stay(tmp_path):
    with subprocess.Popen(["true"]) as ended:
        pass
    dead, alive = ended.pid, os.getpid()
    for name in ("value", "other"):
        for process in (dead, alive):
            (tmp_path / f".{name}.{process}-01234567.partial").touch()
    (tmp_path / f".value.{dead}-89abcdef.partial").mkdir()
    (tmp_path / f".value.{dead}-89abcdef.partial" / "shard").touch()
    files.write_text(tmp_path / "value", "new")
    assert listing(tmp_path) == sorted(
        [
            f".other.{alive}-01234567.partial",
            f".other.{dead}-01234567.partial",
            f".value.{alive}-01234567.partial",
            "value",
        ]
    )


def test_a_folder_that_a_dead_writer_had_moved_comes_back(tmp_path):
    with subprocess.Popen(["true"]) as ended:
        pass
    moved = tmp_path / f".stamps.{ended.pid}-01234567.old"
    moved.mkdir()
    (moved / "a").touch()
    with pytest.raises(ValueError, match="stop"), files.whole_folder(tmp_path / "stamps"):
        raise ValueError("stop")
    assert listing(tmp_path) == ["stamps"]
    assert listing(tmp_path / "stamps") == ["a"]


def test_two_writers_of_one_folder_do_not_meet(tmp_path):
    """The one that finishes last wins, with all of its files and none of the other's."""
    folder = tmp_path / "stamps"
    with files.whole_folder(folder) as first, files.whole_folder(folder) as second:
        (first / "a").touch()
        (second / "b").touch()
    assert listing(folder) == ["a"]
    assert listing(tmp_path) == ["stamps"]


WRITER = """
import sys
from pathlib import Path
from halflight import files
target, letter = Path(sys.argv[1]), sys.argv[2]
for _ in range(60):
    files.write_text(target / "file", letter * 100_000)
    with files.whole_folder(target / "folder") as new:
        for number in range(5):
            (new / str(number)).write_text(letter)
"""


@pytest.mark.timeout(120)
def test_writers_at_the_same_time_never_mix(tmp_path):
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, tmp_path, letter]) for letter in "abc"
    ]
    while any(writer.poll() is None for writer in writers):
        if (tmp_path / "file").exists():
            text = (tmp_path / "file").read_text()
            assert len(text) == 100_000
            assert len(set(text)) == 1
    assert [writer.returncode for writer in writers] == [0, 0, 0]
    assert listing(tmp_path) == ["file", "folder"]
    assert listing(tmp_path / "folder") == ["0", "1", "2", "3", "4"]
    assert len({path.read_text() for path in (tmp_path / "folder").iterdir()}) == 1


@given(st.lists(st.sampled_from(["write", "fail", "stop"]), max_size=8))
def test_what_is_read_is_what_was_last_written_whole(actions):
    with tempfile.TemporaryDirectory() as name:
        path, whole = Path(name) / "deep" / "value", None
        for number, action in enumerate(actions):
            text = f"{number} " * 1000
            error = {"fail": OSError("full"), "stop": KeyboardInterrupt()}.get(action)

            def write(partial, text=text, error=error):
                partial.write_text(text[: 1500 if error else None])
                if error:
                    raise error

            with suppress(OSError, KeyboardInterrupt):
                files.write_whole(path, write)
            whole = text if error is None else whole
            assert (path.read_text() if path.exists() else None) == whole
            assert listing(path.parent) == (["value"] if whole else [])


def test_pandas_is_imported_by_those_who_have_tables(tmp_path):
    code = "import sys; from halflight import files; sys.exit('pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
