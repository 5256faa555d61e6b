"""A task: labels, the reading of a network's outputs, and the table of what was measured."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from halflight import tasks
from halflight.instrument import Instrument
from tests.tiny import RADIUS, SHAPE

ONLY_RADIUS = replace(RADIUS, quantities=(RADIUS.headline,))
OUTPUTS = hnp.arrays(np.float32, (3, 8, 4), elements=st.floats(-5, 5, width=32))


def classical(**columns):
    values = {
        "scene_fit_ln_radius": [0.1, 0.2, 0.3, 0.4, np.nan],
        "scene_fit_ln_radius_error": [0.1, 0.2, 0.21, 0.1, 0.1],
        "scene_fit_converged": [True, True, True, False, True],
        "scene_fit_axis_ratio": [0.5, 0.6, 0.7, 0.8, 0.9],
    }
    return pd.DataFrame(values | columns)


def labelled(task, measured, max_error=0.2):
    return task.survey_labels(measured, measured, SimpleNamespace(max_label_error=max_error))


def test_the_first_quantity_is_the_headline_and_each_is_found_by_name():
    assert SHAPE.headline.name == "ln_radius"
    assert SHAPE.quantity("axis_ratio") is SHAPE.quantities[1]
    with pytest.raises(ValueError, match="task shape measures ln_radius, axis_ratio, not 'n'"):
        SHAPE.quantity("n")


def test_a_task_is_got_by_its_name_and_an_unknown_one_is_told():
    assert [tasks.get(name).name for name in tasks.NAMES] == list(tasks.NAMES)
    with pytest.raises(ValueError, match="no task 'colour': choose one of radius, star_galaxy"):
        tasks.get("colour")


def test_simulated_labels_are_truths_and_usable_where_all_are_known():
    table = pd.DataFrame(
        {"half_light_radius": [1.0, np.e, np.nan, 0.0], "axis_ratio": [0.5, np.nan, 0.6, 0.7]}
    )
    values, usable = SHAPE.simulated_labels(table)
    np.testing.assert_array_equal(values, [[0, 0.5], [1, np.nan], [np.nan, 0.6], [np.nan, 0.7]])
    assert usable.tolist() == [True, False, False, False]
    assert ONLY_RADIUS.simulated_labels(table).usable.tolist() == [True, True, False, False]


def test_survey_labels_are_converged_fits_with_a_small_enough_error():
    values, usable = labelled(ONLY_RADIUS, classical())
    np.testing.assert_array_equal(values, [[0.1], [0.2], [0.3], [0.4], [np.nan]])
    assert usable.tolist() == [True, True, False, False, False]
    assert labelled(ONLY_RADIUS, classical(), 0.3).usable.sum() == 3


def test_a_survey_label_has_all_quantities_and_the_error_of_the_first():
    incomplete = classical(scene_fit_axis_ratio=[np.nan, 0.6, 0.7, 0.8, 0.9])
    assert labelled(SHAPE, incomplete).usable.tolist() == [
        False, True, False, False, False,
    ]  # fmt: skip
    no_error = classical(scene_fit_ln_radius_error=np.nan)
    assert not labelled(SHAPE, no_error).usable.any()


def test_outputs_by_hand():
    outputs = np.zeros((1, 2, 4), np.float32)
    outputs[0, :, 0] = [1.0, 3.0]
    outputs[0, :, 1] = [0.5, 0.5]
    outputs[0, :, 2] = np.log([0.01, 0.03])  # of the variance
    outputs[0, :, 3] = np.log([4.0, 4.0])
    values, sigmas = SHAPE.decode(outputs)
    assert values.tolist() == [[2.0, 0.5]]
    assert sigmas[0] == pytest.approx([np.sqrt(0.02), 2.0], rel=1e-6)


@settings(max_examples=50, deadline=None)
@given(OUTPUTS, st.permutations(range(8)))
def test_the_order_of_the_orientations_does_not_matter(outputs, order):
    for one, other in zip(SHAPE.decode(outputs), SHAPE.decode(outputs[:, order]), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-15)


@settings(max_examples=50, deadline=None)
@given(OUTPUTS, st.tuples(st.floats(0.01, 100), st.floats(0.01, 100)))
def test_a_recalibrated_bias_widens_each_error_bar_by_its_scale_alone(outputs, scales):
    bias = np.array([0.1, -0.2, 0.3, -0.4], np.float32)
    values, sigmas = SHAPE.decode(outputs + bias)
    changed = SHAPE.recalibrated(bias, scales)
    assert changed.dtype == bias.dtype
    assert bias.tolist() == np.array([0.1, -0.2, 0.3, -0.4], np.float32).tolist()
    new_values, new_sigmas = SHAPE.decode(outputs + changed)
    np.testing.assert_array_equal(new_values, values)
    np.testing.assert_allclose(new_sigmas, sigmas * scales, rtol=1e-5)


@pytest.mark.parametrize("shape", [(3, 8, 2), (3, 4), (3, 8, 5)])
def test_outputs_of_another_network_are_refused(shape):
    with pytest.raises(ValueError, match=r"task shape needs 4 outputs \(n, orientations, 4\)"):
        SHAPE.decode(np.zeros(shape))


def test_the_table_of_two_quantities_by_hand():
    values, sigmas = np.array([[0.0, 0.5], [np.nan, np.nan]]), np.array([[0.1, 0.2]] * 2)
    dof = np.array([[np.inf, 3.0]] * 2)
    table = SHAPE.table(values, sigmas, dof)
    bounds = ["2_5", "16", "84", "97_5"]
    assert list(table) == [
        *("ln_radius", "ln_radius_sigma", "ln_radius_dof", "half_light_radius"),
        *(f"half_light_radius_{bound}" for bound in bounds),
        *("axis_ratio", "axis_ratio_sigma", "axis_ratio_dof"),
        *(f"axis_ratio_{bound}" for bound in bounds),
    ]
    radius = table.loc[0, "half_light_radius":"half_light_radius_97_5"].tolist()
    assert radius == pytest.approx(np.exp([0.0, -0.195996, -0.1, 0.1, 0.195996]), rel=1e-5)
    scale = 0.2 / stats.t.ppf(0.841345, 3.0)
    expected = 0.5 + scale * stats.t.ppf([0.025, 0.158655, 0.841345, 0.975], 3.0)
    assert table.loc[0, "axis_ratio_2_5":].tolist() == pytest.approx(expected, rel=1e-4)
    assert table.loc[1, "half_light_radius":"half_light_radius_97_5"].isna().all()
    for one, other in zip(SHAPE.distributions(table), (values, sigmas, dof), strict=True):
        np.testing.assert_array_equal(one, other)


def test_an_axis_ratio_is_at_most_1():
    [ratio] = [q for q in RADIUS.quantities if q.name == "ln_axis_ratio"]
    assert ratio.physical(np.array([-0.1, 0.2])).tolist() == [np.exp(-0.1), 1.0]


def test_answers_of_any_camera_differ_from_learnt_values_by_its_units():
    camera = Instrument("another", 0.2, ("x",), unit="count", zero_point=30.0)
    noise = np.array([10.0, 1000.0, np.nan])
    offsets = RADIUS.offsets(camera, noise)
    np.testing.assert_allclose(offsets[:, 0], np.log(0.2))
    assert not offsets[:, 1].any()
    np.testing.assert_allclose(offsets[:, 2], [27.5, 22.5, np.nan])


def test_a_description_tells_two_tasks_apart():
    assert SHAPE.describe() != RADIUS.describe()
    other = replace(RADIUS, quantities=(replace(RADIUS.headline, logarithmic=False),))
    assert other.describe() != RADIUS.describe()
