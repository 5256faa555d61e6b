"""Kept rows: what a stopped run has measured is there, whole, and for that run alone."""

import os
import signal
import subprocess
import sys
import textwrap

import numpy as np
import pandas as pd
import pytest

from halflight.results.kept import OtherRunError, Rows, file_hash, kept_rows

ME = {"image": "abc", "model": "m"}


def rows(*numbers):
    return pd.DataFrame({"value": [float(n) for n in numbers], "words": [str(n) for n in numbers]})


def stopped(output, numbers, error=KeyboardInterrupt):
    with pytest.raises(error), kept_rows(output, ME) as kept:
        for n in numbers:
            kept.keep(np.array([n]), rows(n))
        raise error


def test_rows_come_in_the_order_of_their_sources():
    kept = Rows()
    kept.keep(np.array([4, 0]), rows(4, 0))
    kept.keep(np.array([2]), rows(2))
    assert kept.done().tolist() == [0, 2, 4]
    assert kept.all()["value"].tolist() == [0.0, 2.0, 4.0]
    assert list(kept.all().columns) == ["value", "words"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError, ValueError, SystemExit])
def test_a_stopped_run_goes_on(tmp_path, error):
    stopped(tmp_path / "a.fits", [3, 1], error)
    with kept_rows(tmp_path / "a.fits", ME) as kept:
        assert kept.done().tolist() == [1, 3]
        kept.keep(np.array([0, 2]), rows(0, 2))
        assert kept.all()["words"].tolist() == ["0", "1", "2", "3"]
    assert not list(tmp_path.iterdir())


def test_a_run_that_kept_nothing_leaves_nothing(tmp_path):
    stopped(tmp_path / "a.fits", [])
    assert not list(tmp_path.iterdir())


def test_rows_of_other_inputs_are_refused_by_name_and_stay(tmp_path):
    stopped(tmp_path / "a.fits", [3])
    changed = {"image": "other", "model": "m", "tier": "fast"}
    other = kept_rows(tmp_path / "a.fits", changed)
    with pytest.raises(OtherRunError, match=r"image \(was 'abc', is 'other'\), tier \(was None"):
        other.__enter__()
    with kept_rows(tmp_path / "a.fits", ME) as kept:
        assert kept.done().tolist() == [3]


def test_restart_begins_anew(tmp_path):
    stopped(tmp_path / "a.fits", [3])
    with kept_rows(tmp_path / "a.fits", ME | {"image": "other"}, restart=True) as kept:
        assert kept.done().tolist() == []


def test_two_processes_do_not_share_a_table(tmp_path):
    with kept_rows(tmp_path / "a.fits", ME):
        other = kept_rows(tmp_path / "a.fits", ME)
        with pytest.raises(RuntimeError, match="another process is measuring"):
            other.__enter__()


def test_each_image_of_a_table_keeps_its_own(tmp_path):
    stopped(tmp_path / "a.fits", [3])
    with kept_rows(tmp_path / "a.fits", ME, number=1) as kept:
        assert kept.done().tolist() == []


def test_a_kill_keeps_what_was_done(tmp_path):
    code = textwrap.dedent(f"""
        import os, signal, numpy as np, pandas as pd
        from pathlib import Path
        from halflight.results.kept import kept_rows
        with kept_rows(Path({str(tmp_path / "a.fits")!r}), {ME!r}) as kept:
            kept.keep(np.array([5, 6]), pd.DataFrame({{"value": [5.0, 6.0]}}))
            os.kill(os.getpid(), signal.SIGKILL)
    """)
    done = subprocess.run([sys.executable, "-c", code], env=os.environ, check=False)
    assert done.returncode == -signal.SIGKILL
    with kept_rows(tmp_path / "a.fits", ME) as kept:
        assert kept.done().tolist() == [5, 6]


def test_a_hash_is_of_content_and_names(tmp_path):
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a").write_text("x")
    assert file_hash(tmp_path / "one") == file_hash(tmp_path / "two")
    (tmp_path / "two" / "a").rename(tmp_path / "two" / "b")
    assert file_hash(tmp_path / "one") != file_hash(tmp_path / "two")
    assert file_hash(tmp_path / "one" / "a") == file_hash(tmp_path / "two" / "b")


@pytest.mark.parametrize("name", ["run.json", "chunk-000000.parquet"])
def test_what_is_damaged_is_named_until_restart(tmp_path, name):
    stopped(tmp_path / "a.fits", [3])
    (tmp_path / ".a.fits.0.partial" / name).write_text("{")
    with pytest.raises(OtherRunError, match=rf"{name} is .*begin anew with --restart"):
        kept_rows(tmp_path / "a.fits", ME).__enter__()
    with kept_rows(tmp_path / "a.fits", ME, restart=True) as kept:
        assert kept.done().tolist() == []


def test_a_folder_that_cannot_be_made_names_the_table(tmp_path):
    (tmp_path / "file").write_text("text")
    with pytest.raises(OSError, match=r"file/a\.fits was not written"):
        kept_rows(tmp_path / "file" / "a.fits", ME).__enter__()


def test_a_full_disk_names_the_table_and_keeps_the_rows(tmp_path, monkeypatch):
    def full(path, table):
        raise OSError(28, "No space left on device", str(path))

    with kept_rows(tmp_path / "b.fits", ME) as kept:
        kept.keep(np.array([1]), rows(1))
        monkeypatch.setattr("halflight.files.write_parquet", full)
        with pytest.raises(OSError, match="No space left"):
            kept.keep(np.array([2]), rows(2))
    refused = pytest.raises(OSError, match=r"a\.fits was not written \(No space left on device\)")
    with refused, kept_rows(tmp_path / "a.fits", ME) as kept:
        kept.keep(np.array([2]), rows(2))
