"""Presets: they build, they train, and their layers can be frozen by group."""

import numpy as np
import pytest

from core.nn import load_model, optimizers, presets
from core.nn.presets import PRESETS

SMALL = {
    "radius_net": {"image_shape": (24, 24, 1), "psf_shape": (9, 9, 1), "filters": (4, 8)},
}


def test_every_preset_has_a_row():
    assert set(SMALL) == set(PRESETS)
    with pytest.raises(ValueError, match="known are radius_net"):
        presets.build("resnet")


@pytest.mark.parametrize("name", SMALL)
def test_training_saving_and_freezing(name, tmp_path):
    rng = np.random.default_rng(0)
    model = presets.build(name, **SMALL[name], targets=2, dropout=0.0)
    x = {
        key: rng.normal(size=(48, *shape))
        for key, shape in zip(model.input_names, model.input_shapes, strict=True)
    }
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
    with pytest.raises(ValueError, match="targets must be a positive integer, received 0"):
        presets.build("radius_net", targets=0)
    with pytest.raises(ValueError, match="trunk_4_pool"):
        presets.build("radius_net", image_shape=(8, 8, 1), filters=(4, 4, 4, 4, 4))
