"""params.yaml is read strictly: whatever is wrong is named, with the rule and the value."""

import os
import pickle
import re
import subprocess
import sys

import pytest
import yaml

from halflight import params
from halflight.simulation import SERSIC_N_GRID


@pytest.fixture
def changed(root, tmp_path):
    """A copy of params.yaml with some values replaced by their dotted names."""

    def change(**values):
        tree = yaml.safe_load((root / "params.yaml").read_text())
        for name, value in values.items():
            *parents, last = name.split("__")
            node = tree
            for key in parents:
                node = node[key]
            if value is ...:
                del node[last]
            else:
                node[last] = value
        path = tmp_path / "params.yaml"
        path.write_text(yaml.safe_dump(tree))
        return path

    return change


def test_the_committed_parameters_are_valid(root):
    assert params.load(root / "params.yaml").survey.endpoint == "sandbox"


PICKLED = """
import hashlib, pickle, sys
from pathlib import Path
from halflight import params
settings = params.load(Path(sys.argv[1]))
print(hashlib.sha256(pickle.dumps(settings.radius)).hexdigest())
"""


def test_a_section_pickles_to_the_same_bytes_in_every_process(root):
    found = {
        subprocess.run(
            [sys.executable, "-c", PICKLED, str(root / "params.yaml")],
            env=os.environ | {"PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(found) == 1
    settings = params.load(root / "params.yaml").radius
    again = pickle.loads(pickle.dumps(settings))  # noqa: S301 - its own
    assert again == settings
    assert again.model_fields_set == settings.model_fields_set


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (
            {"preset": "resnet"},
            r"unknown preset 'resnet'; known are .*; did you mean resnet_",
        ),
        ({"preset": "radiusnet"}, r"known are alexnet, .*; did you mean radius_net\?"),
        (
            {"preset": "radius_net", "filter": [4]},
            r"preset radius_net: unknown option\(s\) filter; known are .*did you mean filters\?",
        ),
        (
            {"preset": "radius_net", "filters": "4"},
            "filters must be an integer or a list of integers, received '4'",
        ),
        ({"preset": "lenet5", "dropout": "much"}, r"lenet5: .*dropout"),
        ({"preset": "radius_net", "dropout": True}, "dropout must be a number, received true"),
        ({"preset": "lenet5", "seed": 3}, "seed: set by the pipeline"),
        ({"preset": "radius_net", "targets": 2}, "targets: set by the pipeline"),
    ],
)
@pytest.mark.parametrize("section", ["radius.train", "radius.simulate"])
def test_a_preset_and_its_options_are_judged_with_all_parameters(changed, model, message, section):
    """So that the first stage says it, and not the training an hour later."""
    path = changed(radius__train__model=model)
    with pytest.raises(params.ParamsError, match=rf"(?i)train\.model: .*{message}") as raised:
        params.read(section, path=path)
    assert len(str(raised.value).splitlines()) <= 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"radius__train__epoch": 3},
            r"radius\.train\.epoch: there is no such parameter; received 3",
        ),
        ({"training": {}}, r"training: there is no such parameter"),
        ({"radius__train__epochs": ...}, r"radius\.train\.epochs: is missing"),
        ({"radius__train__epochs": 0}, r"radius\.train\.epochs: .*greater than 0; received 0"),
        ({"star_galaxy__train__decisive": 0.5}, r"train\.decisive: .*greater than 0\.5; received"),
        ({"star_galaxy__train__decisive": 1.0}, r"train\.decisive: .*less than 1; received 1\.0"),
        (
            {"star_galaxy__evaluate__decided_wrong": 0.5},
            r"decided_wrong: .*less than 0\.5; received",
        ),
        ({"radius__train__decisive": 0.9}, r"radius\.train\.decisive: there is no such parameter"),
        (
            {"radius__train__epochs": 2.5},
            r"radius\.train\.epochs: .*integer.*received 2\.5 \(float\)",
        ),
        ({"radius__train__epochs": True}, r"radius\.train\.epochs: .*integer.*received True"),
        ({"radius__train__augment": "no"}, r"radius\.train\.augment: .*boolean.*received 'no'"),
        ({"survey__endpoint": "sloan"}, r"survey\.endpoint: .*'sandbox'.*received 'sloan'"),
        ({"survey__queries_per_minute": 100}, r"queries_per_minute: .*60; received 100"),
        ({"radius__survey__stamp_size": 95}, r"radius\.survey\.stamp_size: .*must be even"),
        ({"radius__prepare__psf_size": 24}, r"radius\.prepare\.psf_size: .*must be odd"),
        (
            {"radius__prepare__split__camera__fractions": [0.5, 0.2, 0.2]},
            r"must sum to 1, not 0\.9",
        ),
        ({"radius__simulate__population__radius": [12.0, 0.5]}, r"must not be above the second"),
        (
            {"radius__evaluate__magnitude_edges": [14.0, 16.0, 15.0]},
            r"must be above the one before",
        ),
        ({"radius__evaluate__crowding_cuts": []}, r"crowding_cuts: .*at least 1 item"),
        ({"radius__evaluate__size_over_psf_cuts": [1.5, 0.8]}, r"must be above the one before"),
        ({"radius__evaluate__sersic_n_cuts": [0.0, 2.0]}, r"sersic_n_cuts\.0: .*greater than 0"),
        ({"radius__evaluate__axis_ratio_cuts": [0.5, 1.0]}, r"axis_ratio_cuts\.1: .*less than 1"),
        ({"radius__evaluate__crowding_cuts": [float("inf")]}, r"crowding_cuts\.0: .*finite"),
        ({"radius__simulate__population__late_fraction": float("nan")}, r"late_fraction: .*finite"),
        (
            {"radius__train__model": {"filters": [4]}},
            r"radius\.train\.model: .*either a preset or a list of layers",
        ),
        (
            {"radius__train__model": {"preset": "vgg_a", "layers": ["Flatten"]}},
            r"radius\.train\.model: .*either a preset or a list of layers",
        ),
        (
            {"radius__train__model": {"layers": ["Flatten"], "dropout": 0.1}},
            r"dropout: only a preset has",
        ),
        (
            {"radius__train__model": {"layers": []}},
            r"radius\.train\.model\.layers: .*at least 1 item",
        ),
        (
            {"radius__train__model": {"layers": "Flatten"}},
            r"radius\.train\.model\.layers: .*received 'Flatten'",
        ),
        (
            {"radius__train__model": {"layers": ["Flatten", {"Dense": None, "units": 3}]}},
            r"radius\.train\.model\.layers\.1: .*must be a layer's name.*received .*units",
        ),
        (
            {"radius__train__model": {"layers": [{"Dense": 3}]}},
            r"layers\.0: .*must be a layer's name",
        ),
        (
            {"radius__train__model": {"preset": 18}},
            r"radius\.train\.model\.preset: .*string; received 18",
        ),
    ],
)
def test_a_bad_parameter_is_named_with_its_rule_and_value(changed, change, message):
    with pytest.raises(params.ParamsError, match=message):
        params.load(changed(**change))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"magnitude": [20.0, 14.0]}, r"magnitude: .*must not be above the second"),
        ({"run": [8162, 94]}, r"run: .*must not be above the second"),
        ({"late_fraction": 1.2}, r"late_fraction: .*less than or equal to 1; received 1\.2"),
        ({"bulge_disc_fraction": -0.1}, r"bulge_disc_fraction: .*received -0\.1"),
        ({"neighbour_star_fraction": 1.1}, r"neighbour_star_fraction: .*received 1\.1"),
        ({"double_gaussian_fraction": 2.0}, r"double_gaussian_fraction: .*received 2\.0"),
        ({"early_axis_ratio": [0.0, 1.0]}, r"early_axis_ratio\.0: .*equal to 0\.05; received 0\.0"),
        ({"late_axis_ratio": [0.2, 1.1]}, r"late_axis_ratio\.1: .*equal to 1; received 1\.1"),
        ({"late_axis_ratio": [0.9, 0.2]}, r"late_axis_ratio: .*must not be above the second"),
        ({"sersic_n": [0.3, 6.0]}, r"sersic_n\.0: .*equal to 0\.5; received 0\.3"),
        ({"sersic_n": [6.0, 0.5]}, r"sersic_n: .*must not be above the second"),
        ({"bulge_sersic_n": [1.0, 8.0]}, r"bulge_sersic_n\.1: .*equal to 6; received 8\.0"),
        ({"bulge_sersic_n": []}, r"bulge_sersic_n: .*at least 1 item"),
        ({"moffat_beta": []}, r"moffat_beta: .*at least 1 item"),
        ({"size_scatter": 0.0}, r"size_scatter: .*greater than 0; received 0\.0"),
        ({"radius": [0.0, 12.0]}, r"radius\.0: .*greater than 0; received 0\.0"),
        ({"radius": [3.0, 2.0]}, r"radius: .*must not be above the second"),
        ({"late_sersic_n": [1.3, 0.0]}, r"late_sersic_n\.1: .*greater than 0"),
        ({"early_sersic_n": [-4.0, 0.3]}, r"early_sersic_n\.0: .*greater than 0"),
        ({"nmgy_per_count": [0.0, 0.08]}, r"nmgy_per_count\.0: .*greater than 0"),
        ({"neighbour_slope": 0.0}, r"neighbour_slope: .*greater than 0; received 0\.0"),
        ({"neighbour_magnitude": [22.0, 14.0]}, r"neighbour_magnitude: .*above the second"),
        ({"band": "y"}, r"band: .*'u', 'g', 'r', 'i' or 'z'; received 'y'"),
    ],
)
def test_an_impossible_population_is_named(changed, change, message):
    [(name, value)] = change.items()
    with pytest.raises(params.ParamsError, match=rf"simulate\.population\.{message}"):
        params.load(changed(**{f"radius__simulate__population__{name}": value}))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"bands": ["x"]}, r"sandbox\.bands\.0: .*'u', 'g', 'r', 'i' or 'z'; received 'x'"),
        ({"bands": []}, r"sandbox\.bands: .*at least 1 item"),
        ({"fields_per_strip": 0}, r"sandbox\.fields_per_strip: .*equal to 1; received 0"),
        ({"fields_per_strip": 31}, r"sandbox\.fields_per_strip: .*equal to 30; received 31"),
        ({"runs": []}, r"sandbox\.runs: .*at least 1 item"),
        ({"runs": [752, 752]}, r"sandbox\.runs: .*may stand there once; received \[752, 752\]"),
        ({"camcols": [1, 1]}, r"sandbox\.camcols: .*may stand there once; received \[1, 1\]"),
        ({"camcols": [7]}, r"sandbox\.camcols\.0: .*equal to 6; received 7"),
        (
            {"runs": list(range(1, 40))},
            r"sandbox\.camcols: .*at most 60 strips.*not 39 runs x 4 camcols; received",
        ),
        ({"defects": {}}, r"sandbox\.defects\.cosmic_rays: is missing"),
        ({"unknown": 1}, r"sandbox\.unknown: there is no such parameter"),
        ({"seeing__width": {"x": 1.3}}, r"sandbox\.seeing\.width: .*must be bands.*not x"),
        ({"seeing__width": {"r": 0.0}}, r"sandbox\.seeing\.width\.r: .*greater than 0"),
        ({"catalogue__extinction": {"r": -0.1}}, r"extinction\.r: .*received -0\.1"),
    ],
)
def test_an_impossible_sky_is_named(changed, change, message):
    [(name, value)] = change.items()
    with pytest.raises(params.ParamsError, match=message):
        params.load(changed(**{f"sandbox__{name}": value}))


