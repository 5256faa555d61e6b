"""No object and no patch of sky in two splits."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from halflight.prepare import SPLITS, field_patches, row_patches, shared_sky, split_patches


def catalogue(fields=40, per_field=20, seed=0):
    rng = np.random.default_rng(seed)
    field = np.repeat(np.arange(100, 100 + fields), per_field)
    return pd.DataFrame(
        {"run": 94, "camcol": 1, "field": field, "rowc": rng.uniform(0, 1489, field.size)}
    )


def test_a_patch_is_ten_fields_of_a_run_and_camera_column():
    table = pd.DataFrame(
        {"run": [94, 94, 94, 94], "camcol": [1, 1, 2, 1], "field": [19, 10, 19, 20]}
    )
    assert field_patches(table).tolist() == ["94-1-1", "94-1-1", "94-2-1", "94-1-2"]


@settings(max_examples=30, deadline=None)
@given(st.integers(30, 200), st.integers(0, 1000))
def test_whole_patches_and_shares_near_those_asked(fields, seed):
    patches = field_patches(catalogue(fields * 10, per_field=1))
    split = split_patches(patches, fractions=(0.6, 0.2, 0.2), seed=seed)
    per_patch = pd.DataFrame({"patch": patches, "split": split}).groupby("patch")["split"].nunique()
    assert (per_patch == 1).all()
    shares = pd.Series(split).value_counts(normalize=True)
    for name, share in zip(SPLITS, (0.6, 0.2, 0.2), strict=True):
        assert abs(shares[name] - share) <= 1 / fields + 1e-9


def test_a_split_depends_on_the_seed_and_not_on_the_row_order():
    patches = field_patches(catalogue())
    split = split_patches(patches, fractions=(0.5, 0.25, 0.25), seed=1)
    order = np.random.default_rng(0).permutation(len(patches))
    again = split_patches(patches[order], fractions=(0.5, 0.25, 0.25), seed=1)
    np.testing.assert_array_equal(split[order], again)
    assert any(
        (split_patches(patches, fractions=(0.5, 0.25, 0.25), seed=s) != split).any()
        for s in range(2, 6)
    )


def test_contiguous_bands_have_two_boundaries():
    table = catalogue(fields=1, per_field=300)
    patches = row_patches(table, rows_per_patch=32)
    split = split_patches(patches, fractions=(0.6, 0.2, 0.2), seed=0, contiguous=True)
    ordered = split[np.argsort(table["rowc"].to_numpy(), kind="stable")]
    assert (ordered[1:] != ordered[:-1]).sum() == 2


def test_too_few_patches_is_an_error_that_says_what_to_do():
    patches = np.array(["a", "a", "b"], dtype=object)
    with pytest.raises(
        ValueError, match=r"2 sky patches cannot fill.*would be empty; download more"
    ):
        split_patches(patches, fractions=(0.6, 0.2, 0.2), seed=0)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.floats(5, 400))
def test_no_stamp_shares_sky_with_one_of_another_split(seed, radius):
    rng = np.random.default_rng(seed)
    ra, dec = 336.66 + rng.uniform(0, 0.2, 120), -0.93 + rng.uniform(0, 0.2, 120)
    split = np.array(SPLITS, dtype=object)[rng.integers(0, 3, 120)]
    drop = shared_sky(ra, dec, split, radius=radius)
    assert not drop[split == "test"].any()
    kept = np.flatnonzero(~drop)
    x, y = ra * np.cos(np.radians(-0.83)) * 3600, dec * 3600
    for i in kept:
        near = kept[(np.hypot(x[kept] - x[i], y[kept] - y[i]) < radius * 0.999)]
        assert (split[near] == split[i]).all()


def test_objects_across_the_zero_meridian_are_neighbours():
    drop = shared_sky(
        np.array([359.9999, 0.0001]), np.zeros(2), np.array(["train", "test"]), radius=2.0
    )
    assert drop.tolist() == [True, False]
