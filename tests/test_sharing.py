"""A remote in one line: a fresh clone pulls the page, and has nothing to run."""

import pytest
import yaml

from tests.halflight.sweeps import probe


@pytest.mark.thorough
def test_a_fresh_clone_pulls_the_page_without_running_anything(tmp_path):
    root = probe.lay(tmp_path / "repository")
    probe.dvc(root, "repro", "--quiet")
    probe.dvc(root, "remote", "add", "--default", "team", str(tmp_path / "shared"))
    probe.dvc(root, "push", "--quiet")
    probe.git(root, "add", "--all")
    probe.git(root, "commit", "--quiet", "--message", "run")
    probe.git(tmp_path, "clone", "--quiet", str(root), "fresh")
    fresh = tmp_path / "fresh"
    assert not (fresh / "reports/index.html").exists()
    probe.dvc(fresh, "pull", "--quiet")
    assert (fresh / "reports/index.html").read_text() == "<h1>whole: 1.0</h1>"
    assert "Data and pipelines are up to date" in probe.dvc(fresh, "status")
    assert probe.git(fresh, "status", "--porcelain") == ""


def test_the_page_of_the_pipeline_travels_so(root):
    """What a stage writes is in git or in DVC's cache, and so in a remote."""
    stages = yaml.safe_load((root / "dvc.yaml").read_text())["stages"]
    assert "reports/index.html" in stages["report"]["outs"]  # cached: no `cache: false`
