"""The numbers of an experiment by address, its curve, and how its end is named."""

import json
import signal

import pandas as pd
import pytest

from halflight.sweeps.endings import ending, memory_kills
from halflight.sweeps.experiment import Score
from halflight.sweeps.outcomes import Address, read_curve, read_score

METRICS = "reports/metrics/radius/metrics.json"


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / METRICS
    path.parent.mkdir(parents=True)
    scores = {"network": {"nmad": 0.1, "count": 7, "device": "cpu", "flag": True}}
    path.write_text(json.dumps({"ln_radius": {"simulated": scores, "survey_truth": scores}}))
    rows = pd.DataFrame(
        {
            "quantity": "ln_radius",
            "dataset": ["simulated", "simulated", "survey", "survey"],
            "against": ["truth", "truth", "truth", "reference"],
            "method": "network",
            "galaxies": "all",
            "by": ["all", "magnitude", "all", "all"],
            "nmad": [0.1, 0.2, 0.3, 0.4],
            "nmad_low": [0.09, 0.19, 0.29, 0.39],
            "nmad_high": [0.11, 0.21, 0.31, 0.41],
        }
    )
    rows.to_csv(path.with_name("bins.csv"), index=False)
    history = pd.DataFrame({"arm": ["a", "a", "b"], "val_loss": [2.0, 1.0, -5.0], "word": "x"})
    (tmp_path / "history.csv").write_text(history.to_csv(index=False))
    return tmp_path


def test_a_score_comes_with_the_interval_that_the_bins_have(folder):
    found = read_score(folder, f"{METRICS}:ln_radius.simulated.network.nmad")
    assert found == Score(0.1, 0.09, 0.11)
    found = read_score(folder, f"{METRICS}:ln_radius.survey_truth.network.nmad")
    assert found == Score(0.1, 0.29, 0.31)
    assert read_score(folder, f"{METRICS}:ln_radius.simulated.network.count") == Score(7.0)
    (folder / METRICS).with_name("bins.csv").unlink()
    found = read_score(folder, f"{METRICS}:ln_radius.simulated.network.nmad")
    assert found == Score(0.1)


def test_of_a_column_the_best_counts(folder):
    assert read_score(folder, "history.csv:val_loss") == Score(-5.0)
    assert read_score(folder, "history.csv:val_loss[arm=a]") == Score(1.0)
    found = read_score(folder, "history.csv:val_loss[arm=a]", lower_is_better=False)
    assert found == Score(2.0)


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("absent.json:a", "no such file was written"),
        (f"{METRICS}:ln_radius.simulated.network.bias", "there is no ln_radius.simulated"),
        (f"{METRICS}:ln_radius.simulated", "is no number"),
        (f"{METRICS}:ln_radius.simulated.network.flag", "is no number, but True"),
        ("history.csv:loss", "there is no column loss"),
        ("history.csv:val_loss[who=a]", "there is no column who"),
        ("history.csv:val_loss[arm=c]", "no row has a number in val_loss"),
        ("history.csv:word", "no row has a number in word"),
    ],
)
def test_a_number_that_is_not_there_is_named(folder, address, message):
    with pytest.raises(ValueError, match=message):
        read_score(folder, address)


@pytest.mark.parametrize(
    "text",
    [
        "a.json",
        "a:b",
        "a.txt:b",
        "a.json:",
        "a.json:b[c=d]",
        "../a.json:b",
        "/a.json:b",
        "",
        "a:b:c",
    ],
)
def test_what_is_no_address_is_refused(text):
    with pytest.raises(ValueError, match=r"is no address of a number|lies in the repository"):
        Address.of(text)


def test_a_curve_is_read_while_it_is_written(tmp_path):
    assert read_curve(tmp_path, "train/val/loss") == ()
    path = tmp_path / "train/plots/metrics/val/loss.tsv"
    path.parent.mkdir(parents=True)
    path.write_text("step\tloss\n0\t1.5\n1\t1.25\n1\t1.125\n2\t0.")
    assert read_curve(tmp_path, "train/val/loss") == ((0, 1.5), (1, 1.125))
    path.write_text("step\tloss\n0\tnan\n")
    assert read_curve(tmp_path, "train/val/loss") == ()
    path.write_text("st")
    assert read_curve(tmp_path, "train/val/loss") == ()


FAILED = """Running stage 'train@radius':
> python -m stages.train radius
epoch 1/2
{said}
ERROR: failed to reproduce 'train@radius': failed to run: stage, exited with {code}
"""


@pytest.mark.parametrize(
    ("code", "log", "words", "passing"),
    [
        (0, "anything", "", False),
        (
            255,
            FAILED.format(said="train: ValueError: no such layer", code=1),
            "train@radius: train: ValueError: no such layer",
            False,
        ),
        (
            255,
            FAILED.format(said="train: MemoryError: memory is short", code=1),
            "train@radius: out of memory: train: MemoryError: memory is short",
            True,
        ),
        (
            255,
            FAILED.format(said="numpy._core._exceptions._ArrayMemoryError: Unable", code=1),
            "train@radius: out of memory: numpy._core._exceptions._ArrayMemoryError: Unable",
            True,
        ),
        (255, FAILED.format(said="", code=-9), "train@radius: killed by SIGKILL", True),
        (255, FAILED.format(said="", code=139), "train@radius: killed by SIGSEGV", True),
        (137, "Running stage", "dvc: killed by SIGKILL", True),
        (-9, "", "dvc: killed by SIGKILL", True),
        (-int(signal.SIGTERM), "", "dvc: killed by SIGTERM", True),
        (
            255,
            "ERROR: unexpected error - database is locked\n",
            "dvc: exit code 255: unexpected error - database is locked",
            True,
        ),
        (1, "", "dvc: exit code 1: no word of why", True),
    ],
)
def test_an_ending_is_named_by_what_did_it(code, log, words, passing):
    found = ending(code, log)
    assert found.words.startswith(words)
    assert found.succeeded == (code == 0)
    assert found.passing == passing


def test_the_systems_want_of_memory_is_named_where_it_counted_one():
    log = FAILED.format(said="", code=-9)
    assert "out of memory; use fewer workers" in ending(255, log, killed_for_memory=True).words
    assert "the system or somebody sent" in ending(255, log).words
    assert memory_kills() >= 0
