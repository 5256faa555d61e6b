"""A pipeline of one stage that takes no time, for tests of what runs it."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import yaml

from halflight.sweeps.copies import Repository

T = TypeVar("T")
# What the stage does is a parameter: end, train with a curve, fail, be killed, want more memory
# than there is, or wait to be killed by the test.
STAGE = """
import json, os, signal, sys, time
from pathlib import Path

import yaml

probe = yaml.safe_load(Path("params.yaml").read_text())["probe"]
x, how = float(probe["x"]), probe["how"]
print("probe: began", how, flush=True)
if how == "fail":
    sys.exit("probe: ValueError: x must not be 3")
if how == "die":
    os.kill(os.getpid(), signal.SIGKILL)
if how == "die once" and not (left := Path(os.environ["PROBE"]) / "died").exists():
    left.touch()
    os.kill(os.getpid(), signal.SIGKILL)
if how == "memory":
    try:
        bytearray(1 << 40)
    except MemoryError as error:
        sys.exit(f"probe: MemoryError: memory is short ({error})")
if how == "wait":
    Path(os.environ["PROBE"], f"waiting-{os.getpid()}").touch()
    time.sleep(600)
if how == "curve":
    curve = Path(os.environ["HALFLIGHT_LIVE"]) / "train/plots/metrics/val/loss.tsv"
    curve.parent.mkdir(parents=True)
    for epoch in range(probe["epochs"]):
        with curve.open("a") as file:
            file.write(("step\\tloss\\n" if not epoch else "") + f"{epoch}\\t{x}\\n")
        time.sleep(probe["pause"])
Path("scores").mkdir(exist_ok=True)
Path("scores/scores.json").write_text(json.dumps({"a": {"b": x * x, "name": how}}))
Path("scores/history.csv").write_text(f"arm,loss\\none,{x}\\none,{x + 1}\\nother,{-x}\\n")
metrics = Path("reports/metrics/radius/metrics.json")
metrics.parent.mkdir(parents=True, exist_ok=True)
metrics.write_text(json.dumps({"moves": {"with": x}, "stays": 1.0}))
Path("reports/index.html").write_text(f"<h1>{probe['title']}: {x}</h1>")
Path("reports/report.md").write_text(f"# {probe['title']}\\n\\n![a](figures/a.png)\\n")
Path("reports/figures").mkdir(exist_ok=True)
Path("reports/figures/a.png").write_bytes(b"png")
"""
# Stands for DVC where its two seconds a call are not what is tried: says and leaves what it does.
STAND_IN = """
import subprocess, sys
from pathlib import Path

import yaml

def git(*words):
    done = subprocess.run(["git", *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()

match sys.argv[1:]:
    case ["cache", "dir"]:
        print(Path(".dvc/cache").absolute())
    case ["checkout", *_]:
        pass
    case ["exp", "run", "--name", name, *words]:
        params = yaml.safe_load(Path("params.yaml").read_text())
        for option, setting in zip(words, words[1:]):
            if option == "-S":
                key, _, value = setting.partition("=")
                section, key = key.split(".")
                params[section][key] = yaml.safe_load(value)
        Path("params.yaml").write_text(yaml.safe_dump(params))
        code = subprocess.run([sys.executable, "stage.py"]).returncode
        if code:
            sys.exit(f"ERROR: failed to reproduce 'probe': failed to run: x, exited with {code}")
        tree, head = git("write-tree"), git("rev-parse", "HEAD")
        commit = git("commit-tree", tree, "-p", head, "-m", name)
        git("update-ref", f"refs/exps/{head[:2]}/{head[2:]}/{name}", commit)
    case words:
        sys.exit(f"ERROR: no such command {words}")
"""
PIPELINE = {
    "stages": {
        "probe": {
            "cmd": "python stage.py",
            "deps": ["stage.py"],
            "params": ["probe"],
            "outs": ["reports/index.html", {"reports/report.md": {"cache": False}}],
            "metrics": [
                {"scores/scores.json": {"cache": False}},
                {"reports/metrics/radius/metrics.json": {"cache": False}},
            ],
            "plots": [
                {"scores/history.csv": {"cache": False}},
                {"reports/figures": {"cache": False}},
            ],
        }
    }
}
PARAMS = {
    "probe": {
        "x": 1.0,
        "how": "end",
        "epochs": 3,
        "pause": 0.0,
        "units": [4, 8],
        "title": "whole",
    }
}
CONFIG = "[core]\n    analytics = false\n    check_update = false\n    autostage = false\n"
CONFIG += "[cache]\n    type = hardlink,copy\n"


def git(folder: Path, *words: str) -> str:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    done = subprocess.run(
        ["git", *words], cwd=folder, env=kept, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def dvc(folder: Path, *words: str) -> str:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["dvc", *words],
        cwd=folder,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def lay(folder: Path) -> Path:
    """A repository with the pipeline, committed, that has never run."""
    (folder / ".dvc").mkdir(parents=True)
    (folder / ".dvc/config").write_text(CONFIG)
    (folder / ".dvc/.gitignore").write_text("/config.local\n/tmp\n/cache\n")
    (folder / ".gitignore").write_text("/sweeps/\n/quick/\n/review/\n/.checkpoints/\n")
    (folder / ".dvcignore").write_text("/sweeps/\n/quick/\n/review/\n")
    (folder / "reports").mkdir()
    (folder / "reports/.gitignore").write_text("/index.html\n")
    (folder / "quick.yaml").write_text("probe.title: quick\nprobe.epochs: 1\n")
    (folder / "stage.py").write_text(STAGE)
    (folder / "dvc.yaml").write_text(yaml.safe_dump(PIPELINE))
    (folder / "params.yaml").write_text(yaml.safe_dump(PARAMS))
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "config", "user.name", "halflight tests")
    git(folder, "config", "user.email", "tests@example.invalid")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "probe")
    return folder


def waiting(folder: Path) -> list[int]:
    """The processes of stages that wait, which name themselves in the folder PROBE."""
    return [int(path.name.partition("-")[2]) for path in folder.glob("waiting-*")]


def alive(pids: list[int]) -> list[Path]:
    """Those that run and are no zombies."""
    states = [Path(f"/proc/{pid}/stat") for pid in pids]
    return [p for p in states if p.exists() and p.read_text().rpartition(")")[2].split()[0] != "Z"]


def until(ask: Callable[[], T], seconds: float = 30.0) -> T:
    """What `ask` says once it says anything."""
    end = time.monotonic() + seconds
    while not (found := ask()):
        assert time.monotonic() < end
        time.sleep(0.05)
    return found


def with_stand_in(root: Path) -> Repository:
    """The repository, with the stand-in for DVC."""
    (root.parent / "stand_in.py").write_text(STAND_IN)
    words = (sys.executable, str(root.parent / "stand_in.py"))
    return replace(Repository.here(root), dvc=words)
