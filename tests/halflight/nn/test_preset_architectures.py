"""Presets against their papers: sizes of maps, counts by hand, first values; and their parts."""

import numpy as np
import pytest

from halflight.nn import layers, load_model, presets
from halflight.nn.presets import (
    convolutional_autoencoder,
    layer_list,
    variational_autoencoder,
    with_psf,
)
from tests.halflight.nn.preset_shapes import SMALL


def shape_of(model, name):
    return model.get_layer(name).output.shape


def test_the_maps_have_the_papers_sizes():
    alexnet = presets.build("alexnet")
    assert [shape_of(alexnet, f"pool_{n}") for n in (1, 2, 5)] == [
        (27, 27, 96),
        (13, 13, 256),
        (6, 6, 256),
    ]
    assert shape_of(presets.build("vgg_d"), "pool_5") == (7, 7, 512)
    assert shape_of(presets.build("star_galaxy_net"), "pool_3") == (5, 5, 128)
    resnet = presets.build("resnet_50")
    assert shape_of(resnet, "stage_1_pool") == (56, 56, 64)
    assert shape_of(resnet, "stage_5_3_relu") == (7, 7, 2048)
    googlenet = presets.build("googlenet", auxiliary=True)
    assert [shape_of(googlenet, f"{n}_join") for n in ("3b", "4e", "5b")] == [
        (28, 28, 480),
        (14, 14, 832),
        (7, 7, 1024),
    ]
    assert googlenet.output_names == ["head", "auxiliary_1_head", "auxiliary_2_head"]
    assert googlenet.count_params() == 13_378_280
    unet = presets.build("unet", input_shape=(572, 572, 1), outputs=2, padding="valid")
    assert shape_of(unet, "bottom_b") == (28, 28, 1024)
    assert unet.output_shape == (388, 388, 2)


def test_the_parameters_of_unet_follow_from_its_figure():
    def convolution(size, before, after):
        return (size * size * before + 1) * after

    down = [(1, 64), (64, 128), (128, 256), (256, 512), (512, 1024)]
    count = sum(convolution(3, a, b) + convolution(3, b, b) for a, b in down)
    for a, b in [(1024, 512), (512, 256), (256, 128), (128, 64)]:
        # Up-convolution to half the channels, beside as many from the way down; two convolutions.
        count += convolution(2, a, b) + convolution(3, 2 * b, b) + convolution(3, b, b)
    assert presets.build("unet").count_params() == count + convolution(1, 64, 1) == 31_030_593
    assert presets.build("unet", outputs=2).count_params() == count + convolution(1, 64, 2)


def test_the_parameters_of_the_light_curve_networks_follow_by_hand():
    dense = (59 * 256 + 1) * 512 + 3 * 513 * 512 + 513  # 2001, 999, 498, 247, 122, 59 steps
    pairs = [(1, 16), (16, 32), (32, 64), (64, 128), (128, 256)]
    convolutions = sum((5 * a + 1) * b + (5 * b + 1) * b for a, b in pairs)
    assert presets.build("light_curve_cnn").count_params() == convolutions + dense
    assert presets.build("light_curve_lstm").count_params() == 4 * 16 * (19 + 33) + 17


def test_first_values_are_the_papers():
    star = presets.build("star_galaxy_net", **SMALL["star_galaxy_net"]).get_weights()
    np.testing.assert_allclose(star["conv_2_1/bias"], 0.1, rtol=1e-6)
    np.testing.assert_allclose(star["dense_1/bias"], 0.01, rtol=1e-6)
    kernel = star["dense_2/kernel"].astype(float)
    np.testing.assert_allclose(kernel.T @ kernel, np.eye(16) * 2 / 1.0001, atol=1e-5)
    alexnet = presets.build("alexnet", **SMALL["alexnet"]).get_weights()
    assert [alexnet[f"conv_{n}/bias"].mean() for n in range(1, 6)] == [0, 1, 0, 1, 1]
    assert 0.008 < alexnet["conv_3/kernel"].std() < 0.012


def test_groups_of_alexnet_see_their_own_half():
    assert shape_of(presets.build("alexnet"), "conv_2") == (27, 27, 256)
    weights = presets.build("alexnet").graph.weights
    assert weights["conv_2/kernel"].shape == (5, 5, 48, 256)
    assert weights["conv_3/kernel"].shape == (3, 3, 256, 384)
    whole = presets.build("alexnet", groups=1)
    assert whole.count_params() == 62_378_344