def test_no_number_of_the_skies_has_a_default():
    def fields(section):
        for name, field in section.model_fields.items():
            yield name, field
            kind = field.annotation
            if isinstance(kind, type) and issubclass(kind, params.rules.Section):
                yield from fields(kind)

    for section in (params.Simulate, params.Sandbox):
        assert [name for name, field in fields(section) if not field.is_required()] == []


def test_the_sersic_indices_allowed_are_those_that_can_be_rendered(root):
    ends = [SERSIC_N_GRID[0], SERSIC_N_GRID[-1]]
    population = params.load(root / "params.yaml").radius.simulate.population
    assert population.changed(sersic_n=ends, bulge_sersic_n=ends).sersic_n == tuple(ends)
    for beyond in (ends[0] - 1e-9, ends[1] + 1e-9):
        with pytest.raises(ValueError, match=r"sersic_n\.0: .*received"):
            population.changed(bulge_sersic_n=[beyond])


def test_a_changed_section_is_held_to_the_rules(root):
    sky = params.load(root / "params.yaml").sandbox
    other = sky.changed(seed=5, camcols=[1])
    assert (other.seed, other.camcols, other.galaxies) == (5, (1,), sky.galaxies)
    with pytest.raises(ValueError, match=r"seed: .*received -1; unknown: .*received 2"):
        sky.changed(seed=-1, unknown=2)


