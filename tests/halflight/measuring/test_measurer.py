"""A network beside the scene fit, on stamps of an image: what comes out is in the image's terms."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from halflight import images, params
from halflight.combination import Combination
from halflight.joint import Joint
from halflight.measurer import Measurer
from halflight.measuring import chunks, measure_targets, targets_of_image
from halflight.pieces import Piece
from halflight.results.kept import Rows
from tests.halflight.measuring.conftest import PLACES, RUN, SCALE
from tests.tiny import DOMAIN, estimator

# The network is untrained: the fit counts.
TRUSTING = Combination(
    fit_scale=1.0, wrong_share=0.001, network_scale=50.0, blend_power=0.1, misfit_weight=0.01
)


@pytest.fixture(scope="module")
def measurer(root):
    settings = params.load(root / "params.yaml").radius.classical
    names = ("ln_radius", "ln_axis_ratio", "magnitude")
    return Measurer(estimator(), Joint(settings, dict.fromkeys(names, TRUSTING), DOMAIN))


def measured(folder, options, measurer, run=RUN):
    settings = images.Options(**options)
    opened = images.open_field(folder / "a.fits", settings)
    targets = targets_of_image(
        opened, str(folder / "sources.csv"), str(folder / "psf.fits"), settings
    )
    return measure_targets(targets, measurer, Rows(), run).rows


@pytest.mark.slow
def test_what_was_drawn_is_what_is_measured(folder, options, measurer):
    rows = measured(folder, options, measurer).iloc[:4]
    # Gaussians of 4 by 2.5 pixels are what is seen, through a PSF of 1.274.
    major, minor = np.sqrt(4.0**2 - 1.274**2), np.sqrt(2.5**2 - 1.274**2)
    within = {"half_light_radius_pix": 1.1774 * major, "axis_ratio": minor / major}
    within["magnitude"] = 25 - 2.5 * np.log10(2 * np.pi * 60 * 4 * 2.5)
    for name, truth in within.items():
        off = np.abs(rows[name] - truth)
        assert (off < 5 * (rows[f"{name}_84"] - rows[f"{name}_16"]) / 2).all(), name
        assert (off < 0.1 * truth).all(), name
    np.testing.assert_allclose(rows["half_light_radius"], SCALE * rows["half_light_radius_pix"])
    apart = (rows["position_angle_image"] - 30 * np.arange(len(PLACES) - 1) + 90) % 180 - 90
    assert (np.abs(apart) < 5).all()
    assert (rows["position_angle_84"] > rows["position_angle_16"]).all()
    assert (rows["sersic_n_16"] < rows["sersic_n"]).all()
    joint = np.log(
        rows["half_light_radius_circularised_84"] / rows["half_light_radius_circularised"]
    )
    alone = np.log(rows["half_light_radius_84"] / rows["half_light_radius"])
    assert (joint > alone).all()


def test_the_network_alone_has_no_angle(folder, options, measurer):
    rows = measured(folder, options, measurer, replace(RUN, tier="fast"))
    assert rows["position_angle"].isna().all()
    assert rows["sersic_n"].isna().all()
    assert np.isfinite(rows["half_light_radius"][:5]).all()


def in_chunks_of(targets, opened, psf, chunk):
    """The same targets, whose stamps come a few at a time."""

    def cut(rows):
        others = ~np.isin(np.arange(len(targets.sources)), rows)
        status = targets.sources["status"].where(~others, "not asked for")
        return images.cutouts(opened, targets.sources.assign(status=status), psf, chunk=chunk)

    return replace(targets, cut=cut)


def test_one_pool_serves_all_chunks_and_changes_no_number(folder, options, measurer, monkeypatch):
    settings = images.Options(**options)
    opened = images.open_field(folder / "a.fits", settings)
    psf = images.open_psf(str(folder / "psf.fits"), opened)
    targets = targets_of_image(opened, str(folder / "sources.csv"), psf, settings)
    few = in_chunks_of(targets, opened, psf, 2)
    pools, in_order = [], chunks.in_order

    def counted(*arguments, **options):
        pools.append(options["processes"])
        return in_order(*arguments, **options)

    monkeypatch.setattr(chunks, "in_order", counted)
    together = measure_targets(few, measurer, Rows(), RUN, processes=1).rows
    assert pools == [1]
    for each in targets.cut(np.arange(5)):
        alone = measurer.measure(each.image, each.sigma, each.psf, instrument=targets.instrument)
        radii = alone["half_light_radius"] / targets.instrument.pixel_scale
        np.testing.assert_array_equal(together["half_light_radius_pix"][each.rows], radii)


@pytest.mark.parametrize("stamps", [1, 3])
def test_a_pass_of_the_network_changes_no_number(folder, options, measurer, monkeypatch, stamps):
    fast = replace(RUN, tier="fast")
    whole = measured(folder, options, measurer, fast)
    monkeypatch.setattr(chunks, "_PASS", stamps)
    pd.testing.assert_frame_equal(measured(folder, options, measurer, fast), whole)


def test_a_piece_is_called_by_its_sources():
    piece = Piece((), measurer, np.array([3, 4]))
    assert chunks._sources_of(piece) == "sources 3 to 4"
