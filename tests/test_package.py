"""The package as others install it: one import name, its data files, its command."""

import os
import shutil
import subprocess
import sys
import zipfile

import pytest

from halflight import __version__

pytestmark = pytest.mark.slow

MODEL = ("card.json", "estimator.json", "network/model.json", "network/weights.safetensors")


@pytest.fixture(scope="module")
def wheel(root, tmp_path_factory):
    """A wheel built from a copy of what it is made of, without a network."""
    source = tmp_path_factory.mktemp("source")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy2(root / name, source / name)
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
    shutil.copytree(root / "core", source / "core", ignore=ignored)
    model = source / "core/halflight/models/stand_in"  # as a trained one lies there
    (model / "network").mkdir(parents=True)
    for name in MODEL:
        (model / name).write_text("{}")
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet"]
    command = [sys.executable, "-m", "pip", "wheel", *options, "-w", str(source / "dist"), "."]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    [built] = (source / "dist").glob("*.whl")
    return built


def test_it_installs_halflight_alone_with_its_files(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        entry = next(name for name in names if name.endswith("entry_points.txt"))
        assert "halflight = halflight.command:main" in archive.read(entry).decode()
    assert {name.split("/")[0] for name in names} == {
        "halflight",
        f"halflight-{__version__}.dist-info",
    }
    assert "halflight/report/templates/page.html.j2" in names
    assert "halflight/report/templates/measured.html.j2" in names
    assert {f"halflight/models/stand_in/{name}" for name in MODEL} <= set(names)
    assert "halflight/kernels/reference/dense.py" in names


def test_it_works_from_any_folder_and_nothing_else_is_importable(wheel, tmp_path):
    place = tmp_path / "site"
    options = ["--no-deps", "--no-index", "--quiet", "--target", str(place)]
    subprocess.run([sys.executable, "-m", "pip", "install", *options, str(wheel)], check=True)
    environment = os.environ | {"PYTHONPATH": str(place)}

    def python(*arguments):
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    found = python("-c", "import halflight.nn; print(halflight.__file__)")
    assert found.returncode == 0, found.stderr
    assert found.stdout.startswith(str(place))
    for stranger in ("core", "stages"):
        failed = python("-c", f"import {stranger}")
        assert f"No module named '{stranger}'" in failed.stderr
    shown = python("-c", "from halflight.command import main; main()", "--help")
    assert shown.returncode == 0
    assert "measure" in shown.stdout
