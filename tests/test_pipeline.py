"""The whole pipeline on tiny parameters in a temporary clone, without a network, twice."""

import json
import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from halflight import tasks
from halflight.paths import DATASETS
from tests.killing import Disturbed, environment

# The first test waits for the whole pipeline, in one process.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]

TINY = {
    "sandbox": {
        "runs": [752],
        "camcols": [1, 3, 4, 6],
        "fields_per_strip": 1,
        "galaxies": {"counts": {"density": 25.0, "faint_limit": 20.5}},
        "compact": {"counts": {"faint_limit": 20.5}},
        "stars": {"density": 30.0, "faint_limit": 20.5},
        "quasars": {"faint_limit": 20.5},
        "spectra": {"deep": 1.0},
    },
    "radius": {
        "survey": {"stamp_size": 48},
        "simulate": {
            "tiers": {"camera": {"count": 80}, "sdss_like": {"count": 40}},
            "stamp_size": 48,
        },
        "prepare": {
            "stamp_size": 48,
            "split": {
                "camera": {"fractions": [0.8, 0.2, 0.0]},
                "sdss_like": {"fractions": [0.0, 0.5, 0.5]},
                "sandbox": {"fractions": [0.5, 0.25, 0.25]},
            },
        },
        "classical": {"stamps": 20},
        "train": {"epochs": 2, "batch_size": 32, "model": {"filters": [4, 8], "dense_units": 8}},
        "finetune": {"epochs": 1, "from_scratch_epochs": 1, "warmup_epochs": 0},
        "evaluate": {"bootstrap": 20, "magnitude_edges": [14.0, 17.0, 21.0]},
    },
    "star_galaxy": {
        "survey": {"stamp_size": 32},
        "simulate": {
            "tiers": {"broad": {"count": 40}, "sky_like": {"count": 40}},
            "stamp_size": 32,
            "psf_size": 15,
        },
        "prepare": {
            "stamp_size": 28,
            "psf_size": 15,
            "split": {
                "broad": {"fractions": [0.7, 0.3, 0.0]},
                "sky_like": {"fractions": [0.0, 0.5, 0.5]},
                # A judge that is trained needs two fields.
                "sandbox": {"fractions": [0.5, 0.25, 0.25]},
            },
        },
        "classical": {"trees": 10, "folds": 2},
        "train": {"epochs": 1, "model": {"filters": [8]}},
        "finetune": {"epochs": 1, "from_scratch_epochs": 1, "warmup_epochs": 0},
        "evaluate": {"bootstrap": 10},
    },
    "report": {"gallery": 3},
    "capacity": {"epochs": 3},
}


def merge(tree, changes):
    for key, value in changes.items():
        if isinstance(value, dict):
            merge(tree[key], value)
        else:
            tree[key] = value


def clone(root: Path, folder: Path) -> Path:
    """A clone of the working tree, as it is, with tiny parameters, committed."""
    names = run(root, "git", "ls-files", "--cached", "--others", "--exclude-standard", "-z")
    for name in filter(None, names.split("\0")):
        if (root / name).is_file() and Path(name).name != "dvc.lock":
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, folder / name)
    tree = yaml.safe_load((folder / "params.yaml").read_text())
    merge(tree, TINY)
    (folder / "params.yaml").write_text(yaml.safe_dump(tree))
    for command in (
        ["init", "--quiet"],
        ["config", "user.name", "halflight tests"],
        ["config", "user.email", "tests@example.invalid"],
        ["add", "--all"],
        ["commit", "--quiet", "--message", "tiny"],
    ):
        run(folder, "git", *command)
    return folder


def run(folder: Path, *command: str, **environment: str) -> str:
    # No proxy and an unroutable one for every host but loopback: an attempt to leave fails at once.
    closed = {"http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"}
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("DVC_", "GIT_"))}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        command,
        cwd=folder,
        env=inherited | closed | {"no_proxy": "127.0.0.1", "PATH": path} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command} failed:\n{done.stdout}\n{done.stderr}"
    return done.stdout


def lock(folder: Path) -> dict:
    """What dvc.lock says of every stage; in which order a first run wrote them does not matter."""
    return yaml.safe_load((folder / "dvc.lock").read_text())["stages"]


