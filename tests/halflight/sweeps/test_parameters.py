"""Settings of a sweep over those of params.yaml, in YAML's words, in Hydra's and in ours."""

import math

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from hypothesis import example, given, settings
from hypothesis import strategies as st

from halflight import params
from halflight.params.document import read_document
from halflight.sweeps import search
from halflight.sweeps.copies import settings_words, written
from halflight.sweeps.outcomes import Address
from halflight.sweeps.parameters import before, changed, samples

VALUES = {"a": {"b": 1, "c": {"d": [1, 2]}}}
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(codec="utf-8", exclude_characters="$\r\n", exclude_categories=["Cc"])),
)


def plain(value):
    """Hydra's own values as Python's."""
    if isinstance(value, list):
        return [plain(part) for part in value]
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    return value.text if hasattr(value, "text") else value


@settings(max_examples=50)
@example(["\\", "a\\b", "\\'", "it's", "\\\\'", "1e-5", "null", " a, b ", ""])
@given(st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3), max_leaves=4))
def test_dvc_reads_the_value_that_was_meant(value):
    parsed = OverridesParser.create().parse_override(f"a.b={written(value)}")
    found = plain(parsed.value())
    assert found == value
    assert type(found) is type(value)
    assert not isinstance(found, float) or math.isclose(found, value)


def test_settings_become_options_of_dvc():
    words = settings_words({"a.b": 0.5, "+a.new": "x y", "a.c": {"k": [1, None]}})
    assert words == ["-S", "a.b=0.5", "-S", "+a.new='x y'", "-S", "a.c={k:[1,null]}"]
    with pytest.raises(TypeError, match="no parameter holds"):
        written({1, 2})
    with pytest.raises(ValueError, match="DVC sets no key"):
        written({"a b": 1})


def test_settings_are_laid_over_the_values_and_leave_them():
    made = changed(VALUES, {"a.c.d": [3], "+a.e": None})
    assert made == {"a": {"b": 1, "c": {"d": [3]}, "e": None}}
    assert VALUES == {"a": {"b": 1, "c": {"d": [1, 2]}}}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a.x", r"has no 'a.x': check its spelling, or add a \+"),
        ("x.a", "no section for 'x.a'"),
        ("a.b.c", "has no 'a.b.c'"),
        ("+a.b", r"already has 'a.b': leave out the \+"),
    ],
)
def test_a_name_that_is_not_there_is_refused(name, message):
    with pytest.raises(ValueError, match=message):
        changed(VALUES, {name: 1})


def test_every_sweep_of_the_file_can_run(root):
    """Its names exist, its values keep the rules, its scores have addresses."""
    known = params.load_sweeps(root / "sweeps.yaml")
    values = read_document(root / "params.yaml").values
    assert {"learning_rate", "depth_width", "labels", "simulation_size"} <= known.keys()
    stages = read_document(root / "dvc.yaml").values["stages"]
    for name, sweep in known.items():
        assert search.count(sweep) > 1, name
        for sample in samples(sweep):
            params.judge(changed(values, sample))
        for text in (sweep.judge, *sweep.scores):
            Address.of(text)
        assert set(sweep.targets) <= stages.keys(), name
        assert before(sweep, values).keys() <= {
            key.removeprefix("+") for key in (*sweep.parameters, *sweep.settings)
        }


def test_a_value_that_breaks_a_rule_is_named(root):
    values = read_document(root / "params.yaml").values
    with pytest.raises(params.ParamsError, match=r"radius.train.epochs: .*received 0"):
        params.judge(changed(values, {"radius.train.epochs": 0}))


GOOD = {
    "question": "Which?",
    "search": "grid",
    "parameters": {"x": [1, 2]},
    "minimise": "a.json:b",
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"minimise": None}, "one of minimise and maximise"),
        ({"maximise": "a.json:c"}, "one of minimise and maximise"),
        ({"parameters": {"x": {"low": 1, "high": 2}}}, "x: a grid needs a list of values"),
        ({"parameters": {}}, "at least 1 item"),
        ({"parameters": {"x": []}}, "at least 1 item"),
        ({"trials": 3}, "neither trials nor prune"),
        ({"search": "random"}, "trials: says how many"),
        ({"search": "hope", "trials": 3}, "search: "),
        ({"settings": {"+x": 1}}, "x: is both among parameters and among settings"),
        ({"parameters": {"x": {"low": 2, "high": 1}}}, "low must be below high"),
        ({"parameters": {"x": {"low": 0, "high": 1, "log": True}}}, "lies above 0"),
        ({"more": 1}, "there is no such parameter"),
    ],
)
def test_a_sweep_that_means_nothing_is_refused_by_line(tmp_path, change, message):
    import yaml

    path = tmp_path / "sweeps.yaml"
    path.write_text(yaml.safe_dump({"mine": {**GOOD, **change}}))
    with pytest.raises(params.ParamsError, match=rf"line \d+: (.|\n)*{message}"):
        params.load_sweeps(path)


def test_a_name_that_is_no_folder_is_refused(tmp_path):
    import yaml

    path = tmp_path / "sweeps.yaml"
    path.write_text(yaml.safe_dump({"../mine": GOOD}))
    with pytest.raises(params.ParamsError, match="is no name of a sweep"):
        params.load_sweeps(path)


def test_the_small_run_sets_parameters_that_there_are_and_says_so_on_its_page(root):
    values = read_document(root / "params.yaml").values
    small = read_document(root / "quick.yaml").values
    params.judge(changed(values, small))
    assert "quick run" in small["report.title"]
    assert small["report.title"] != values["report"]["title"]
