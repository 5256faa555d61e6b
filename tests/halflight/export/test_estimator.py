"""An estimator as an ONNX file: raw pixels in, the same measurements out."""

import json
from dataclasses import replace

import numpy as np
import onnxruntime
import pytest

from halflight import tasks
from halflight.estimator import Estimator
from halflight.export import export_estimator
from halflight.instrument import SDSS
from halflight.nn import presets
from tests.bands import PREPARATION, sources


def stamps(count):
    """Noisy discs in nanomaggies with a PSF each: image, sigma (n, 16, 16, 1), psf (n, 9, 9, 1)."""
    rng = np.random.default_rng(5)
    distance = np.hypot(*np.mgrid[-7.5:8, -7.5:8])
    image = (distance < rng.uniform(1, 6, count)[:, None, None]) * rng.uniform(0.1, 9, count)[
        :, None, None
    ]
    image = (image + rng.normal(0, 0.03, image.shape)).astype(np.float32)
    psf = np.exp(-0.5 * np.hypot(*np.mgrid[-4:5, -4:5]) ** 2 / 1.5**2)
    psf = np.repeat((psf / psf.sum())[np.newaxis].astype(np.float32), count, axis=0)
    psf[:, 0, 1] += 1e-3  # no symmetry hides an orientation
    sigma = (
        np.full((count, 16, 16, 1), 0.03, np.float32) * np.arange(1, count + 1)[:, None, None, None]
    )
    return image[..., None], sigma.astype(np.float32), psf[..., None]


@pytest.mark.parametrize("opset", [17, 22])
@pytest.mark.parametrize("orientations", [1, 5, 8])
def test_onnx_runtime_measures_the_same(tiny_estimator, tmp_path, opset, orientations):
    estimator = replace(tiny_estimator, orientations=orientations)
    file = tmp_path / "radius.onnx"
    export_estimator(estimator, file, opset=opset)
    session = onnxruntime.InferenceSession(file)
    image, sigma, psf = stamps(6)
    expected = estimator.measure(image, sigma, psf)
    names = [output.name for output in session.get_outputs()]
    quantities = [quantity.name for quantity in estimator.task.quantities]
    assert names == [name + end for name in quantities for end in ("", "_sigma")]
    noise = estimator.preparation.apply(image, sigma, psf).noise
    found = session.run(None, {"image": image, "psf": psf, "noise": noise})
    for name, values in zip(names, found, strict=True):
        np.testing.assert_allclose(values, expected[name], rtol=1e-4, atol=1e-5)


def test_the_file_says_what_it_takes_and_gives(tiny_estimator, tmp_path):
    export_estimator(tiny_estimator, tmp_path / "radius.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "radius.onnx")
    written = json.loads(session.get_modelmeta().custom_metadata_map["estimator"])
    assert written == json.loads(json.dumps(tiny_estimator.describe()))
    shapes = {entry.name: entry.shape[1:] for entry in session.get_inputs()}
    assert shapes == {"image": [16, 16, 1], "psf": [9, 9, 1], "noise": [1]}


@pytest.fixture
def classifier():
    """An untrained estimator of stars and galaxies in five bands."""
    network = presets.build(
        "band_net",
        image_shape=(16, 16, 5),
        psf_shape=(9, 9, 5),
        outputs=1,
        filters=[8],
        core_pixels=8,
        core_filters=4,
        backend="cpu",
        seed=2,
    )
    return Estimator(network, tasks.get("star_galaxy"), SDSS, PREPARATION, {})


@pytest.mark.parametrize(("opset", "views"), [(17, 1), (17, 8), (22, 64)])
def test_a_probability_comes_from_raw_pixels_dust_and_the_bands_there_are(
    classifier, tmp_path, opset, views
):
    estimator = replace(classifier, orientations=views)
    export_estimator(estimator, tmp_path / "stars.onnx", opset=opset)
    session = onnxruntime.InferenceSession(tmp_path / "stars.onnx")
    _, image, sigma, psf = sources(6)
    image, sigma = (array[:, 2:-2, 2:-2] for array in (image, sigma))
    psf = psf[:, 1:-1, 1:-1].copy()
    psf[:, 0, 1] += 1e-3  # no symmetry hides a view
    image[1, ..., 0] = np.nan  # no u
    psf[2, ..., 4] = 0.0  # no z
    dust = np.random.default_rng(1).uniform(0.0, 1.0, (6, 5))
    expected = estimator.measure(image, sigma, psf, extinction=dust)["star_probability"]
    assert expected.nunique() == 6
    there = np.isfinite(image).any(axis=(1, 2)) & psf.any(axis=(1, 2))
    given = {
        "image": np.where(there[:, None, None], np.nan_to_num(image), 0.0).astype(np.float32),
        "psf": np.where(there[:, None, None], psf, 0.0).astype(np.float32),
        "extinction": dust.astype(np.float32),
    }
    [output] = session.get_outputs()
    assert output.name == "star_probability"
    [found] = session.run(None, given)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    written = json.loads(session.get_modelmeta().custom_metadata_map["estimator"])
    assert written["task"]["classes"] == ["galaxy", "star"]
