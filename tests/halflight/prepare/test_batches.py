"""Batches: every stamp once an epoch, with its target; the same for a seed and epoch."""

import numpy as np
import pytest

from halflight.prepare import ORIENTATIONS, ArrayBatches, orient
from halflight.prepare.orient import opposite


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


@pytest.mark.parametrize("orientation", range(ORIENTATIONS))
def test_the_opposite_orientation_undoes_one(orientation):
    x = np.arange(18).reshape(1, 3, 3, 2)
    np.testing.assert_array_equal(orient(orient(x, orientation), opposite(orientation)), x)


class Stored:
    """Stamps that can only be taken, as those on disk."""

    def __init__(self, stamps):
        self.stamps, self.shape, self.dtype = stamps, stamps.shape, stamps.dtype

    def take(self, indices, out):
        out[...] = self.stamps[indices]
        return out


@pytest.mark.parametrize("kept", [np.asarray, Stored])
def test_a_batch_is_the_chosen_stamps_turned(kept):
    stamps = np.random.default_rng(1).normal(size=(20, 5, 5)).astype(np.float32)
    targets, indices = np.arange(20, dtype=np.float32)[:, np.newaxis], np.arange(20)
    options = {"indices": indices, "batch_size": 6, "seed": 3, "augment": True}
    seen = set()
    for epoch in range(20):
        rng = np.random.Generator(np.random.Philox(key=[3, epoch]))
        order = rng.permutation(indices)
        batches = ArrayBatches({"image": kept(stamps)}, targets, **options).batches(epoch)
        for inputs, target in batches:
            orientation = int(rng.integers(ORIENTATIONS))
            seen.add(orientation)
            chosen = target[:, 0].astype(int)
            expected = orient(stamps[chosen][..., np.newaxis], orientation)
            np.testing.assert_array_equal(chosen, order[: len(chosen)])
            np.testing.assert_array_equal(inputs["image"], expected)
            assert inputs["image"].flags.c_contiguous
            order = order[len(chosen) :]
    assert seen == set(range(ORIENTATIONS))


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