@pytest.fixture(scope="module")
def finished(root, tmp_path_factory):
    """A clone in which one thread and one process ran everything."""
    folder = clone(root, tmp_path_factory.mktemp("one"))
    run(folder, "dvc", "repro", NUMBA_NUM_THREADS="1", HALFLIGHT_PROCESSES="1")
    return folder


def test_from_sky_to_report(finished):
    page = (finished / "reports/index.html").read_text()
    assert "SYNTHETIC" in page.splitlines()[0]
    assert "SYNTHETIC" in (finished / "reports/report.md").read_text().splitlines()[0]
    metrics = json.loads((finished / "reports/metrics/radius/metrics.json").read_text())
    assert set(metrics) == {"ln_radius", "ln_axis_ratio", "magnitude", "device"}
    assert metrics["device"] == {"train": "cpu", "finetune": "cpu", "evaluate": "cpu"}
    scores = metrics["ln_radius"]
    assert set(scores) == {"simulated", "survey", "survey_truth"}
    assert set(scores["simulated"]) == {"network", "scene_fit", "sersic_fit", "aperture"}
    assert {"zero_shot", "fine_tuned", "from_scratch"} <= set(scores["survey"])
    assert scores["simulated"]["network"]["count"] == 20
    # Beside the records of the stages, the synthetic sky is kept for the next task that asks.
    folder = finished / ".checkpoints"
    files = [p.relative_to(folder) for p in folder.rglob("*") if p.is_file()]
    kept = [p for p in files if not ("sky" in p.parts and p.parts[0] == "download")]
    assert {path.parent.name for path in kept} == {"ran"}
    assert not [p for p in finished.rglob("*.partial") if ".dvc" not in p.parts]


def test_the_page_of_the_run_tells_time_and_memory_of_every_stage(finished):
    page = (finished / "reports/run.html").read_text()
    for stage in ("download@radius", "prepare@radius-survey", "train@radius", "evaluate@radius"):
        row = re.search(f'<th scope="row">{stage}</th>(.*)', page)[1]
        assert re.findall("<td[^>]*>([^<]*)<", row)[2].endswith("iB"), row
    assert "did not run here" not in page
    assert "from DVC" not in page.partition('id="run"')[2]
    commit = run(finished, "git", "rev-parse", "--short=10", "HEAD").strip()
    assert commit in page
    assert "none: it is the default run" in page
    assert commit not in (finished / "reports/index.html").read_text()


def test_a_second_run_has_nothing_to_do(finished):
    before = (finished / "dvc.lock").read_bytes()
    said = run(finished, "dvc", "repro")
    assert re.findall("Running stage '(.*)'", said) == ["sky"]  # which only looks
    assert (finished / "dvc.lock").read_bytes() == before


@pytest.mark.thorough
@pytest.mark.timeout(1500)
def test_two_threads_and_processes_give_the_same_bytes(finished, root, tmp_path_factory):
    other = clone(root, tmp_path_factory.mktemp("two"))
    run(other, "dvc", "repro", NUMBA_NUM_THREADS="2", HALFLIGHT_PROCESSES="2")
    assert lock(other) == lock(finished)


AVX2 = "+avx,+avx2,+bmi,+bmi2,+f16c,+fma,+lzcnt,+movbe,+popcnt,+sse4.2"
PROCESSORS = {
    "Intel with AVX2": {"HALFLIGHT_CPU": "x86-64-v3", "OPENBLAS_CORETYPE": "Haswell"},
    "AMD with AVX2": {
        "HALFLIGHT_CPU": "x86-64-v3",
        "OPENBLAS_CORETYPE": "Zen",
        "NUMBA_CPU_NAME": "znver2",
        "NUMBA_CPU_FEATURES": AVX2,
        "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",
        "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX512F,-AVX512VL,-AVX512BW,-AVX512DQ,-AVX512CD",
    },
    "AMD with AVX-512": {
        "OPENBLAS_CORETYPE": "Zen",
        "NUMBA_CPU_NAME": "znver4",
        "NPY_DISABLE_CPU_FEATURES": "AVX512_ICL AVX512_SPR",
    },
    "Intel with AVX-512": {"OPENBLAS_CORETYPE": "SkylakeX"},
}


