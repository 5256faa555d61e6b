"""Bands: images of one field to a probability of a star, from a mapping, files and the command."""

import shutil

import numpy as np
import pandas as pd
import pytest
from astropy.io import fits
from astropy.wcs import WCS

import halflight
from halflight import command, results, tasks
from halflight.estimator import Estimator
from halflight.instrument import SDSS
from halflight.likeness import Likeness, indicators
from halflight.measuring import Job
from halflight.nn import presets
from halflight.quality import FLAGS
from tests.bands import PREPARATION, sources
from tests.bands_of_a_field import FACTS, SOURCES, options, psf_of, write_field
from tests.tiny import estimator as radius_estimator

NAMES = ("star_probability", "flags")


@pytest.fixture(scope="module")
def sky(tmp_path_factory):
    """The five images of a field, a catalogue with dust, and an untrained classifier."""
    folder = write_field(tmp_path_factory.mktemp("field"))
    table = pd.DataFrame(SOURCES, columns=["x", "y", "magnitude", "extent"])
    dust = {f"extinction_{band}": 0.1 + 0.1 * n for n, band in enumerate("ugriz")}
    table.assign(id=[9, 7, 5, 3], **dust).to_csv(folder / "sources.csv", index=False)
    network = presets.build(
        "band_net",
        image_shape=(16, 16, 5),
        psf_shape=(9, 9, 5),
        outputs=1,
        filters=[8],
        core_pixels=8,
        core_filters=4,
        seed=2,
    )
    stars = Estimator(network, tasks.get("star_galaxy"), SDSS, PREPARATION, {})
    stars.save(folder / "stars")
    radius_estimator().save(folder / "radius")
    return folder


def files(sky, bands="ugriz"):
    return {band: sky / f"{band}.fits" for band in bands}


def common(sky, bands="ugriz"):
    """All that is said of images by band."""
    psf = {band: str(sky / f"{band}.psf.fits") for band in bands}
    rms = {band: str(sky / f"{band}.rms.fits") for band in bands}
    return {"psf": psf, "rms": rms, "model": sky / "stars", **options(bands)}


def measured(sky, bands="ugriz", **more):
    catalogue = str(sky / "sources.csv")
    return halflight.measure(files(sky, bands), catalogue, **common(sky, bands) | more)


def test_five_images_give_a_probability_and_any_order_the_same(sky):
    table = measured(sky)
    assert table["id"].tolist() == [9, 7, 5, 3]
    assert np.isfinite(table["star_probability"]).all()
    assert (table["flags"][:3] & (FLAGS["missing_band"] | FLAGS["no_extinction"]) == 0).all()
    assert np.isnan(table["half_light_radius"]).all()
    turned = measured(sky, "zgiru")
    np.testing.assert_allclose(turned["star_probability"], table["star_probability"], rtol=1e-6)
    assert turned["flags"].tolist() == table["flags"].tolist()
    assert table.meta["runs"][0]["image"] == "r.fits, u.fits, g.fits, i.fits, z.fits"


def test_arrays_give_what_their_files_do(sky):
    from_files = measured(sky)
    images = {band: fits.getdata(path) for band, path in files(sky).items()}
    sigma = {band: fits.getdata(sky / f"{band}.rms.fits") for band in images}
    wcs = {band: WCS(fits.getheader(path)) for band, path in files(sky).items()}
    given = common(sky) | {"psf": {band: psf_of(band) for band in images}, "rms": None}
    given["pixel_scale"] = None
    catalogue = str(sky / "sources.csv")
    from_arrays = halflight.measure(images, catalogue, sigma=sigma, wcs=wcs, **given)
    for name in NAMES:
        np.testing.assert_allclose(from_arrays[name], from_files[name], rtol=1e-4)


@pytest.mark.parametrize("bands", ["r", "gz", "zri"])
def test_bands_that_are_not_there_are_a_result_and_a_flag(sky, bands):
    table = measured(sky, bands)
    assert np.isfinite(table["star_probability"]).all()
    assert (table["flags"] & FLAGS["missing_band"] != 0).all()


def test_a_source_beyond_one_band_s_image_lacks_that_band(sky):
    flags = measured(sky)["flags"]
    missing = flags & FLAGS["missing_band"] != 0
    assert not missing[:3].any()  # the last one's core lies beyond the image of i: bad, or missing
    assert flags[3] & (FLAGS["edge"] | FLAGS["masked"] | FLAGS["missing_band"])


def test_dust_that_is_not_known_is_flagged_and_changes_nothing_else(sky):
    table = pd.read_csv(sky / "sources.csv")[["id", "x", "y"]]
    bare = halflight.measure(files(sky), table, **common(sky))
    assert (bare["flags"] & FLAGS["no_extinction"] != 0).all()
    dust = {band: 0.1 + 0.1 * n for n, band in enumerate("ugriz")}
    known = halflight.measure(files(sky), table, extinction=dust, **common(sky))
    assert (known["flags"] & FLAGS["no_extinction"] == 0).all()
    np.testing.assert_allclose(known["star_probability"], measured(sky)["star_probability"])
    assert not np.allclose(known["star_probability"], bare["star_probability"])


