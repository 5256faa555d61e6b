"""The headline: the survey's result beside the simulated one, the other methods, and the bound."""

from halflight.report.headline import headline, summary
from halflight.report.inputs import check_inputs

OWN = {"count": 4000, "nmad": 0.0421, "coverage_68": 0.671, "coverage_95": 0.9}
SKY = {"count": 160, "nmad": 0.0711, "coverage_68": 0.71, "coverage_95": 0.95}


def of(inputs, metrics, *, bound=None, endpoint="sandbox"):
    bins = inputs["bins"].assign(crb_nmad=float("nan") if bound is None else bound)
    provenance = inputs["provenance"] | {"endpoint": endpoint}
    changed = inputs | {"metrics": metrics, "bins": bins, "provenance": provenance}
    return headline(check_inputs(**changed))


def test_both_results_stand_in_the_first_sentence(inputs):
    metrics = {
        "simulated": {"network": {"nmad": 0.0831}, "combined": OWN, "aperture": {"nmad": 0.2}},
        "survey_truth": {"zero_shot": {"nmad": 0.11}, "combined": SKY},
    }
    assert of(inputs, metrics, bound=0.034) == (
        "The radii of network and scene fit together scatter by 0.0421 (NMAD of ln R) on "
        "4\u202f000 simulated test galaxies and by 0.0711 on 160 of the synthetic survey. "
        "Beside it stand 0.0831 and 0.110 for the network, 0.200 for the aperture radius and "
        "0.0340 that the Cramér–Rao bounds of the simulated ones imply, neighbours not counted. "
        "Its 68 % intervals hold 67.1\u202f% and 71.0\u202f%, its 95 % intervals hold "
        "90.0\u202f% and 95.0\u202f%."
    )


def test_without_truths_of_the_survey_the_reference_is_named(inputs):
    metrics = {"simulated": {"combined": OWN}, "survey": {"fine_tuned": SKY}}
    text = of(inputs, metrics, endpoint="recorded")
    assert "and those of the network, fine-tuned scatter by 0.0711 on 160 of the survey" in text
    assert "about the scene fit's radii as no truth is known" in text
    assert "synthetic" not in text
    assert "Cramér" not in text


def test_a_network_alone_speaks_for_itself(inputs):
    metrics = {"simulated": {"network": {"count": 40, "nmad": 0.08}, "aperture": {"nmad": 0.2}}}
    text = of(inputs, metrics)
    assert text.startswith("The radii of the network scatter by 0.0800 (NMAD of ln R) on 40 ")
    assert "0.200 for the aperture radius" in text
    assert "survey" not in text
    assert "intervals" not in text


def test_a_survey_alone_is_no_simulated_result(inputs):
    text = of(inputs, {"survey_truth": {"combined": SKY}}, bound=0.03)
    assert "simulated" not in text
    assert "by 0.0711 (NMAD of ln R) on 160 of the synthetic survey." in text


def test_what_nobody_measured_is_said(inputs):
    for metrics in (None, {"simulated": {"network": {"nmad": float("nan")}}}):
        assert of(inputs, metrics) == "Scores on simulated and survey galaxies: not measured."


def test_runs_are_compared_by_a_few_numbers_of_both_samples(inputs):
    metrics = {
        "simulated": {"network": {"nmad": 0.0831}, "combined": {**OWN, "nll": float("nan")}},
        "survey": {"fine_tuned": SKY},
    }
    found = summary(check_inputs(**inputs | {"metrics": metrics}))
    own = {name: OWN[name] for name in ("nmad", "coverage_68", "coverage_95")}
    assert found["simulated"] == own | {"network_nmad": 0.0831}
    assert found["survey"]["nmad"] == 0.0711
    assert summary(check_inputs(**inputs | {"metrics": None})) == {}