@pytest.mark.exhaustive
@pytest.mark.timeout(3000)
@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="x86-64's processors")
@pytest.mark.parametrize("processor", PROCESSORS)
def test_every_processor_gives_the_same_bytes(finished, root, tmp_path, processor):
    """As far as one can be taken for another: what libraries look for, and the code compiled."""
    other = clone(root, tmp_path)
    run(other, "dvc", "repro", NUMBA_NUM_THREADS="2", **PROCESSORS[processor])
    assert lock(other) == lock(finished)


def changed_by_deps(folder: Path) -> set[str]:
    """The stages whose own dependencies or parameters are not those of dvc.lock."""
    status = json.loads(run(folder, "dvc", "status", "dvc.yaml", "--json"))
    return {stage for stage, why in status.items() if "changed deps" in str(why)}


def of_tasks(*stages: str) -> set[str]:
    """These stages of every task."""
    return {f"{stage}@{task}" for stage in stages for task in tasks.NAMES}


@pytest.mark.parametrize(
    ("file", "stages"),
    [
        ("scores/tables.py", of_tasks("evaluate")),
        (
            "nn/sources.py",
            {*of_tasks("train", "combine", "finetune", "evaluate"), "report", "capacity"},
        ),
        ("report/figures/hero.py", {"report"}),
        (
            "classical/bound.py",
            {f"{stage}-{dataset}" for stage in of_tasks("classical") for dataset in DATASETS}
            | {"report"},
        ),
    ],
)
def test_changing_a_file_runs_the_stages_that_use_it_and_no_other(finished, file, stages):
    path = finished / "core/halflight" / file
    before = path.read_text()
    path.write_text(before + "# a comment is a change to DVC\n")
    changed = changed_by_deps(finished)
    path.write_text(before)
    assert changed == stages
    assert changed_by_deps(finished) == set()


def test_another_sky_leaves_everything_simulated_as_it_is(finished):
    params = finished / "params.yaml"
    before = params.read_text()
    params.write_text(before.replace("endpoint: sandbox", "endpoint: recorded"))
    changed = changed_by_deps(finished)
    params.write_text(before)
    assert changed == {"sky", "download@radius", "download@star_galaxy", "report"}


# Rounds of kills of the exhaustive test: 60 spread over all stages are an hour beside other work.
ROUNDS = int(os.environ.get("HALFLIGHT_KILL_ROUNDS", "14"))


@pytest.mark.parametrize(
    ("stage", "victim", "at_once"),
    [
        ("simulate@radius", "a worker killed", False),
        ("train@radius", "DVC killed", True),
    ],
)
def test_after_a_kill_dvc_repro_ends_with_the_same_bytes(finished, stage, victim, at_once):
    disturbed = Disturbed(finished, environment(dict(os.environ)), seed=1)
    disturbed.round(stage, victim, at_once=at_once)


@pytest.mark.exhaustive
@pytest.mark.timeout(600 + 120 * ROUNDS)
def test_whatever_is_killed_whenever_dvc_repro_ends_with_the_same_bytes(finished):
    disturbed = Disturbed(finished, environment(dict(os.environ)), seed=2)
    try:
        disturbed.rounds(ROUNDS)
    finally:
        print("\n".join(disturbed.hit))


def slower(folder: Path) -> str:
    """Halve the learning rate of the radius; params.yaml as it was."""
    params = folder / "params.yaml"
    before = params.read_text()
    tree = yaml.safe_load(before)
    tree["radius"]["train"]["learning_rate"] /= 2
    params.write_text(yaml.safe_dump(tree))
    return before


AFTER_TRAIN = {
    *("train@radius", "combine@radius", "finetune@radius", "evaluate@radius", "report"),
}


def test_changing_train_changes_train_and_what_follows(finished):
    assert run(finished, "dvc", "repro", "--dry", "--force-downstream", "-q") == ""
    before = slower(finished)
    changed = changed_by_deps(finished)
    (finished / "params.yaml").write_text(before)
    assert changed == AFTER_TRAIN


@pytest.mark.thorough
@pytest.mark.timeout(1500)
def test_changing_train_runs_train_and_what_follows(finished):
    before = slower(finished)
    output = run(finished, "dvc", "repro")
    ran = [line.split("'")[1] for line in output.splitlines() if line.startswith("Running stage")]
    assert sorted(ran) == sorted({"sky", *AFTER_TRAIN})
    assert next(stage for stage in ran if stage != "sky") == "train@radius"
    (finished / "params.yaml").write_text(before)
    run(finished, "dvc", "repro")  # as it was, for others


