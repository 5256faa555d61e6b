"""Presets: published sizes, one step of training, files, seeds, and what they refuse."""

import math

import numpy as np
import pytest

from halflight.nn import Model, load_model, optimizers, presets
from halflight.nn.presets import PRESETS, radius_net
from tests.halflight.nn.preset_shapes import SMALL, loss_of

# Trained parameters of the default arguments: see each docstring for the source.
COUNTS = {
    "alexnet": 60_965_224,
    "googlenet": 6_998_552,
    "lenet5": 61_706,
    "light_curve_cnn": 9_177_393,
    "resnet_18": 11_689_512,
    "resnet_34": 21_797_672,
    "resnet_50": 25_557_032,
    "resnet_101": 44_549_160,
    "resnet_152": 60_192_808,
    "star_galaxy_net": 11_230_754,
    "unet": 31_030_593,
    "vgg_a": 132_863_336,
    "vgg_a_lrn": 132_863_336,
    "vgg_b": 133_047_848,
    "vgg_c": 133_638_952,
    "vgg_d": 138_357_544,
    "vgg_e": 143_667_240,
}


def trained_parameters(model):
    return sum(math.prod(weight.shape) for weight in model.graph.weights.values() if weight.trained)


def samples(model, count=6):
    rng = np.random.default_rng(0)
    return {
        name: rng.normal(size=(count, *shape)).astype(np.float32)
        for name, shape in zip(model.input_names, model.input_shapes, strict=True)
    }


def targets(name, model, x):
    if name.endswith("autoencoder"):
        return {"head": x["image"]}
    rng = np.random.default_rng(1)
    rule = model.objective.rules.targets[0]
    if loss_of(name) == "gaussian_nll" or name == "mlp":
        return rng.normal(size=(6, *rule.shape))
    if name in ("band_net", "perceptron", "unet"):
        return rng.integers(0, 2, (6, *rule.shape)).astype(float)
    return np.eye(rule.shape[-1])[rng.integers(0, rule.shape[-1], 6)]


def test_every_preset_has_a_row():
    assert set(SMALL) == set(PRESETS)
    with pytest.raises(ValueError, match="unknown preset 'resnet'; known are alexnet, "):
        presets.build("resnet")


@pytest.mark.parametrize("name", COUNTS)
def test_the_parameters_are_as_many_as_published(name):
    model = presets.build(name)
    assert trained_parameters(model) == COUNTS[name]
    assert all(weight.value is None for weight in model.graph.weights.values())  # none was drawn


@pytest.mark.parametrize("name", SMALL)
def test_a_step_of_training_changes_every_layer_and_a_file_keeps_it(name, tmp_path):
    model = presets.build(name, **SMALL[name])
    model.compile(optimizers.Adam(0.01), loss_of(name))
    x = samples(model)
    before = model.get_weights()
    logs = model.train_on_batch(x, targets(name, model, x))
    assert np.isfinite(logs["loss"])
    same = [key for key, value in model.get_weights().items() if np.array_equal(value, before[key])]
    assert not same
    model.save(tmp_path / "model")
    for one, other in zip(
        outputs(load_model(tmp_path / "model"), x), outputs(model, x), strict=True
    ):
        np.testing.assert_array_equal(one, other)


def outputs(model: Model, x):
    predicted = model.predict(x)
    return predicted if isinstance(predicted, list) else [predicted]


@pytest.mark.parametrize("name", SMALL)
def test_the_seed_decides_the_weights(name):
    first, again, other = (
        presets.build(name, **SMALL[name], seed=seed).get_weights() for seed in (1, 1, 2)
    )
    kernels = [key for key in first if key.endswith("kernel")]
    assert kernels
    assert all(np.array_equal(first[key], again[key]) for key in first)
    assert not any(np.array_equal(first[key], other[key]) for key in kernels)


@pytest.mark.parametrize("name", SMALL)
def test_the_last_layer_is_a_linear_head(name):
    model = presets.build(name, **SMALL[name])
    head = model.get_layer("head")
    assert head.activation == ("step" if name == "perceptron" else None)
    assert model.output_names[0] == "head"


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("alexnet", {"input_shape": (32, 32, 3)}, "'pool_2'.*must fit"),
        ("alexnet", {"filters": (4, 4)}, "alexnet: filters must be five numbers"),
        ("convolutional_autoencoder", {"input_shape": (30, 32, 1)}, "multiples of 4, received"),
        ("deep_legato", {"input_shape": (8, 8, 1)}, "'pool_4'.*must fit"),
        ("deep_legato", {"targets": 0}, "deep_legato: targets must be a positive integer"),
        ("googlenet", {"input_shape": (64, 64, 3), "auxiliary": True}, "'auxiliary_1_pool'.*fit"),
        ("googlenet", {"width": 0.0}, "googlenet: width must be a finite number above 0"),
        ("lenet5", {"input_shape": (12, 12, 1)}, "'conv_2'.*must fit"),
        ("lenet5", {"input_shape": (32, 32)}, "'conv_1'.*needs an image"),
        ("light_curve_cnn", {"input_shape": (20, 1)}, "'pool_3'.*must fit"),
        ("light_curve_lstm", {"input_shape": (20,)}, "'lstm_1'.*needs a sequence"),
        ("light_curve_lstm", {"units": ()}, "light_curve_lstm: needs one or more units"),
        ("mlp", {"outputs": 0}, "'head': units must be a positive integer"),
        ("resnet_18", {"input_shape": (32,)}, "'stage_1_conv'.*needs an image"),
        ("star_galaxy_net", {"input_shape": (10, 10, 5)}, "'pool_3'.*must fit"),
        ("star_galaxy_net", {"filters": (4,)}, "star_galaxy_net: filters must be three numbers"),
        ("unet", {"input_shape": (100, 96, 1)}, "unet: .*multiples of 16"),
        ("unet", {"input_shape": (60, 60, 1), "padding": "valid"}, "'down_4b'.*must fit"),
        ("variational_autoencoder", {"filters": ()}, "variational_autoencoder: 0 filters need"),
        ("vgg_d", {"input_shape": (31, 64, 3)}, "'pool_5'.*must fit"),
    ],
)  # fmt: skip
def test_what_cannot_be_built_is_told_by_name(name, options, message):
    with pytest.raises(ValueError, match=message):
        presets.build(name, **options)


