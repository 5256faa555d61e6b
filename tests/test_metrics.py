"""The committed results: within README's tolerances of the accepted ones, and as it tells them."""

import json

import pytest

from halflight.reproduction import TOLERANCES

# NMAD over all magnitudes of the last run that was looked at and accepted. Who changes the science
# changes these numbers, and says why.
ACCEPTED = {
    ("simulated", "combined"): 0.0404,
    ("simulated", "scene_fit"): 0.0386,
    ("simulated", "network"): 0.0751,
    ("simulated", "sersic_fit"): 0.0702,
    ("simulated", "aperture"): 0.1708,
    ("survey_truth", "combined"): 0.0849,
    ("survey_truth", "scene_fit"): 0.0728,
    ("survey_truth", "sersic_fit"): 0.0970,
    ("survey_truth", "aperture"): 0.1750,
    ("survey_truth", "zero_shot"): 0.1065,
    ("survey_truth", "fine_tuned"): 0.0966,
    ("survey_truth", "from_scratch"): 0.2591,
}

# README's rows, and the methods of the simulation and of the survey that they are of.
TABLE = {
    "network + scene fit": ("combined", "combined"),
    "scene fit": ("scene_fit", "scene_fit"),
    "network": ("network", "zero_shot"),
    "Sersic fit": ("sersic_fit", "sersic_fit"),
    "aperture, corrected for seeing": ("aperture", "aperture"),
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


def in_readme(scores):
    """Scatter, outliers and coverage of one method as README's table writes them."""
    held = f"{100 * scores['coverage_68']:.0f} %" if "coverage_68" in scores else "no error bar"
    return f"{scores['nmad']:.3f} | {100 * scores['outlier_fraction']:.1f} % | {held}"


def test_readmes_table_is_that_of_the_metrics(root, metrics):
    lines = (root / "README.md").read_text().splitlines()
    for title, (simulated, survey) in TABLE.items():
        halves = (
            in_readme(metrics["simulated"][simulated]),
            in_readme(metrics["survey_truth"][survey]),
        )
        assert f"| {title} | {' | '.join(halves)} |" in lines