def test_a_bad_parameter_stops_the_pipeline_with_one_clear_line(finished):
    params = finished / "params.yaml"
    good = params.read_text()
    params.write_text(good.replace("endpoint: sandbox", "endpoint: sanbox"))
    done = subprocess.run(
        [sys.executable, "-m", "stages.download", "radius"],
        cwd=finished,
        capture_output=True,
        text=True,
        check=False,
    )
    params.write_text(good)
    assert done.returncode == 1
    assert "survey.endpoint" in done.stderr
    assert "received 'sanbox'" in done.stderr
    assert "Traceback" not in done.stderr
    assert (finished / "data/radius/survey/provenance.json").exists()


PROBE = """
import pandas as pd

import stages
from halflight import files

files.write_csv(stages.Path("probe.csv"), pd.DataFrame({"third": [1 / 3]}))
"""


def test_a_queued_experiment_runs_the_code_it_was_queued_with(root, tmp_path):
    folder = clone(root, tmp_path)
    (folder / "stages/probe.py").write_text(PROBE)
    probe = {"cmd": "python -m stages.probe", "deps": ["core/halflight/files.py"]}
    probe["outs"] = [{"probe.csv": {"cache": False}}]
    (folder / "dvc.yaml").write_text(yaml.safe_dump({"stages": {"probe": probe}}))
    run(folder, "git", "add", "--all")
    run(folder, "git", "commit", "--quiet", "--message", "probe")
    code = folder / "core/halflight/files.py"
    before = code.read_text()
    for digits in (4, 2):
        assert before.count("%.9g") == 1
        code.write_text(before.replace("%.9g", f"%.{digits}g"))
        run(folder, "dvc", "exp", "run", "--queue", "--name", f"digits-{digits}")
    code.write_text(before)
    # PYTHONPATH names the core of the checkout under test (see conftest.py), which is neither's.
    run(folder, "dvc", "exp", "run", "--run-all", "--jobs", "1")
    refs = run(folder, "git", "for-each-ref", "--format=%(refname)", "refs/exps").split()
    for digits, written in ((4, "0.3333"), (2, "0.33")):
        [ref] = [name for name in refs if name.endswith(f"/digits-{digits}")]
        assert run(folder, "git", "show", f"{ref}:probe.csv").split() == ["third", written]


WATCHED = """
from pathlib import Path

with Path("runs.txt").open("a") as file:
    file.write("run\\n")
"""


def test_another_recorded_sky_or_another_file_in_it_runs_the_download_again(root, tmp_path):
    folder = clone(root, tmp_path / "clone")
    stages = yaml.safe_load((folder / "dvc.yaml").read_text())["stages"]
    probe = {"cmd": "python probe.py", "deps": ["data/sky.json"]}
    assert "data/sky.json" in stages["download"]["deps"]
    (folder / "probe.py").write_text(WATCHED)
    few = {"stages": {"sky": stages["sky"], "probe": probe}}
    (folder / "dvc.yaml").write_text(yaml.safe_dump(few))
    params = folder / "params.yaml"
    params.write_text(params.read_text().replace("endpoint: sandbox", "endpoint: recorded"))

    skies = []
    for name in ("one", "other"):
        skies.append(tmp_path / name)
        (skies[-1] / "sas").mkdir(parents=True)
        (skies[-1] / "sas/photoObj-1.fits").write_text(name)

    def runs_after(sky: Path) -> int:
        run(folder, "dvc", "repro", HALFLIGHT_RECORDED_SKY=str(sky))
        return len((folder / "runs.txt").read_text().split())

    assert [runs_after(skies[0]), runs_after(skies[0])] == [1, 1]
    assert [runs_after(skies[1]), runs_after(skies[1])] == [2, 2]
    (skies[1] / "sas/photoObj-1.fits").write_text("changed")
    assert runs_after(skies[1]) == 3
    params.write_text(params.read_text().replace("endpoint: recorded", "endpoint: sandbox"))
    assert [runs_after(Path("nowhere")), runs_after(Path("elsewhere"))] == [4, 4]