@pytest.mark.parametrize("module", [convolutional_autoencoder, variational_autoencoder])
def test_an_autoencoder_is_its_two_halves(module):
    name = module.__name__.rsplit(".", 1)[-1]
    model = module.build(**SMALL[name])
    encoder, decoder = module.encoder(model), module.decoder(model)
    x = np.random.default_rng(0).normal(size=(3, 8, 12, 2)).astype(np.float32)
    code = encoder.predict(x)
    whole = model.predict(x)
    if isinstance(whole, list):
        np.testing.assert_array_equal(whole[1], code)
        assert code.shape == (3, 6)
        np.testing.assert_array_equal(decoder.predict(code[:, :3]), whole[0])  # of the means
    else:
        np.testing.assert_array_equal(decoder.predict(code), whole)
    before = model.get_weights()["head/bias"]
    decoder.compile("sgd", "mse")
    decoder.train_on_batch(np.ones((2, *decoder.input_shapes[0])), np.ones((2, 8, 12, 2)))
    assert not np.array_equal(model.get_weights()["head/bias"], before)  # shared


def test_a_network_of_images_gets_a_psf_and_a_head(tmp_path):
    network = presets.build("lenet5", **SMALL["lenet5"])
    model = with_psf.build(with_psf.without_head(network), psf_shape=(5, 5, 1), outputs=4)
    assert model.input_names == ["image", "psf"]
    assert model.input_shapes == [(20, 16, 1), (5, 5, 1)]
    assert model.output_names == ["head"]
    weights = model.get_weights()
    assert weights["head/kernel"].shape == (84 + 32, 4)
    np.testing.assert_array_equal(weights["conv_1/kernel"], network.get_weights()["conv_1/kernel"])
    rng = np.random.default_rng(0)
    x = {"image": rng.normal(size=(4, 20, 16, 1)), "psf": rng.normal(size=(4, 5, 5, 1))}
    first = model.predict(x)
    for name in x:
        assert not np.array_equal(model.predict(x | {name: x[name][::-1]}), first)
    model.compile("adam", "gaussian_nll")
    model.fit(x, np.zeros((4, 2)))
    assert not np.array_equal(model.get_weights()["conv_1/kernel"], weights["conv_1/kernel"])
    np.testing.assert_array_equal(network.get_weights()["conv_1/kernel"], weights["conv_1/kernel"])
    model.save(tmp_path / "model")
    again = load_model(tmp_path / "model")  # the optimizer's state included
    model.fit(x, np.zeros((4, 2)))
    again.fit(x, np.zeros((4, 2)))
    for name, value in model.get_weights().items():
        np.testing.assert_array_equal(again.get_weights()[name], value, err_msg=name)


def test_with_psf_takes_networks_from_an_image_to_a_vector_alone():
    maps = presets.build("unet", **SMALL["unet"])
    with pytest.raises(ValueError, match="needs a network from one image to one vector"):
        with_psf.without_head(maps)
    headless = layer_list.build([("Flatten", {}), ("Dense", {"units": 2})], input_shape=(4, 4, 1))
    with pytest.raises(ValueError, match="the last layer must be 'head', received \\['dense'\\]"):
        with_psf.without_head(headless)
    with pytest.raises(ValueError, match="the name 'head' is used twice"):
        with_psf.build(presets.build("lenet5"), psf_shape=(5, 5, 1))


def test_a_list_of_layers_is_built_in_order():
    described = [
        ("Conv2D", {"filters": 4, "kernel_size": [3, 3], "activation": "relu", "name": "first"}),
        ("GlobalAveragePooling2D", {}),
    ]
    model = layer_list.build(described, input_shape=(9, 9, 1))
    assert [type(layer) for layer in model.layers] == [layers.Conv2D, layers.GlobalAveragePooling2D]
    assert model.output_shape == (4,)
    for wrong, message in [
        (("Conv", {}), "entry 3 of the layers, Conv: .*unknown class 'Conv'; .*known are"),
        (("Dense", {"unit": 3}), r"entry 3 .*Dense: unknown argument\(s\) unit; known are .*units"),
        (("Dense", {}), "entry 3 .*missing 1 required positional argument: 'units'"),
        (("Dense", {"units": 0}), "entry 3 .*units must be a positive integer, received 0"),
        (("MaxPooling2D", {}), "entry 3 .*MaxPooling2D: needs an image"),
        (("Add", {}), "entry 3 .*takes a list of tensors"),
    ]:
        with pytest.raises(ValueError, match=message):
            layer_list.build([*described, wrong], input_shape=(9, 9, 1))
