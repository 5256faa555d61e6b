"""Continuous integration: its files are workflows, and say nothing that does not run here."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))


def jobs(path):
    # YAML 1.1 reads the key `on` as true.
    return yaml.safe_load(path.read_text())["jobs"].values()


def test_they_keep_to_githubs_schema():
    assert {path.stem for path in WORKFLOWS} == {"release", "review", "tests", "weekly"}
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows",
         *WORKFLOWS],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_command_is_a_target_of_make(path):
    for job in jobs(path):
        values = {
            str(row.get("command"))
            for row in job.get("strategy", {}).get("matrix", {}).get("include", [])
        } - {"None"}
        assert values <= TARGETS
        for step in job.get("steps", []):
            words = step.get("run", "make help").replace("${{ matrix.command }}", "help").split()
            if words[:3] == ["gh", "release", "create"]:
                continue
            assert words[0] == "make", step
            named = [word for word in words[1:] if re.fullmatch(r"[a-z-]+", word)]
            assert named, step
            assert set(named) <= TARGETS, step


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_job_ends_by_itself_and_may_write_only_what_it_must(path):
    text = path.read_text()
    assert yaml.safe_load(text)["permissions"]["contents"] == "read"
    assert "pull_request_target" not in text  # would hand a fork the token
    # What others write (titles, names of branches) reaches a shell in quotes or not at all.
    assert not re.search(r"github\.event\.(pull_request\.(title|body)|issue|comment)", text)
    for job in jobs(path):
        assert "uses" in job or job["timeout-minutes"] <= 120


def test_every_version_of_python_that_is_promised_is_tried():
    [job] = jobs(ROOT / ".github/workflows/tests.yml")
    matrix = job["strategy"]["matrix"]
    assert matrix["python"] == ["3.11", "3.12", "3.13"]
    machines = {*matrix["machine"], *(row["machine"] for row in matrix["include"])}
    assert machines == {"ubuntu-latest", "ubuntu-24.04-arm", "macos-latest"}


def test_the_summary_is_the_review_and_the_report_without_its_pictures(tmp_path):
    (tmp_path / "review.md").write_text("## What changes\n")
    (tmp_path / "report.md").write_text("# Report\n\n![a](figures/a.png)\nwords\n")

    def summary(folder):
        words = ["make", "--silent", "ci-summary", f"REVIEW={folder}"]
        return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert summary(tmp_path) == "## What changes\n\n# Report\n\nwords\n"
    assert "did not end" in summary(tmp_path / "nowhere")
