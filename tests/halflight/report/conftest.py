"""Plausible report inputs, MADE UP for these tests: no simulation, network or sky behind them."""

import numpy as np
import pandas as pd
import pytest

from halflight.report.examples import Example, choose
from halflight.report.sight import Sight

SIZE = 96
PIXEL_SCALE = 0.396
METHOD_SCATTER = {  # scatter and bias of ln R relative to the made-up bound
    "network": (1.15, 0.0),
    "combined": (1.05, 0.0),
    "scene_fit": (1.1, 0.0),
    "zero_shot": (1.7, 0.05),
    "fine_tuned": (1.25, 0.01),
    "from_scratch": (2.6, -0.03),
    "sersic_fit": (1.5, 0.0),
    "aperture": (3.5, -0.05),
}
EDGES = {
    "all": [(np.nan, np.nan)],
    "magnitude": [(low, low + 1) for low in range(14, 20)],
    "size_over_psf": [(np.nan, 1.5), (1.5, 3.0), (3.0, np.nan)],
    "sersic_n": [(np.nan, 2.0), (2.0, np.nan)],
    "axis_ratio": [(np.nan, 0.5), (0.5, np.nan)],
    "neighbour_flux_fraction": [(np.nan, 0.01), (0.01, np.nan)],
}
METHODS = {
    "simulated": ("network", "combined", "scene_fit", "sersic_fit", "aperture"),
    "survey": (
        "zero_shot",
        "fine_tuned",
        "from_scratch",
        "combined",
        "scene_fit",
        "sersic_fit",
        "aperture",
    ),
}


def made_up_objects(rng, dataset, count, truth_known):
    magnitude = 14 + 6.5 * np.sqrt(rng.uniform(size=count))
    ln_true = np.log(10) * (0.40 - 0.13 * (magnitude - 17.5)) + rng.normal(0, 0.5, count)
    bound = 0.007 * 10 ** (0.27 * (magnitude - 15))
    survey = dataset == "survey"
    reference = ln_true + survey * bound * rng.normal(size=count)
    return pd.DataFrame(
        {
            "dataset": dataset,
            "id": np.arange(count) + 1000 * survey,
            "magnitude": magnitude,
            "reference": reference,
            "truth": ln_true if truth_known else np.nan,
            "psf_half_light_radius": rng.normal(0.75, 0.05, count),
            "sersic_n": np.where(rng.uniform(size=count) < 0.5, np.nan, 2.0),
            "axis_ratio": rng.uniform(0.25, 1, count),
            "neighbour_flux_fraction": rng.exponential(0.05, count),
            "bulge_fraction": rng.beta(1.2, 1.8, count),
            "bound": bound,
            "size_over_psf": np.exp(ln_true) / 0.75,
            "made_up_ln_radius": ln_true,
        }
    )


def made_up_predictions(rng, objects):
    tables = []
    for dataset, methods in METHODS.items():
        mine = objects[objects["dataset"] == dataset]
        for method in methods:
            factor, shift = METHOD_SCATTER[method]
            sigma = factor * mine["bound"] + 0.01
            ln_radius = mine["made_up_ln_radius"] + shift + sigma * rng.standard_t(6, len(mine))
            tables.append(
                pd.DataFrame(
                    {
                        "dataset": dataset,
                        "id": mine["id"],
                        "method": method,
                        "value": ln_radius,
                        "sigma": np.nan
                        if method == "aperture"
                        else sigma * (0.5 if method == "sersic_fit" else 1.15),
                    }
                )
            )
    return pd.concat(tables, ignore_index=True)


def made_up_scores(residual):
    nmad = 1.4826 * np.median(np.abs(residual - np.median(residual)))
    return {
        "count": len(residual),
        "without_error": 3,
        "bias": float(np.median(np.exp(residual) - 1)),
        "nmad": float(nmad),
        "outlier_fraction": float(np.mean(np.abs(residual) > 0.3)),
        "coverage_68": 0.671,
        "coverage_95": 0.948,
    }


def made_up_bin(both, inside):
    """A bin's scores; NaN of a few galaxies."""
    row = made_up_scores(both["residual"][inside]) if inside.sum() >= 3 else {"count": 0}
    spread = 1 / np.sqrt(2 * max(inside.sum(), 1))
    for name in ("nmad", "coverage_68"):
        value = row.get(name, np.nan)
        row |= {f"{name}_low": (1 - spread) * value, f"{name}_high": (1 + spread) * value}
    return row | {"crb_nmad": both["bound"][inside].median()}