def job(sky, output, **more):
    given = common(sky)
    described = {name: given[name] for name in ("rms", "zero_point", "first_pixel")}
    return Job(
        output=output,
        **{
            "paths": [str(path) for path in files(sky).values()],
            "bands": list("ugriz"),
            "catalogue": str(sky / "sources.csv"),
            "psf": given["psf"],
            "model": str(sky / "stars"),
            "options": described,
        }
        | more,
    )


def test_a_job_writes_one_row_a_source_and_says_what_it_depends_on(sky, tmp_path):
    told = []
    made = job(sky, tmp_path / "stars.parquet", say=told.append, extinction={"g": 0.4})
    rows = made.run().rows
    assert rows["id"].tolist() == [9, 7, 5, 3]
    assert "  bands r, u, g, i, z, on the pixels of r" in told
    identity = made._identity(made.paths[0], made._settings())
    assert {"image of u", "psf of z", "options of g", "reference", "extinction"} < set(identity)
    made.write_page(tmp_path / "stars.html")
    assert "r.fits" in (tmp_path / "stars.html").read_text()


def test_the_command_gives_what_the_function_does(sky, tmp_path, monkeypatch, capsys):
    by_band = {
        name: ",".join(f"{band}={value}" for band, value in values.items())
        for name, values in common(sky).items()
        if isinstance(values, dict)
    }
    words = ["measure", *(str(path) for path in files(sky).values()), "--bands", "ugriz"]
    words += ["-c", str(sky / "sources.csv"), "-o", str(tmp_path / "stars.parquet")]
    words += ["--psf", by_band["psf"], "--rms", by_band["rms"], "--first-pixel", "0"]
    words += ["--zero-point", by_band["zero_point"], "--model", str(sky / "stars")]
    monkeypatch.setattr("sys.argv", ["halflight", *words, "--extinction", "u=0.1,g=extinction_g"])
    with pytest.raises(SystemExit, match="0"):
        command.main()
    out, _ = capsys.readouterr()
    assert out.startswith("4 sources, ")
    rows = results.read(tmp_path / "stars.parquet").rows
    np.testing.assert_allclose(rows["star_probability"], measured(sky)["star_probability"])


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"bands": list("ugri")}, r"--bands names 4 bands \(u, g, r, i\) of 5 images"),
        ({"bands": list("ugriu")}, r"--bands names u twice"),
        (
            {"bands": [*"ugri", "y"], "options": {}},
            r"the model stars knows the bands u, g, r, i, z, not 'y'",
        ),
        ({"bands": list("grizu")}, r"u\.fits \(band g\) says that its filter is u: put --bands"),
        ({"model": "{sky}/radius"}, r"the model radius measures one band.*fine_tuned after `make"),
        ({"paths": ["{sky}/g.fits"] * 5}, r"g\.fits is given for two bands: each is an image of"),
        ({"bands": (), "extinction": {"u": 0.1}}, r"--extinction is of the bands .*: give --bands"),
        ({"reference": "y"}, r"--reference must be one of the bands u, g, r, i, z, received 'y'"),
        ({"psf": {"u": "gaussian:3px"}}, r"needs a PSF"),
        ({"options": {"zero_point": {"y": 1.0}}}, r"--zero-point names the band 'y'"),
    ],
)
def test_what_does_not_go_together_is_one_clear_line(sky, tmp_path, more, message):
    if "model" in more:
        more = {"model": more["model"].format(sky=sky)}
    if "paths" in more:
        more = {"paths": [path.format(sky=sky) for path in more["paths"]]}
    with pytest.raises(ValueError, match=message) as caught:
        job(sky, tmp_path / "stars.parquet", **more).run()
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "stars.parquet").exists()


def test_a_number_that_is_none_is_named_by_its_option(monkeypatch, capsys, sky):
    words = ["measure", "a.fits", "-o", "a.csv", "--zero-point", "u=bright", "--bands", "u"]
    monkeypatch.setattr("sys.argv", ["halflight", *words])
    with pytest.raises(SystemExit):
        command.main()
    assert "'bright' is not a valid float" in " ".join(capsys.readouterr().err.split())
    assert FACTS["r"][:2] == (0.0, 0.0)


def test_a_model_with_a_judge_flags_what_is_neither(sky, tmp_path):
    folder = tmp_path / "judged"
    shutil.copytree(sky / "stars", folder)
    Likeness.fitted(indicators(*sources(60)[1:])).save(folder)
    table = pd.read_csv(sky / "sources.csv")[["id", "x", "y"]]
    table.loc[4] = [1, 52.6, 62.5]  # 3 pixels off a star
    given = common(sky) | {"model": folder}
    found = halflight.measure(files(sky), table.astype({"id": int}), **given)
    other = found["flags"] & FLAGS["out_of_domain"] != 0
    assert other[4]
    assert not other[0]
    own = halflight.measure(files(sky), table.astype({"id": int}), **common(sky))
    np.testing.assert_array_equal(own["star_probability"], found["star_probability"])
