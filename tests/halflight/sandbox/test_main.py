import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from halflight.sandbox.__main__ import main


def test_it_serves_until_interrupted(root: Path, get: Callable) -> None:
    command = [sys.executable, "-m", "halflight.sandbox", "--sky", "synthetic", "--fields", "1"]
    with subprocess.Popen(
        command,
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            lines = [process.stdout.readline() for _ in range(3)]
            assert "synthetic sky" in lines[0]
            url = lines[1].split()[1]
            status, _, body = get(
                f"{url}/dr17/en/tools/search/x_results.aspx", cmd="SELECT COUNT(*) FROM Field"
            )
            assert (status, body) == (200, b"#Table1\nColumn1\n2\n")
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=30)
        finally:
            process.kill()
    assert process.returncode == 0
    assert errors.strip() == "sandbox: stopped"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--sky", "/no/such/folder"], "no recorded sky at /no/such/folder"),
        (["--sky", "synthetic", "--fields", "0"], "fields_per_strip: "),
        (["--sky", "synthetic", "--fields", "31"], "received 31"),
        (["--sky", "synthetic", "--params", "nowhere.yaml"], "nowhere.yaml does not exist"),
        (["--sky", "synthetic", "--seed", "-1"], "seed: "),
    ],
)
def test_errors_are_one_line(
    arguments: list[str],
    message: str,
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(root)
    assert main(arguments) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert message in error
