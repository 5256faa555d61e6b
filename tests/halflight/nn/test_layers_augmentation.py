"""Augmentation layers: what they do to each sample, alike for two inputs, and their refusals."""

import numpy as np
import pytest

from halflight.nn import Input, Model, layers

IMAGE = np.arange(1.0, 7.0).reshape(2, 3, 1)  # 1 2 3 / 4 5 6


def outputs(place, layer, x, samples=64):
    """Every different output of so many samples of x."""
    placed = place(layer, [x.shape], "reference", batch=samples)
    placed.inputs[0][...] = x
    np.testing.assert_array_equal(placed.forward(training=False), placed.inputs[0])
    return sorted({tuple(sample.ravel().tolist()) for sample in placed.forward(training=True)})


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("horizontal", [(1, 2, 3, 4, 5, 6), (3, 2, 1, 6, 5, 4)]),
        ("vertical", [(1, 2, 3, 4, 5, 6), (4, 5, 6, 1, 2, 3)]),
        (
            "horizontal_and_vertical",
            [(1, 2, 3, 4, 5, 6), (3, 2, 1, 6, 5, 4), (4, 5, 6, 1, 2, 3), (6, 5, 4, 3, 2, 1)],
        ),
    ],
)
def test_flips_by_hand(place, mode, expected):
    assert outputs(place, layers.RandomFlip(mode), IMAGE) == expected


def test_the_eight_orientations(place):
    x = np.arange(9.0).reshape(3, 3, 1)
    expected = {
        tuple(np.rot90(image, k).ravel().tolist()) for image in (x, x[:, ::-1]) for k in range(4)
    }
    assert outputs(place, layers.RandomOrientation(), x, samples=200) == sorted(expected)


def test_translations_by_hand(place):
    """Of 2 rows (0, 0.5) is 0 or 1 down; of 3 columns 0.4 is 1.2, so one to either side or none."""
    found = outputs(place, layers.RandomTranslation((0, 0.5), 0.4), IMAGE, samples=200)
    assert found == sorted(
        [
            (1, 2, 3, 4, 5, 6),
            (0, 1, 2, 0, 4, 5),
            (2, 3, 0, 5, 6, 0),
            (0, 0, 0, 1, 2, 3),
            (0, 0, 0, 0, 1, 2),
            (0, 0, 0, 2, 3, 0),
        ]
    )


def test_one_seed_does_the_same_to_two_inputs(place):
    x = np.random.default_rng(3).normal(size=(7, 7, 1))
    first, second = (
        place(layers.RandomOrientation(seed=4), [x.shape], "cpu", batch=50) for _ in range(2)
    )
    for placed in (first, second):
        placed.inputs[0][...] = x
    second.layer.stream = first.layer.stream + 1
    np.testing.assert_array_equal(first.forward(), second.forward())
    other = place(layers.RandomOrientation(seed=5), [x.shape], "cpu", batch=50)
    other.inputs[0][...] = x
    assert not np.array_equal(first.forward(), other.forward())


def test_every_step_turns_anew_and_prediction_does_not():
    image = Input((5, 5, 1))
    hidden = layers.Flatten()(layers.RandomOrientation()(image))
    model = Model(image, layers.Dense(1)(hidden), backend="reference", seed=1)
    model.compile("sgd", "mse")
    x = np.random.default_rng(1).normal(size=(6, 5, 5, 1))
    before = model.predict(x)
    np.testing.assert_array_equal(model.predict(x), before)
    seen = []
    for step in range(3):
        executor = model.executor(6, training=True)
        seen.append(np.array(executor.forward([x], step)[0]))
    assert not np.array_equal(seen[0], seen[1])
    assert not np.array_equal(seen[1], seen[2])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.RandomFlip("diagonal"), "mode must be one of 'horizontal', .*'diagonal'"),
        (lambda: layers.RandomFlip(seed=-1), "seed must be an integer of 0 to"),
        (lambda: layers.RandomFlip()(Input((4, 4))), r"needs an image \(height, width, channels"),
        (lambda: layers.RandomOrientation(seed=0.5), "seed must be"),
        (lambda: layers.RandomOrientation(name="o")(Input((4, 5, 1))), "'o': turns square images"),
        (lambda: layers.RandomTranslation(1.5, 0), r"height_factor must be .* received 1.5"),
        (lambda: layers.RandomTranslation(0, -0.5), r"width_factor must be .* received -0.5"),
        (lambda: layers.RandomTranslation(0, (0.2, 0.1)), r"width_factor must .*\(0.2, 0.1\)"),
        (lambda: layers.RandomTranslation((0.1,), 0), "height_factor must be"),
        (lambda: layers.RandomTranslation("a", 0), "height_factor must be"),
        (lambda: layers.RandomTranslation(0, (0, float("nan"))), "width_factor must be"),
        (lambda: layers.RandomTranslation(0, 0, "reflect"), 'fill_mode must .*"constant".*reflect'),
        (
            lambda: layers.RandomTranslation(0, 0, interpolation="bilinear"),
            'interpolation must be "nearest"',
        ),
        (lambda: layers.RandomTranslation(0, 0)(Input((4,))), "needs an image"),
    ],
)
def test_refusals(make, message):
    with pytest.raises(ValueError, match=message):
        make()
