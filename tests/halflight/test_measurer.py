"""The two tiers of a measurement: the network alone, and joined with the scene fit."""

import numpy as np
import pandas as pd
import pytest

from halflight import classical, params
from halflight.combination import Combination
from halflight.estimator import Estimator
from halflight.joint import Joint
from halflight.measurer import Measurer
from tests.tiny import DOMAIN, R, discs, estimator, write_raw

WARY = Combination(
    fit_scale=1.2, wrong_share=0.1, network_scale=1.1, blend_power=0.1, misfit_weight=0.01
)


@pytest.fixture(scope="module")
def joint(root):
    settings = params.read("radius.classical", path=root / "params.yaml")
    return Joint(settings, {"ln_radius": WARY}, DOMAIN)


@pytest.fixture(scope="module")
def stamps():
    return discs(3)[1:]


def same(one, other):
    pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_fast_is_the_network_and_best_joins_it_with_the_fit_of_the_same_stamp(joint, stamps):
    measurer = Measurer(estimator(), joint)
    network = measurer.measure(*stamps, tier="fast")
    same(network, measurer.estimator.measure(*stamps))
    fits = classical.measure_stamps(
        *(a[..., 0] for a in stamps),
        beliefs=classical.Beliefs(joint.settings.scene, R.pixel_scale, R.zero_point),
        methods=["scene_fit"],
        detection_threshold=joint.settings.detection_threshold,
    )
    best = measurer.measure(*stamps)
    same(best, joint.joined(measurer.estimator.task, network, fits))
    same(measurer.measure(*(a[..., 0] for a in stamps)), best)


def test_stamps_on_disk_are_measured_as_those_in_memory(joint, tmp_path):
    table, *arrays = discs(4)
    opened, measurer = write_raw(tmp_path / "raw", table, *arrays), Measurer(estimator(), joint)
    for tier in ("fast", "best"):
        expected = measurer.measure(*arrays, tier=tier)
        same(measurer.measure_stamps(opened, tier=tier), expected)
        rows = np.array([3, 0])
        found = measurer.measure_stamps(opened, rows, tier=tier)
        same(found, expected.iloc[rows].reset_index(drop=True))


def test_a_folder_without_a_combination_has_the_tier_fast_alone(joint, stamps, tmp_path):
    estimator().save(tmp_path / "alone")
    alone = Measurer.load(tmp_path / "alone")
    assert alone.tier == "fast"
    same(alone.measure(*stamps), Estimator.load(tmp_path / "alone").measure(*stamps))
    with pytest.raises(ValueError, match=r"the tier best needs combination\.json"):
        alone.measure(*stamps, tier="best")
    joint.save(estimator(), tmp_path / "both")
    assert Measurer.load(tmp_path / "both").tier == "best"
    with pytest.raises(ValueError, match="tier must be one of fast, best, received 'fastest'"):
        alone.measure(*stamps, tier="fastest")
