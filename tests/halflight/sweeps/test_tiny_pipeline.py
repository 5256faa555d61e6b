"""Sweeps of the whole pipeline on tiny parameters, by the command, in every way of searching."""

import json
import sys

import pytest
import yaml

from tests.test_pipeline import clone, run

# Several whole pipelines at a time, minutes each.
pytestmark = [pytest.mark.exhaustive, pytest.mark.timeout(3600)]

LOSS = "data/radius/trained/history.csv:val_loss"
NMAD = "reports/metrics/radius/metrics.json:ln_radius.simulated.network.nmad"
RATES = {"low": 0.0005, "high": 0.005, "log": True}
SWEEPS = {
    "square": {
        "question": "Which corner?",
        "search": "grid",
        "parameters": {
            "radius.train.learning_rate": [0.001, 0.003],
            "radius.train.optimizer": ["AdamW", "SGD"],
        },
        "minimise": LOSS,
        "scores": [NMAD],
    },
    "chance": {
        "question": "Which of three?",
        "search": "random",
        "trials": 3,
        "parameters": {"radius.train.learning_rate": RATES, "+radius.train.model.depth": [2, 3]},
        "settings": {"radius.train.model.filters": 4},
        "minimise": LOSS,
        "targets": ["train@radius"],
    },
    "learnt": {
        "question": "Which of six?",
        "search": "bayesian",
        "trials": 6,
        "parameters": {"radius.train.learning_rate": {"low": 1e-5, "high": 0.01, "log": True}},
        "settings": {"radius.train.epochs": 6},
        "minimise": LOSS,
        "targets": ["train@radius"],
        "prune": {"curve": "train/val/loss", "after": 1, "among": 2},
    },
    "forty": {
        "question": "Do all of them end?",
        "search": "grid",
        "parameters": {
            "radius.train.learning_rate": [0.0005, 0.001, 0.002, 0.004, 0.008],
            "radius.train.optimizer": ["AdamW", "SGD"],
            "radius.train.weight_decay": [0.0, 0.001],
            "radius.train.batch_size": [16, 32],
        },
        "minimise": LOSS,
        "targets": ["train@radius"],
    },
}
ASKED = {"square": 4, "chance": 3, "learnt": 6, "forty": 40}


@pytest.fixture(scope="module")
def tiny(root, tmp_path_factory):
    folder = clone(root, tmp_path_factory.mktemp("swept"))
    (folder / "sweeps.yaml").write_text(yaml.safe_dump(SWEEPS))
    run(folder, "dvc", "repro")
    run(folder, "git", "add", "--all")
    run(folder, "git", "commit", "--quiet", "--message", "run")
    return folder


def experiments(folder, name):
    paths = sorted((folder / "sweeps" / name).glob("*/experiment.json"))
    return [json.loads(path.read_text()) for path in paths]


def halflight(folder, *words):
    program = "import sys; from halflight.command import main; sys.exit(main())"
    return run(folder, sys.executable, "-c", program, *words)


@pytest.mark.parametrize("name", SWEEPS)
def test_every_kind_of_search_ends_with_a_page(tiny, name):
    said = halflight(tiny, "sweep", name, "--workers", "2")
    found = experiments(tiny, name)
    assert len(found) == ASKED[name], said
    ends = {"finished", "given_up"} if "prune" in SWEEPS[name] else {"finished"}
    assert {one["status"] for one in found} <= ends, said
    page = (tiny / f"sweeps/{name}/index.html").read_text()
    assert "Leaderboard" in page
    assert run(tiny, "git", "status", "--porcelain") == ""
    again = halflight(tiny, "sweep", name, "--workers", "2")
    assert "goes on" in again
    assert experiments(tiny, name) == found
    if name == "square":
        reports = [tiny / f"sweeps/square/000{n}/reports/index.html" for n in range(4)]
        assert len({report.read_bytes() for report in reports}) == 4
        assert 'href="0003/reports/index.html"' in page
        scores = [one["scores"][NMAD] for one in found]
        assert all(score["low"] <= score["value"] <= score["high"] for score in scores)
        assert all(one["cost"]["cpu_seconds"] > 1 for one in found)
    else:  # no report was asked for, and that of another run is none
        assert not list(tiny.glob(f"sweeps/{name}/*/reports/index.html"))
    if name == "learnt":
        assert all(len(one["steps"]) in range(1, 7) for one in found)
