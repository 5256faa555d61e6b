"""Single galaxies and the network's inside in words: counted by hand."""

import dataclasses

import numpy as np
import pytest

from halflight.report import inspection
from halflight.report.examples import GROUPS, choose
from halflight.report.inputs import check_inputs
from halflight.report.residuals import join
from halflight.report.sight import Sight

HOW = {"dataset": "simulated", "method": "combined", "against": "truth"}


@pytest.fixture(scope="module")
def data(small_inputs):
    return check_inputs(**small_inputs)


def distances(data):
    rows = join(data.predictions, data.objects, **HOW).set_index("id")
    return (rows["predicted"] - rows["expected"]).abs()


def test_the_nearest_the_farthest_and_others_are_chosen(data):
    chosen = choose(data.predictions, data.objects, **HOW)
    far = distances(data).sort_values()
    groups = {name: [one for group, one in chosen if group == name] for name in GROUPS}
    assert groups["best"] == far.index[:4].tolist()
    assert groups["worst"] == far.index[::-1][:4].tolist()
    assert len(set(groups["random"])) == 4
    assert len({one for _, one in chosen}) == 12
    assert chosen == choose(data.predictions.sample(frac=1), data.objects, **HOW)


def test_few_galaxies_are_shown_once_each(data):
    few = data.predictions[data.predictions["id"] < 7]
    chosen = [one for _, one in choose(few, data.objects, **HOW)]
    assert len(chosen) == len(set(chosen)) == 6
    assert choose(few.head(0), data.objects, **HOW) == []


def test_examples_are_summed_up(data):
    text = inspection.of_examples(data, *HOW.values())
    far = distances(data)
    ids = [one.id for one in data.examples["simulated"] if one.group == "worst"]
    assert f"farthest by {far[ids].min():.2g} to {far[ids].max():.2g}" in text
    crowded = data.objects.set_index(["dataset", "id"]).loc[[("simulated", i) for i in ids]]
    count = int((crowded["neighbour_flux_fraction"] > 0.1).sum())
    assert f"Of the 4 farthest, {count or 'none'} have neighbours" in text
    assert "1 could not be fitted" in text
    assert "The model is all that the scene fit explains" in text


def test_no_model_is_named_where_none_is_drawn(data):
    bare = {n: [dataclasses.replace(e, model=None) for e in v] for n, v in data.examples.items()}
    text = inspection.of_examples(dataclasses.replace(data, examples=bare), *HOW.values())
    assert "The model" not in text


def test_filters_that_sum_up_light_are_counted():
    flat, edge = np.ones((3, 3)), np.outer([1.0, 0.0, -1.0], [1.0, 1.0, 1.0])
    text = inspection.of_filters(Sight(filters=np.stack([flat, edge, -flat])[..., np.newaxis]))
    assert text.startswith("All 3 filters of 3 × 3 pixels")
    assert "2 have more than half of its power in its mean: what blurs" in text
    assert "; 1 answers to how light changes" in text
    sharp = inspection.of_filters(Sight(filters=edge[np.newaxis, ..., np.newaxis]))
    assert "None has more than half of its power in its mean" in sharp
    blurred = inspection.of_filters(Sight(filters=flat[np.newaxis, ..., np.newaxis]))
    assert "1 has more" in blurred
    assert "none answers to" in blurred


def test_channels_at_rest_are_not_counted():
    maps = {"one": np.zeros((4, 4, 3)), "two": np.arange(16.0).reshape(4, 4, 1)}
    text = inspection.of_maps(Sight(maps=maps))
    assert "one 0 of 3, two 1 of 1." in text
    assert "that vary most" not in text


def test_the_share_within_two_radii_is_that_of_the_change():
    change = np.zeros((1, 12, 12))
    change[0, 5, 5], change[0, 0, 0] = -0.3, 0.1
    sight = Sight(labels=("r",), value_change=change, sigma_change=change, radii=np.array([1.0]))
    text = inspection.of_occlusion(sight)
    assert "changes ln R by −0.30 to 0.10" in text
    assert "75 % lies within two half-light radii" in text
    unknown = dataclasses.replace(sight, radii=np.array([np.nan]))
    assert "two half-light radii" not in inspection.of_occlusion(unknown)
