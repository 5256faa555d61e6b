"""augmented: images are turned on their way into a network while it trains, and not after."""

import numpy as np
import pytest

from halflight.nn import Input, Model, callbacks, layers, load_model, presets
from halflight.nn.presets import augmented

SIDE = 5


def network():
    image, psf = Input((SIDE, SIDE, 1), name="image"), Input((SIDE, SIDE, 1), name="psf")
    x = layers.Concatenate(name="both")([image, psf])
    x = layers.Dense(4, name="dense")(layers.Flatten(name="flat")(x))
    return Model([image, psf], layers.Dropout(0.2, name="drop")(x), seed=4)


def stamps(count=16):
    rng = np.random.Generator(np.random.Philox(key=[3, 1]))
    image = rng.standard_normal((count, SIDE, SIDE, 1), np.float32)
    return {"image": image, "psf": image.copy()}, np.ones((count, 4), np.float32)


def test_both_networks_predict_the_same_and_share_their_weights():
    inner = network()
    before = inner.get_weights()
    outer = augmented.build(inner, seed=2)
    assert outer.input_names == inner.input_names
    assert outer.output_names == inner.output_names
    x, y = stamps()
    np.testing.assert_array_equal(outer.predict(x), inner.predict(x))
    outer.compile("sgd", "mse")
    outer.fit(x, y, batch_size=4)
    assert set(outer.get_weights()) == set(before)
    for name, value in inner.get_weights().items():
        assert not np.array_equal(value, before[name]), name
        np.testing.assert_array_equal(value, outer.get_weights()[name])
    np.testing.assert_array_equal(outer.predict(x), inner.predict(x))


def test_the_inputs_of_a_sample_are_turned_alike_and_samples_in_all_eight_ways():
    inputs = [Input((SIDE, SIDE, 1), name=name) for name in ("image", "psf")]
    outer = augmented.build(Model(inputs, [layers.Linear()(x) for x in inputs]), seed=2)
    x, _ = stamps(64)
    executor = outer.executor(64, training=True)
    outputs = executor.forward([outer.kernels.to_device(array) for array in x.values()], step=3)
    image, psf = (outer.kernels.to_host(array) for array in outputs)
    np.testing.assert_array_equal(image, psf)
    found = set()
    for before, after in zip(x["image"], image, strict=True):
        ways = [np.rot90(m, k) for m in (before, before[:, ::-1]) for k in range(4)]
        found |= {k for k, way in enumerate(ways) if np.array_equal(way, after)}
    assert found == set(range(8))


def test_an_interrupted_training_goes_on_to_the_same_bytes(tmp_path):
    x, y = stamps()
    weights = []
    for stops in ((4,), (2, 4)):
        inner = network()
        for epochs in stops:
            outer = augmented.build(inner, seed=2)
            outer.compile("adam", "mse")
            backup = callbacks.BackupAndRestore(tmp_path / str(len(stops)), delete_checkpoint=False)
            outer.fit(x, y, batch_size=4, epochs=epochs, callbacks=[backup])
        weights.append(inner.get_weights())
    for name, value in weights[0].items():
        np.testing.assert_array_equal(value, weights[1][name], name)


def test_the_network_is_saved_with_the_optimizer_and_goes_on(tmp_path):
    x, y = stamps()
    inner = network()
    outer = augmented.build(inner, seed=2)
    outer.compile("adam", "mse", ["mae"])
    outer.fit(x, y, batch_size=4)
    inner.compile_as(outer)
    inner.save(tmp_path / "model")
    loaded = load_model(tmp_path / "model", seed=4)
    assert [layer.name for layer in loaded.layers] == ["both", "flat", "dense", "drop"]
    assert loaded.optimizer.iterations == 4
    assert loaded.evaluate(x, y) == outer.evaluate(x, y)
    for one in (inner, loaded):
        one.fit(x, y, batch_size=4)
    for name, value in inner.get_weights().items():
        np.testing.assert_array_equal(value, loaded.get_weights()[name], name)


def test_only_a_network_around_the_same_weights_is_compiled_alike():
    inner, stranger = network(), network()
    with pytest.raises(ValueError, match="call compile"):
        inner.compile_as(stranger)
    stranger.compile("adam", "mse")
    with pytest.raises(ValueError, match=r"shares all weights .* received .*'dense/kernel'"):
        inner.compile_as(stranger)


def test_what_cannot_be_turned():
    with pytest.raises(ValueError, match="'turned_image': turns square images alone"):
        augmented.build(presets.build("lenet5", input_shape=(32, 28, 1)))


def test_an_image_and_its_psf_lose_the_same_bands_and_only_the_image_moves_and_is_noisier():
    image, psf = Input((SIDE, SIDE, 4), name="image"), Input((SIDE, SIDE, 4), name="psf")
    both = layers.Concatenate(name="both", axis=-1)([image, psf])
    inner = Model([image, psf], layers.Flatten(name="head")(both), seed=4)
    outer = augmented.build(
        inner, seed=2, turn=False, shift=1, noise=0.1, missing_share=1.0, missing_rate=0.5
    )
    ones = np.ones((64, SIDE, SIDE, 4), np.float32)
    outer.compile("sgd", "mse")
    found = outer.predict({"image": ones, "psf": ones})
    assert (found == 1.0).all()  # inference changes nothing
    names = {layer.name for layer in outer.layers}
    assert {"moved_image", "noisy_image", "fewer_image", "fewer_psf"} <= names
    assert not {"moved_psf", "noisy_psf", "turned_image"} & names
    one, other = outer.get_layer("fewer_image"), outer.get_layer("fewer_psf")
    assert (one.seed, one.share, one.rate) == (other.seed, other.share, other.rate)
