"""What the network is given of one camera's stamps: labels in their own pixels, whatever binned."""

import numpy as np
import pytest

from halflight import store
from halflight.cameras import simulate
from halflight.cameras.learning import labelled, splits_of, write_prepared
from halflight.cameras.proving import measured, scores
from halflight.prepare import Preparation
from tests.halflight.cameras.test_camera import OURS
from tests.tiny import RADIUS, estimator


@pytest.fixture(scope="module")
def stamps(tmp_path_factory):
    folder = tmp_path_factory.mktemp("simulated") / "stamps"
    with store.write_stamps(folder, instrument=OURS.instrument, origin="simulated") as writer:
        for table, image, sigma, psf in simulate(OURS, 20, seed=1, size=32):
            writer.append(table, image=image, sigma=sigma, psf=psf)
    return store.read_stamps(folder)


def test_labels_are_in_each_stamps_own_pixels_and_noise(stamps, tmp_path):
    write_prepared(stamps, Preparation(32, 25, 1.0, 0.001, 0.05), tmp_path / "prepared")
    prepared = store.read_stamps(tmp_path / "prepared")
    data = labelled(RADIUS, OURS, prepared, splits_of(20))
    table = prepared.table
    assert set(table["binning"]) == {1, 2}
    scale = OURS.instrument.pixel_scale * table["binning"]
    flux = 10 ** (0.4 * (OURS.instrument.zero_point - table["magnitude"]))
    np.testing.assert_allclose(data.labels[:, 0], np.log(table["half_light_radius"] / scale))
    np.testing.assert_allclose(data.labels[:, 1], np.log(table["axis_ratio"]))
    np.testing.assert_allclose(data.labels[:, 2], -2.5 * np.log10(flux / table["noise"]))


def test_stamps_of_all_binnings_are_measured_in_their_order(stamps):
    rows = np.array([7, 2, 11, 3])
    model = estimator()
    table = measured(model, OURS, stamps, rows)
    for place, row in enumerate(rows):
        camera = OURS.of_binning(int(stamps.table["binning"][row]))
        arrays = (stamps[name][[row]] for name in ("image", "sigma", "psf"))
        alone = model.measure(*arrays, instrument=camera)
        assert table["ln_radius"][place] == pytest.approx(alone["ln_radius"][0], rel=1e-5)


def test_scores_are_of_the_headline(stamps):
    truths = stamps.table
    count = len(truths)
    values = RADIUS.truths(truths) + np.array([0.1, 5.0, 5.0])
    table = RADIUS.table(values, np.full((count, 3), 0.2), np.full((count, 3), np.inf))
    found = scores(RADIUS, table, truths, "before_")
    assert found["before_nmad"] == pytest.approx(0, abs=1e-6)
    assert found["before_coverage_68"] == 1.0
