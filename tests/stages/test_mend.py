"""What a DVC that was killed while it wrote leaves behind is put right, and nothing else is."""

import subprocess

import pytest

from stages import mend

WHOLE = "schema: '2.0'\nstages:\n  prepare:\n    cmd: x\n    params:\n      a: 1\n"


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A git repository whose index holds a whole dvc.lock."""
    monkeypatch.setattr(mend, "ROOT", tmp_path)
    monkeypatch.setattr(mend, "WAIT", 0.01)
    (tmp_path / ".dvc/tmp").mkdir(parents=True)
    (tmp_path / "dvc.lock").write_text(WHOLE)
    for command in (["init", "-q"], ["add", "dvc.lock"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    return tmp_path


@pytest.mark.parametrize("left", ["", WHOLE[:-3], "schema: '2.0'\nstages:\n  field_sc", "3"])
def test_half_a_lock_is_taken_back_from_git(repository, left, capsys):
    (repository / "dvc.lock").write_text(left)
    mend.main()
    assert (repository / "dvc.lock").read_text() == WHOLE
    assert "git's copy is back" in capsys.readouterr().out


def test_half_a_lock_that_git_does_not_know_goes(repository):
    subprocess.run(["git", "rm", "-q", "--cached", "dvc.lock"], cwd=repository, check=True)
    (repository / "dvc.lock").write_text("a:\n  b")
    (repository / "dvc.lock").write_text("a: [")
    mend.main()
    assert not (repository / "dvc.lock").exists()


@pytest.mark.parametrize("left", ["", '{"a": '])
def test_an_unreadable_lock_file_of_dvcs_goes(repository, left):
    path = repository / ".dvc/tmp/rwlock"
    path.write_text(left)
    mend.main()
    assert not path.exists()
    assert (repository / "dvc.lock").read_text() == WHOLE


def test_what_is_whole_stays(repository, capsys):
    (repository / "dvc.lock").write_text(WHOLE + "      b: 2\n")
    (repository / ".dvc/tmp/rwlock").write_text("{}")
    mend.main()
    assert (repository / "dvc.lock").read_text() == WHOLE + "      b: 2\n"
    assert (repository / ".dvc/tmp/rwlock").exists()
    assert capsys.readouterr().out == ""
