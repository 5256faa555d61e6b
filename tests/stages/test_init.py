"""How a stage ends: exit codes, one clear line for what was expected, a traceback for a defect."""

import pytest

import stages
from halflight.params import ParamsError


def test_a_stage_that_succeeds_returns():
    stages.run(lambda: None)


@pytest.mark.parametrize("error", [ParamsError("train.epochs: is missing"), OSError("disk full")])
def test_an_expected_error_is_one_line_and_exit_code_1(error, capsys):
    def stage():
        raise error

    with pytest.raises(SystemExit) as stopped:
        stages.run(stage, OSError)
    assert stopped.value.code == 1
    assert str(error) in capsys.readouterr().err


def test_a_traceback_is_shown_on_request(monkeypatch):
    def stage():
        raise OSError("disk full")

    monkeypatch.setenv("HALFLIGHT_TRACEBACK", "1")
    with pytest.raises(OSError, match="disk full"):
        stages.run(stage, OSError)


def test_ctrl_c_is_exit_code_130(capsys):
    def stage():
        raise KeyboardInterrupt

    with pytest.raises(SystemExit) as stopped:
        stages.run(stage)
    assert stopped.value.code == 130
    assert "dvc repro" in capsys.readouterr().err


def test_a_defect_keeps_its_traceback():
    def stage():
        raise AttributeError("a bug")

    with pytest.raises(AttributeError):
        stages.run(stage, ValueError)


def test_the_number_of_processes_comes_from_the_environment(monkeypatch):
    monkeypatch.setenv("HALFLIGHT_PROCESSES", "3")
    assert stages.processes() == 3
    monkeypatch.delenv("HALFLIGHT_PROCESSES")
    assert stages.processes() >= 1


def test_checkpoints_belong_to_the_main_checkout(monkeypatch, tmp_path):
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    assert stages.project_path(stages.Path(".checkpoints")) == tmp_path / ".checkpoints"
