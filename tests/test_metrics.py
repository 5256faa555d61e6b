"""The committed results: within README's tolerances of the accepted ones, and as it tells them."""

import json
import re

import pytest

from halflight.reproduction import TOLERANCES

# NMAD over all magnitudes of the last run that was looked at and accepted. Who changes the science
# changes these numbers, and says why.
ACCEPTED = {
    ("simulated", "network"): 0.0812,
    ("simulated", "sersic_fit"): 0.0784,
    ("simulated", "aperture"): 0.1771,
    ("survey_truth", "sersic_fit"): 0.1062,
    ("survey_truth", "aperture"): 0.1596,
    ("survey_truth", "zero_shot"): 0.1121,
    ("survey_truth", "fine_tuned"): 0.1197,
    ("survey_truth", "from_scratch"): 0.2603,
}


@pytest.fixture(scope="module")
def metrics(root):
    return json.loads((root / "reports/metrics/radius/metrics.json").read_text())["ln_radius"]


@pytest.mark.parametrize("place", ACCEPTED, ids="-".join)
def test_the_scatter_is_within_its_tolerance_of_the_accepted_one(metrics, place):
    dataset, method = place
    nmad = metrics[dataset][method]["nmad"]
    assert nmad == pytest.approx(ACCEPTED[place], rel=TOLERANCES[method])


def test_the_scatter_has_its_own_size(metrics):
    """A gate that a run of nothing would pass is none."""
    for scores in metrics.values():
        for score in scores.values():
            assert score["count"] > 100
            assert 0.02 < score["nmad"] < 0.6


def test_readme_says_what_the_metrics_say(root, metrics):
    text = " ".join((root / "README.md").read_text().split())
    said = re.search(
        r"\((\S+) % at one sigma, the network's (\S+) %; on the synthetic survey, whose sky the "
        r"network did not train on, (\S+) % and (\S+) %\)",
        text,
    )
    assert said, "README's sentence on coverage has changed: let this test read it"
    places = [
        ("simulated", "sersic_fit"),
        ("simulated", "network"),
        ("survey_truth", "sersic_fit"),
        ("survey_truth", "zero_shot"),
    ]
    for words, (dataset, method) in zip(said.groups(), places, strict=True):
        digits = len(words.partition(".")[2])
        held = 100 * metrics[dataset][method]["coverage_68"]
        assert words == f"{held:.{digits}f}", f"{method} on {dataset}"
