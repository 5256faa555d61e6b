"""The task radius: what it measures, and that all it names is there."""

import dataclasses

import numpy as np

from halflight import tasks
from halflight.classical import MEASURES
from halflight.classical.sersic import SersicFit
from halflight.methods import METHODS
from halflight.report.contents import FIGURES

RADIUS = tasks.get("radius")


def test_it_measures_the_natural_logarithm_of_the_half_light_radius_in_arcsec():
    quantity = RADIUS.headline
    assert (quantity.name, quantity.column) == ("ln_radius", "half_light_radius")
    assert (quantity.unit, quantity.logarithmic) == ("arcsec", True)
    # A factor of 1.35: what the literature on sizes calls an outlier.
    assert np.exp(quantity.outlier) < 1.351


def test_beside_it_stand_shape_and_brightness_that_no_unit_of_a_camera_changes():
    names = [(q.name, q.column, q.scales_with) for q in RADIUS.quantities]
    assert names == [
        ("ln_radius", "half_light_radius", "pixel"),
        ("ln_axis_ratio", "axis_ratio", ""),
        ("magnitude", "magnitude", "noise"),
    ]


def test_its_methods_exist_and_the_reference_is_one_of_them_with_an_error_bar():
    assert RADIUS.reference in RADIUS.classical
    assert set(RADIUS.classical) <= set(MEASURES)
    assert {METHODS[name].kind for name in RADIUS.classical} == {"classical"}
    columns = {field.name for field in dataclasses.fields(SersicFit)}
    assert {"ln_radius", "ln_radius_error", "converged", "position_angle"} <= columns


def test_its_figures_exist_each_once():
    assert len(set(RADIUS.figures)) == len(RADIUS.figures)
    assert all(any(name.startswith(figure) for figure in FIGURES) for name in RADIUS.figures)
