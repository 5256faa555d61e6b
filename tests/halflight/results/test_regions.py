"""DS9's region files: ellipses where the sources are, and no id that breaks a line."""

import re

import numpy as np
import pytest

from halflight.results import Results
from halflight.results.regions import write_regions
from tests.halflight.results.conftest import made


def with_shapes(ids, **values):
    rows = made(ids).rows.assign(
        **{
            "x": 9.0,
            "y": 19.0,
            "ra": 150.25,
            "dec": -1.5,
            "pixel_scale": 0.2,
            "half_light_radius": 2.0,
            "half_light_radius_pix": 10.0,
            "axis_ratio": 0.5,
            "position_angle": 30.0,
            "position_angle_image": 120.0,
            "flags": 0,
        }
        | values
    )
    return Results(rows, ())


def lines(path, results):
    write_regions(path, results)
    return path.read_text().splitlines()


def test_on_the_sky_the_major_axis_is_the_second_and_turns_from_north(tmp_path):
    got = lines(tmp_path / "a.reg", with_shapes(np.array([2**62 + 1])))
    assert got[-2] == "icrs"
    assert got[-1] == (
        'ellipse(150.25000000,-1.50000000,1.00000",2.00000",30.000) # text={4611686018427387905}'
    )


def test_without_a_sky_they_are_pixels_from_one(tmp_path):
    got = lines(tmp_path / "a.reg", with_shapes(np.array([1]), ra=np.nan, flags=4))
    assert got[-2] == "image"
    assert got[-1] == "ellipse(10.000,20.000,10.0000,5.0000,120.000) # text={1} dash=1"


def test_a_source_that_was_not_measured_keeps_the_others_on_the_sky(tmp_path):
    lost = {name: [2.0, np.nan] for name in ("half_light_radius", "half_light_radius_pix")}
    got = lines(
        tmp_path / "a.reg", with_shapes(np.array([1, 2]), pixel_scale=[0.2, np.nan], **lost)
    )
    assert got[-3] == "icrs"
    assert [line.split("(")[0] for line in got[-2:]] == ["ellipse", "point"]
    nowhere = with_shapes(np.array([1, 2]), ra=np.nan, x=[3.0, np.nan])
    assert len(lines(tmp_path / "b.reg", nowhere)) == 5


def test_a_source_without_a_radius_is_a_point_and_without_a_shape_a_circle(tmp_path):
    empty = with_shapes(np.array([1]), half_light_radius=np.nan, half_light_radius_pix=np.nan)
    assert lines(tmp_path / "a.reg", empty)[-1].startswith("point(150.25000000,-1.50000000) #")
    circle = with_shapes(np.array([1]), axis_ratio=np.nan)
    assert '2.00000",2.00000",0.000' in lines(tmp_path / "b.reg", circle)[-1]


@pytest.mark.parametrize("name", ["a}b{", "a\nellipse(1,1,1,1)", "\x1b[2J", "#"])
def test_no_id_breaks_its_line(tmp_path, name):
    got = lines(tmp_path / "a.reg", with_shapes(np.array([name, "b"], object)))
    assert len(got) == 6
    assert all(line.isprintable() for line in got)
    assert re.search(r"text=\{[^{}]*\}$", got[-2])