def made_up_bins_and_metrics(predictions, objects):
    rows, metrics = [], {}
    for (dataset, method), table in predictions.groupby(["dataset", "method"], sort=False):
        both = table.merge(objects, on=["dataset", "id"])
        both["residual"] = both["value"] - both["made_up_ln_radius"]
        scores = made_up_scores(both["residual"])
        extra = {"nll": -1.2345, "pit_ks": 0.021}
        if method == "aperture":
            extra = dict.fromkeys([*extra, "coverage_68", "coverage_95"], np.nan)
        metrics.setdefault(dataset, {})[method] = scores | extra
        alone = (both["neighbour_flux_fraction"] < 0.01) & both["sersic_n"].notna()
        for galaxies, chosen in (("all", both["id"] >= 0), ("isolated_single", alone)):
            if dataset == "survey" and galaxies != "all":
                continue
            for by, pairs in EDGES.items():
                value = both[by] if by != "all" else both["magnitude"]
                for low, high in pairs:
                    inside = value.between(
                        np.nan_to_num(low, nan=-np.inf), np.nan_to_num(high, nan=np.inf),
                        inclusive="left",
                    )  # fmt: skip
                    place = {"dataset": dataset, "method": method, "galaxies": galaxies, "by": by}
                    place |= {"bin_low": low, "bin_high": high}
                    rows.append(place | made_up_bin(both, inside & chosen))
    bins = pd.DataFrame(rows)
    held = [name for name in bins if name.startswith("coverage")]
    bins.loc[bins["method"] == "aperture", held] = np.nan
    return bins, metrics


def made_up_history(rng):
    tables = []
    for arm, epochs, start, end in (
        ("train", 30, 1.5, -1.3),
        ("fine_tuned", 12, -0.6, -1.1),
        ("from_scratch", 12, 1.8, -0.2),
    ):
        epoch = np.arange(1, epochs + 1)
        decay = np.exp(-epoch / (epochs / 4))
        loss = end + (start - end) * decay + rng.normal(0, 0.02, epochs)
        tables.append(
            pd.DataFrame(
                {
                    "arm": arm,
                    "epoch": epoch,
                    "loss": loss,
                    "val_loss": loss + 0.06 * (1 + epoch / epochs) + rng.normal(0, 0.04, epochs),
                    "learning_rate": 1e-3 * 0.5 * (1 + np.cos(np.pi * epoch / epochs)),
                }
            )
        )
    return pd.concat(tables, ignore_index=True)


def made_up_transfer(truth_known):
    rows = []
    for against in ("reference", "truth") if truth_known else ("reference",):
        for arm, labels, nmad in (
            ("zero_shot", 0, 0.098),
            ("fine_tuned", 320, 0.061),
            ("from_scratch", 320, 0.142),
            ("aperture", 0, 0.171),
            ("scene_fit", 0, 0.05),
        ):
            rows.append(
                {
                    "arm": arm,
                    "against": against,
                    "count_labels": labels,
                    "nmad": nmad,
                    "nmad_low": 0.93 * nmad,
                    "nmad_high": 1.08 * nmad,
                    "bias": 0.1 * nmad - 0.005,
                    "outlier_fraction": nmad**2 * 3,
                }
            )
    return pd.DataFrame(rows)


def made_up_stamps(rng, objects, dataset, count):
    mine = objects[(objects["dataset"] == dataset) & (objects["magnitude"] < 18)].head(count)
    grid = (np.arange(SIZE) - SIZE / 2 + 0.5) * PIXEL_SCALE
    x, y = np.meshgrid(grid, grid)
    image = np.empty((len(mine), SIZE, SIZE), np.float32)
    angles, centres = rng.uniform(0, np.pi, len(mine)), rng.normal(0, 0.4, (2, len(mine)))
    for place, (_, row) in enumerate(mine.iterrows()):
        u, v = x - centres[0][place], y - centres[1][place]
        cosine, sine = np.cos(angles[place]), np.sin(angles[place])
        along, across = u * cosine + v * sine, -u * sine + v * cosine
        radius = np.sqrt(along**2 + (across / row["axis_ratio"]) ** 2 + 0.3)
        profile = np.exp(-2.67 * (radius / np.exp(row["made_up_ln_radius"])) ** 0.7)
        image[place] = 10 ** (0.4 * (22.5 - row["magnitude"])) * profile / profile.sum()
        for _ in range(rng.poisson(4)):
            a, b = rng.uniform(-18, 18, 2)
            image[place] += rng.exponential(0.8) * np.exp(-((x - a) ** 2 + (y - b) ** 2) / 0.8)
    sigma = np.sqrt(0.028**2 + 0.0011 * np.abs(image)).astype(np.float32)
    image += sigma * rng.normal(size=image.shape).astype(np.float32)
    return {
        "image": image,
        "sigma": sigma,
        "labels": [f"r = {magnitude:.1f}" for magnitude in mine["magnitude"]],
        "id": list(mine["id"]),
        "position_angle": angles,
        "x": centres[0],
        "y": centres[1],
        "pixel_scale": PIXEL_SCALE,
    }


