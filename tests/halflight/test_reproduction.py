"""The command that compares metrics: what is within tolerance, what is not, what cannot be said."""

import copy
import json
import subprocess
import sys

import pytest

from halflight import reproduction

METRICS = {
    "ln_radius": {
        "simulated": {
            "network": {"count": 1080, "nmad": 0.08, "bias": 0.01},
            "aperture": {"count": 1080, "nmad": 0.18, "bias": 0.01},
        },
        "survey_truth": {"from_scratch": {"count": 168, "nmad": 0.26, "bias": 0.01}},
    },
    "device": {"train": "cpu"},
}


def changed(dataset, method, score, value):
    metrics = copy.deepcopy(METRICS)
    metrics["ln_radius"][dataset][method][score] = value
    return metrics


@pytest.mark.parametrize(
    ("dataset", "method", "score", "value", "holds"),
    [
        ("simulated", "network", "nmad", 0.0879, True),
        ("simulated", "network", "nmad", 0.0721, True),
        ("simulated", "network", "nmad", 0.0881, False),
        ("simulated", "network", "nmad", float("nan"), False),
        ("simulated", "aperture", "nmad", 0.1815, True),
        ("simulated", "aperture", "nmad", 0.1820, False),
        ("survey_truth", "from_scratch", "nmad", 0.38, True),
        ("survey_truth", "from_scratch", "nmad", 0.40, False),
        ("survey_truth", "from_scratch", "count", 167, False),
        ("simulated", "network", "bias", 5.0, True),
    ],
)
def test_a_change_is_judged_by_its_methods_tolerance(dataset, method, score, value, holds):
    compared = reproduction.compare(METRICS, changed(dataset, method, score, value))
    outside = [str(comparison) for comparison in compared if not comparison.holds]
    assert bool(outside) is not holds
    assert all(f"{dataset} {method} {score}" in line for line in outside)


def test_what_is_on_one_side_only_is_not_within_tolerance():
    fewer = copy.deepcopy(METRICS)
    del fewer["ln_radius"]["simulated"]["aperture"]
    for before, after, word in ((METRICS, fewer, "committed"), (fewer, METRICS, "here")):
        lines = [str(c) for c in reproduction.compare(before, after) if not c.holds]
        assert len(lines) == 2
        assert all(line.endswith(f"only {word}") for line in lines)


def test_a_method_without_a_tolerance_is_named():
    metrics = {"ln_radius": {"survey": {"oracle": {"count": 1, "nmad": 0.1}}}}
    with pytest.raises(ValueError, match="no tolerance for 'oracle'"):
        reproduction.compare(metrics, metrics)


@pytest.fixture
def checkout(tmp_path):
    """A repository with committed metrics."""
    file = tmp_path / "reports/metrics/radius/metrics.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(METRICS))
    identity = ["-c", "user.name=tests", "-c", "user.email=tests@example.invalid"]
    for command in (["init", "-q"], ["add", "-A"], [*identity, "commit", "-qm", "metrics"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    return file


def compared(file, *words):
    return subprocess.run(
        [sys.executable, "-m", "halflight.reproduction", *words],
        cwd=file.parents[3],
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_says_the_same_within_or_not(checkout):
    done = compared(checkout)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "the same as HEAD")
    checkout.write_text(json.dumps(changed("simulated", "network", "nmad", 0.081)))
    done = compared(checkout, "HEAD")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "within tolerance of HEAD")
    checkout.write_text(json.dumps(changed("simulated", "network", "nmad", 0.2)))
    done = compared(checkout)
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1] == "1 of 6 are not within tolerance of HEAD"
    assert "0.08 -> 0.2, +150.00 % of 10 %: NOT within tolerance" in done.stdout


def test_where_nothing_can_be_compared_it_says_why_in_one_line(checkout):
    done = compared(checkout, "no-such-revision")
    assert done.returncode == 2
    assert "no-such-revision" in done.stderr
    checkout.write_text("{")
    assert compared(checkout).returncode == 2
    checkout.unlink()
    done = compared(checkout)
    assert done.returncode == 2
    assert "dvc repro" in done.stderr
    assert done.stderr.count("\n") == 1


def test_probabilities_are_compared_by_their_squared_error_and_what_is_beside_is_not():
    own = {"auc": 0.99, "mse": 0.02, "count": 652}
    methods = ("fine_tuned", "stacked", "forest", "svm", "cut", "spread")
    metrics = {
        "star_probability": {"survey": {method: dict(own) for method in methods}},
        "paired": {"mse": {"difference": -0.004, "low": -0.01, "high": 0.0}},
        "decided": {"forest": {"validated": 430, "undecided": 0.1}},
        "device": {"train": "cpu"},
    }
    assert all(each.holds for each in reproduction.compare(metrics, metrics))
    other = copy.deepcopy(metrics)
    other["star_probability"]["survey"]["cut"]["mse"] = 0.021
    other["star_probability"]["survey"]["forest"]["mse"] = 0.021
    outside = [each for each in reproduction.compare(metrics, other) if not each.holds]
    assert [each.place for each in outside] == ["star_probability survey cut mse"]
