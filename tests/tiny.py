"""Small stamps of discs and small networks that measure them, for tests that need a whole one."""

import numpy as np
import pandas as pd

from halflight import store, tasks
from halflight.domain import INDICATORS, Domain
from halflight.estimator import Estimator
from halflight.instrument import SDSS
from halflight.nn import presets
from halflight.prepare import Preparation
from halflight.tasks import Measurement, Quantity

R = SDSS.with_bands("r")
PREPARATION = Preparation(
    stamp_size=16, psf_size=9, image_softening=1.0, psf_softening=0.01, max_bad_fraction=0.05
)
RADIUS = tasks.get("radius")
SHAPE = Measurement(
    name="shape",
    title="Radius and axis ratio",
    quantities=(
        RADIUS.headline,
        Quantity("axis_ratio", "axis_ratio", "axis ratio", "q", outlier=0.1),
    ),
    classical=("scene_fit",),
    reference="scene_fit",
    figures=(),
)
DOMAIN = Domain(dict.fromkeys(INDICATORS, 0.0), dict.fromkeys(INDICATORS, 1.0), 1.0)
# In pixels: what the discs' PSF, of 1.8, is within.
RANGES = {"ln_radius": (-20.0, 20.0), "psf_half_light_radius": (1.3, 2.5)}


def point_spread(count, width=1.5, side=11):
    """Gaussian PSFs (count, side, side, 1); 1.5 pixels have a half-light radius of 0.7 arcsec."""
    squares = np.arange(-(side // 2), side // 2 + 1) ** 2
    psf = np.exp(-0.5 * (squares[:, None] + squares) / width**2)
    return np.tile((psf / psf.sum()).astype(np.float32)[None, ..., None], (count, 1, 1, 1))


def discs(count, seed=0, side=20):
    """Table, image, sigma and PSF of elliptical discs, whose size and shape can be seen."""
    rng = np.random.default_rng(seed)
    radius, ratio = rng.uniform(2.0, 7.0, count), rng.uniform(0.4, 1.0, count)
    x, y = np.meshgrid(*[np.arange(side) - side / 2 + 0.5] * 2)
    inside = np.hypot(x, y / ratio[:, None, None]) < radius[:, None, None]
    image = inside + rng.normal(0, 0.1, inside.shape)
    table = pd.DataFrame(
        {
            "id": np.arange(count) + 100,
            "magnitude": rng.uniform(14, 20, count),
            "half_light_radius": radius * R.pixel_scale / np.sqrt(2),
            "axis_ratio": ratio,
            "psf_half_light_radius": 0.7,
        }
    )
    sigma = np.full((count, side, side, 1), 0.1, np.float32)
    return table, image.astype(np.float32)[..., None], sigma, point_spread(count)


def write_raw(folder, table, image, sigma, psf, *, instrument=R, origin="simulated"):
    """Write stamps as they are measured, and open them."""
    with store.write_stamps(folder, instrument=instrument, origin=origin, shard_size=16) as writer:
        writer.append(table, image=image, sigma=sigma, psf=psf)
    return store.read_stamps(folder)


def write_prepared(folder, table, image, sigma, psf, *, instrument=R, origin="simulated"):
    """Write stamps as a network sees them, and open them; the table needs its split."""
    ready = PREPARATION.apply(image, sigma, psf)
    table = table.assign(
        source_index=np.arange(len(table)),
        bad_fraction=ready.bad_fraction,
        noise=ready.noise[:, 0],
    )
    with store.write_stamps(folder, instrument=instrument, origin=origin, shard_size=16) as writer:
        writer.append(table, image=ready.image, psf=ready.psf)
    return store.read_stamps(folder)


def network(task=RADIUS, bands=1, seed=0):
    """An untrained network whose answers differ from stamp to stamp."""
    built = presets.build(
        "radius_net",
        image_shape=(16, 16, bands),
        psf_shape=(9, 9, bands),
        filters=(4, 8),
        dense_units=8,
        seed=seed,
        **task.network_options(),
    )
    weights = built.get_weights()
    built.set_weights({**weights, "head/kernel": 30 * weights["head/kernel"]})
    return built


def estimator(task=RADIUS, **parts):
    """An untrained estimator of discs."""
    common = {"task": task, "instrument": R, "preparation": PREPARATION, "training_range": RANGES}
    common["provenance"] = {"trained_on": "simulated", "device": "cpu", "labels": {"train": 3}}
    return Estimator(**{"network": network(task), **common, **parts})