def made_up_examples(rng, predictions, objects, dataset, truth_known):
    known = dataset == "simulated" or truth_known
    chosen = choose(
        predictions.assign(dof=np.inf),
        objects,
        dataset=dataset,
        method="combined" if known else "fine_tuned",
        against="truth" if known else "reference",
    )
    shape = (len(chosen), 40, 40)
    images, sigma = rng.normal(size=shape), np.ones((40, 40))
    return [
        Example(group, one, image, sigma, None if number == 1 else 0.5 * image)
        for number, ((group, one), image) in enumerate(zip(chosen, images, strict=True))
    ]


def made_up_sight(rng):
    return Sight(
        filters=rng.normal(size=(6, 5, 5, 1)),
        seen=rng.normal(size=(24, 24)),
        maps={"first": rng.normal(size=(12, 12, 4)), "last": rng.normal(size=(6, 6, 10))},
        stamps=rng.normal(size=(3, 24, 24)),
        labels=("r = 15.0", "r = 17.0", "r = 19.0"),
        value_change=rng.normal(size=(3, 12, 12)),
        sigma_change=rng.normal(size=(3, 12, 12)),
        radii=np.array([2.0, 1.0, np.nan]),
    )


def made_up_provenance(endpoint):
    return {
        "endpoint": endpoint,
        "release": 17,
        "band": "r",
        "sql": "SELECT p.objID, p.ra, p.dec\nFROM Galaxy p\nWHERE p.cModelMag_r < 20",
        "files": [
            {
                "path": f"frames/frame-r-{run:06d}.fits.bz2",
                "bytes": 3100000 + run,
                "sha256": "0" * 64,
            }
            for run in range(3)
        ],
        "counts": {"catalogue": 1234, "stamps": 1100, "fields": 24},
        "dropped": {"near the frame's edge": 91, "missing pixels": 43},
        "centroid_offset_pixels": {"median": 0.123, "p90": 0.31, "count": 1100},
    }


def made_up_inputs(endpoint="sandbox", simulated=4000, survey=520):
    """All arguments of check_inputs; every number in them is made up."""
    rng = np.random.Generator(np.random.Philox(key=[17, 0]))
    truth_known = endpoint == "sandbox"
    objects = pd.concat(
        [
            made_up_objects(rng, "simulated", simulated, True),
            made_up_objects(rng, "survey", survey, truth_known),
        ],
        ignore_index=True,
    )
    predictions = made_up_predictions(rng, objects)
    bins, metrics = made_up_bins_and_metrics(predictions, objects)
    return {
        "provenance": made_up_provenance(endpoint),
        "predictions": predictions,
        "objects": objects,
        "bins": bins,
        "metrics": metrics,
        "history": made_up_history(rng),
        "transfer": made_up_transfer(truth_known),
        "gallery": {
            name: made_up_stamps(rng, objects, name, 16) for name in ("simulated", "survey")
        },
        "examples": {
            name: made_up_examples(rng, predictions, objects, name, truth_known)
            for name in ("simulated", "survey")
        },
        "sight": made_up_sight(rng),
        "trained_by": "0.0.7",
    }


PARAMS = {
    "seed": 1,
    "train": {"learning_rate": 0.001, "epochs": 30, "layers": [8, 16, 32]},
    "survey": {"endpoint": "sandbox", "where": None},
}


@pytest.fixture
def settings():
    """Made-up parameters of a run."""
    return PARAMS


@pytest.fixture(scope="session")
def inputs():
    """Made-up report inputs for the sandbox endpoint; not to be changed in place."""
    return made_up_inputs()


@pytest.fixture(scope="session")
def small_inputs():
    """The same with few galaxies, where every point is drawn; not to be changed in place."""
    return made_up_inputs(simulated=300, survey=90)


@pytest.fixture(scope="session")
def make_inputs():
    """The generator of made-up inputs, for another endpoint or size."""
    return made_up_inputs