def test_options_stand_beside_the_preset_and_layers_are_a_list(changed):
    def read_model(model):
        return params.load(changed(radius__train__model=model)).radius.train.model

    preset = read_model({"preset": "resnet_18", "filters": 8})
    assert (preset.preset, preset.options, preset.layers) == ("resnet_18", {"filters": 8}, None)
    described = ["Flatten", {"Dense": {"units": 3, "activation": "relu"}}, {"ReLU": None}]
    stack = read_model({"layers": described})
    assert (stack.preset, stack.options) == (None, {})
    assert stack.layers == (
        ("Flatten", {}),
        ("Dense", {"units": 3, "activation": "relu"}),
        ("ReLU", {}),
    )


@pytest.mark.parametrize("text", ["1e-3", "1E-3", "1.0e-3", "10e-4", "+.1e-2", "0.001", "1.e-03"])
def test_an_exponent_is_read_as_dvc_writes_it(root, tmp_path, text):
    path = tmp_path / "params.yaml"
    rate = re.compile(r"(?m)^    learning_rate: 0\.\d+")
    lines = (root / "params.yaml").read_text()
    path.write_text(rate.sub(f"    learning_rate: {text}", lines, count=1))
    assert params.load(path).radius.train.learning_rate == 0.001
    path.write_text(rate.sub(f"    learning_rate: '{text}'", lines, count=1))
    with pytest.raises(
        params.ParamsError, match=r"radius\.train\.learning_rate: .*text.*without quotes"
    ):
        params.load(path)


