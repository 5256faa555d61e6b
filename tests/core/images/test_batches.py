"""Batches: every stamp once an epoch, with its target; the same for a seed and epoch."""

import numpy as np
import pytest

from core.images import ArrayBatches


def source(**options):
    image = np.zeros((20, 6, 6), np.float32)
    image[:, 0, 1] = np.arange(20)
    psf = image.copy()
    targets = np.arange(20, dtype=np.float32)[:, np.newaxis]
    settings = {"indices": np.arange(3, 20), "batch_size": 5, "seed": 7} | options
    return ArrayBatches({"image": image, "psf": psf}, targets, **settings)


def test_every_stamp_once_an_epoch_with_its_own_target_and_psf():
    batches = source(augment=True)
    seen = []
    for inputs, targets in batches.batches(0):
        assert inputs["image"].shape[1:] == (6, 6, 1)
        assert inputs["psf"].flags.c_contiguous
        for image, psf, target in zip(inputs["image"], inputs["psf"], targets, strict=True):
            np.testing.assert_array_equal(image, psf)  # turned alike
            assert image.max() == target[0]
        seen += targets[:, 0].tolist()
    assert sorted(seen) == list(range(3, 20))
    assert batches.steps == 4


def test_an_epoch_is_the_same_again_and_another_is_not():
    def order(epoch, seed=7):
        return [t.tolist() for _, t in source(seed=seed).batches(epoch)]

    assert order(1) == order(1)
    assert order(1) != order(2)
    assert order(1) != order(1, seed=8)


def test_without_shuffle_the_order_is_the_index_order():
    seen = np.concatenate([t for _, t in source(shuffle=False).batches(3)])[:, 0]
    assert seen.tolist() == list(range(3, 20))


def test_nothing_to_train_on_is_refused():
    with pytest.raises(ValueError, match="empty"):
        source(indices=np.array([], int))
    targets = np.full((20, 1), np.nan, np.float32)
    with pytest.raises(ValueError, match="17 of 17 stamps have no finite target"):
        ArrayBatches(
            {"image": np.zeros((20, 2, 2), np.float32)},
            targets,
            indices=np.arange(3, 20),
            batch_size=4,
            seed=0,
        )
