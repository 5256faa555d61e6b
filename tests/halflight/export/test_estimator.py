"""An estimator as an ONNX file: raw pixels in, the same measurements out."""

import json
from dataclasses import replace

import numpy as np
import onnxruntime
import pytest

from halflight.export import export_estimator


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