def test_every_error_is_reported_at_once(changed):
    with pytest.raises(params.ParamsError) as caught:
        params.load(changed(radius__train__epochs=0, survey__band="x", report__galery=3))
    assert len(str(caught.value).splitlines()) == 4


def test_a_key_written_twice_is_refused(root, tmp_path):
    path = tmp_path / "params.yaml"
    path.write_text(
        (root / "params.yaml").read_text() + "\nreport:\n  title: again\n  gallery: 3\n"
    )
    with pytest.raises(params.ParamsError, match="'report' is written twice"):
        params.load(path)


def test_a_file_that_is_missing_broken_or_empty_is_told(tmp_path):
    path = tmp_path / "params.yaml"
    with pytest.raises(params.ParamsError, match="does not exist"):
        params.load(path)
    path.write_text("train: [")
    with pytest.raises(params.ParamsError, match="not valid YAML"):
        params.load(path)
    path.write_text("")
    with pytest.raises(params.ParamsError, match="the file: .*received None"):
        params.load(path)


def test_a_stage_reads_the_sections_it_names_and_no_others(changed):
    path = changed(radius__train__epochs=7)
    assert params.read("radius.train", path=path).epochs == 7
    survey, train = params.read("survey", "radius.train", path=path)
    assert (type(survey), type(train)) == (params.Survey, params.Train)


@pytest.mark.parametrize("name", ["train", "radius.trian", "radius.train.epochs", "redshift.train"])
def test_a_section_that_does_not_exist_is_named(changed, name):
    with pytest.raises(params.ParamsError, match=rf"there is no section '{name}'"):
        params.read(name, path=changed())


def test_a_profile_for_the_endpoint_is_required(root, tmp_path):
    tree = yaml.safe_load((root / "params.yaml").read_text())
    del tree["radius"]["survey"]["selection"]["sandbox"]
    path = tmp_path / "params.yaml"
    path.write_text(yaml.safe_dump(tree))
    with pytest.raises(
        params.ParamsError, match=r"radius\.survey\.selection has no profile.*'sandbox'"
    ):
        params.load(path)


def test_every_value_has_its_meaning_beside_it(root):
    """A line that sets a value carries a comment, unless an earlier one of that name did."""
    explained = set()
    for line in (root / "params.yaml").read_text().splitlines():
        sets = re.match(r"\s+([a-z_0-9]+): *(?!>-)\S", line)
        if sets:
            assert "#" in line or sets[1] in explained, line
            explained.add(sets[1])