def test_options_are_checked_by_name_and_kind():
    assert presets.options("vgg_a") == (
        "input_shape",
        "outputs",
        "filters",
        "dense_units",
        "dropout",
        "backend",
        "seed",
    )
    with pytest.raises(ValueError, match=r"mlp: unknown option\(s\) units; known are input_"):
        presets.build("mlp", units=3)
    for options, message in [
        ({"hidden_units": 3}, "hidden_units must be a list of integers, received 3"),
        ({"hidden_units": [3.5]}, "hidden_units must be a list of integers"),
        ({"outputs": True}, "outputs must be an integer, received True"),
        ({"dropout": "0.1"}, "dropout must be a number, received '0.1'"),
        ({"activation": 1}, "activation must be text"),
    ]:
        with pytest.raises(ValueError, match=f"preset mlp: {message}"):
            presets.build("mlp", **options)
    with pytest.raises(ValueError, match="auxiliary must be True or False, received 1"):
        presets.build("googlenet", auxiliary=1)
    assert presets.build("mlp", hidden_units=[3], dropout=0).output_shape == (1,)


def test_every_option_has_a_kind_and_a_default():
    for name in PRESETS:
        model = presets.build(name)  # no argument is required
        assert model.seed == 0
        for option in presets.options(name):
            with pytest.raises(ValueError, match=f"preset {name}: {option} must be "):
                presets.build(name, **{option: object()})


def test_radius_net_trains_and_its_groups_can_be_frozen(tmp_path):
    rng = np.random.default_rng(0)
    model = radius_net.build(**SMALL["radius_net"], dropout=0.0)
    x = samples(model, 48)
    x = {key: rng.normal(size=value.shape) for key, value in x.items()}
    y = np.stack([x["image"].std(axis=(1, 2, 3)), x["psf"].mean(axis=(1, 2, 3))], axis=1)
    y = (y - y.mean(axis=0)) / y.std(axis=0)
    model.compile(optimizers.AdamW(0.003), "gaussian_nll", ["mae"])
    history = model.fit(x, y, batch_size=16, epochs=12)
    assert history[-1]["loss"] < history[0]["loss"] - 0.5
    assert model.predict(x).shape == (48, 4)
    model.save(tmp_path / "model")
    tuned = load_model(tmp_path / "model")
    tuned.freeze("trunk_*", "psf_*")
    tuned.compile(optimizers.AdamW(0.003), "gaussian_nll")
    before = tuned.get_weights()
    tuned.fit(x, y, batch_size=16)
    for key, value in tuned.get_weights().items():
        frozen = key.startswith(("trunk_", "psf_"))
        assert np.array_equal(value, before[key]) == frozen, key


def test_radius_net_of_a_depth_and_a_width_doubles_its_filters():
    listed = presets.build("radius_net", filters=(4, 8, 16), backend="reference", seed=1)
    grown = presets.build("radius_net", filters=4, depth=3, backend="reference", seed=1)
    for name, weights in listed.get_weights().items():
        assert np.array_equal(grown.get_weights()[name], weights), name


def test_radius_net_groups_and_errors():
    model = presets.build("radius_net", backend="reference")
    assert model.output_shape == (2,)
    assert all(
        layer.name == "head" or layer.name.startswith(("trunk_", "psf_", "dense_"))
        for layer in model.layers
    )
    assert not model.get_weights()["head/bias"].any()
    assert model.get_weights()["head/kernel"].std() < 0.02
    with pytest.raises(ValueError, match="two or more filters"):
        presets.build("radius_net", filters=(4,))
    with pytest.raises(ValueError, match="two or more filters"):
        presets.build("radius_net", filters=4, depth=1)
    with pytest.raises(ValueError, match="depth must be a positive integer, received 0"):
        presets.build("radius_net", filters=4, depth=0)
    with pytest.raises(ValueError, match="targets must be a positive integer, received 0"):
        presets.build("radius_net", targets=0)
    with pytest.raises(ValueError, match="trunk_4_pool"):
        presets.build("radius_net", image_shape=(8, 8, 1), filters=(4, 4, 4, 4, 4))


def test_band_net_sees_the_middle_at_full_resolution_and_refuses_what_is_none():
    model = presets.build("band_net", backend="reference")
    assert dict(zip(model.input_names, model.input_shapes, strict=True)) == {
        "image": (44, 44, 5),
        "psf": (25, 25, 5),
    }
    assert model.get_layer("core_middle").edges == ((16, 16), (16, 16))
    for wrong in ({"core_pixels": 11}, {"core_pixels": 46}, {"core_pixels": 0}, {"filters": ()}):
        with pytest.raises(ValueError, match="band_net: needs one or more filters"):
            presets.build("band_net", **wrong)
