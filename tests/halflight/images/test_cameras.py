"""Real images of many cameras: what each says of itself, and what it has to be asked."""

import numpy as np
import pytest

from halflight import images
from halflight.images import ImageError, Options
from halflight.psf import psf_fwhm, psf_offset
from halflight.quality import FLAGS
from tests import camera_images

NAN = float("nan")
BOK, MOSAIC = "bok_90prime/ksb_170430_055945_{}_r_ls9", "kpno_mosaic3/k4m_160319_075112_{}_zd_ls9"
DECAM = "decam_ccd/c4d_150412_073257_{}_z_ls9"
COADD = "decam_coadd/cutout_59.1067_-30.4848.fits"
HST, SDSS7, GAMA = "hst_wfc3ir/abell_2744_", "sdss_dr7/", "gama_sdss_ukidss/"

# File; options (files relative to the folder); arcsec a pixel, AB magnitude of one unit (NaN: not
# known), unit; flags that must be set.
IMAGES = [
    ("ntt_emmi/image.fits", {"rms": "ntt_emmi/rms.fits"}, NAN, NAN, "count", "no_pixel_scale"),
    (HST + "group_of_galaxies_f105w.fits.gz", {}, 0.06, 26.269, "electron/s", "noise_measured"),
    (
        HST + "dwarf_galaxy_f105w.fits.gz",
        {"rms": HST + "dwarf_galaxy_f105w_rms.fits.gz"},
        *(0.06, 26.269, "electron/s", ""),
    ),
    (HST + "spiral_galaxy_f105w.fits.gz", {}, 0.06, NAN, "electron/s", "no_zero_point"),
    *(
        (
            f"jwst_nircam/{field}/{band}.fits",
            {
                "rms": f"jwst_nircam/{field}/{band}_err.fits",
                "mask": f"jwst_nircam/{field}/{band}_mask.fits",
                **{"unit": "MJy/sr", "pixel_scale": scale},
            },
            *(scale, 23.9, "microjansky", "no_orientation"),
        )
        for field in ("10735", "13374")
        for band, scale in (("f115w", 0.02), ("f200w", 0.02), ("f277w", 0.04), ("f444w", 0.04))
    ),
    ("hsc/lsst_layout/10-cutout-HSC-I-8279-pdr2_wide.fits", {}, 0.168, 27.0, "count", ""),
    ("hsc_and_hst_same_sky/Cut_HSC1.fits", {"plane": 2}, 0.168, NAN, "count", "no_zero_point"),
    ("hsc_and_hst_same_sky/Cut_HST1.fits", {}, 0.03, NAN, "count", "no_zero_point"),
    *(
        (
            f"{COADD}[{number}]",
            {"weight": f"{COADD}[{number + 1}]", "unit": "nanomaggy"},
            *(0.262, 22.5, "nanomaggy", ""),
        )
        for number in (1, 3, 5)
    ),
    (
        DECAM.format("ooi") + ".N11.fits",
        {"weight": DECAM.format("oow") + ".N11.fits", "mask": DECAM.format("ood") + ".N11.fits"},
        *(0.262, NAN, "count", "no_zero_point"),
    ),
    (
        BOK.format("ooi") + ".CCD4.fits",
        {"weight": BOK.format("oow") + ".CCD4.fits", "mask": BOK.format("ood") + ".CCD4.fits"},
        *(0.454, NAN, "count", "no_zero_point"),
    ),
    (
        MOSAIC.format("ooi") + ".CCD3.fits",
        {"weight": MOSAIC.format("oow") + ".CCD3.fits"},
        *(0.26, 21.326, "count/s", "zero_point_doubtful"),
    ),
    (SDSS7 + "ic3478rss_256.fits", {"gain": 4.725}, 0.396, NAN, "count", "no_zero_point"),
    (SDSS7 + "n3073rss_small.fits", {"gain": 4.725}, 0.396, NAN, "count", "no_zero_point"),
    ("sdss_fpC/fpC-004192-r4-0300.fit.gz", {}, 0.396, 28.2426, "count", "noise_measured"),
    (
        "ps1_gpc1/H1413+117_10x10arcsec_55377.34051_z_sci.fits",
        {"variance": "ps1_gpc1/H1413+117_10x10arcsec_55377.34051_z_var.fits"},
        *(0.2, NAN, "count", "no_zero_point"),
    ),
    ("hst_wfpc2/ngc4342.sky.fits", {}, 0.0455, NAN, "count", "no_zero_point"),
    ("hst_wfpc2/ngc4342.sky.fits", {"unit": "DN"}, 0.0455, 27.832, "count", "noise_measured"),
    ("twomass/ngc3344J.mge2galfit.fits", {}, 1.0, NAN, "count", "no_zero_point"),
    (
        "kpno09m_t2ka/A1656-1-3.sbProf.fits",
        {"mask": "kpno09m_t2ka/mask.sbProf.fits", "zero_point": 21.817},
        *(0.68, 21.817, "count", "noise_measured"),
    ),
    *((f"{GAMA}t10_5.34_{b}.fits", {"zero_point": 30}, 0.339, 30.0, "count", "") for b in "urH"),
    ("spitzer_irac/spitzer_example_image.fits", {}, 1.2, 23.9, "microjansky", "noise_measured"),
    ("m51_int16/M51.fits", {}, NAN, NAN, "count", "no_pixel_scale"),
]
FILES = ("rms", "variance", "weight", "mask")


def opened(cameras, path, **options):
    whole = {k: f"{cameras}/{v}" if k in FILES else v for k, v in options.items()}
    return images.open_field(f"{cameras}/{path}", Options(**whole))


def same(found, expected, tolerance):
    if np.isnan(expected):
        return found is None
    return found == pytest.approx(expected, **tolerance)


@pytest.mark.parametrize(("path", "options", "scale", "zero_point", "unit", "flag"), IMAGES)
def test_each_image_has_its_scale_unit_and_zero_point(
    cameras, path, options, scale, zero_point, unit, flag
):
    field = opened(cameras, path, **options)
    assert same(field.pixel_scale, scale, {"rel": 0.015})  # the README's own digits
    assert same(field.zero_point, zero_point, {"abs": 1e-3})
    assert field.instrument.unit == unit
    assert not flag or field.flags & FLAGS[flag]
    whole = field.read(slice(0, field.shape[0]), slice(0, field.shape[1]))
    assert np.isfinite(whole.image).mean() > 0.3
    np.testing.assert_array_equal(np.isfinite(whole.image), np.isfinite(whole.sigma))


@pytest.mark.parametrize(
    ("path", "asks"),
    [
        ("jwst_nircam/10735/f277w.fits", r"0\.04.*--pixel-scale"),
        ("hsc_and_hst_same_sky/Cut_HSC1.fits", "5 planes.*--plane"),
        (COADD, "6 images.*--hdu"),
        ("hsc/lsst_layout/example-calexp.fits.gz", "4 rows and 8 columns"),
        ("sdss_fpC/psField-004192-4-0300.fit", "no image"),
        (BOK.format("ooi") + "-psfex.fits", "no image"),
    ],
)
def test_what_an_image_does_not_say_is_asked_in_one_line(cameras, path, asks):
    with pytest.raises(ImageError, match=asks) as caught:
        opened(cameras, path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("image", "options", "psf", "fwhm"),
    [
        # FWHM in arcsec: of the survey's own tables where it gives one, or of the camera.
        (HST + "group_of_galaxies_f105w.fits.gz", {}, "hst_wfc3ir/f105w_psf.fits.gz", 0.165),
        (SDSS7 + "ic3478rss_256.fits", {}, SDSS7 + "psf_moffat_51.fits", 1.08),
        (GAMA + "t10_5.34_r.fits", {}, GAMA + "psf_r.fits", 1.26),
        (DECAM.format("ooi") + ".N11.fits", {}, DECAM.format("ooi") + "-N11-psfex.fits", 0.72),
        (BOK.format("ooi") + ".CCD4.fits", {}, BOK.format("ooi") + "-psfex.fits", 1.5),
        (MOSAIC.format("ooi") + ".CCD3.fits", {}, MOSAIC.format("ooi") + "-psfex.fits", 0.9),
        (COADD + "[3]", {}, "decam_coadd/copsf_59.1067_-30.4848.fits[1]", 0.95),
        (
            "spitzer_irac/spitzer_example_image.fits",
            {},
            *("spitzer_irac/irac_ch2_flight.fits", 1.9),
        ),
        (
            "sdss_fpC/fpC-004192-r4-0300.fit.gz",
            {},
            *("sdss_fpC/psField-004192-4-0300.fit", 0.95),
        ),
    ],
)
def test_each_psf_is_centred_normalised_and_as_sharp_as_the_camera(
    cameras, image, options, psf, fwhm
):
    field = opened(cameras, image, **options)
    found = images.open_psf(f"{cameras}/{psf}", field)
    stamp = found.at(field.shape[1] / 2, field.shape[0] / 2, 0)
    assert stamp.sum() == pytest.approx(1)
    assert psf_offset(stamp[None])[0] < 0.05
    assert psf_fwhm(stamp, field.pixel_scale) == pytest.approx(fwhm, rel=0.1)


def test_every_folder_is_measured_by_the_script_and_its_files_are_there(cameras):
    given = camera_images.IMAGES
    names = [each.image for each in given] + [each.psf for each in given]
    files = {name.split("::")[0].split("[")[0] for name in names if "/" in name}
    folders = {path.name for path in cameras.iterdir() if path.is_dir()}
    assert {file.split("/")[0] for file in files} == folders
    assert not [file for file in sorted(files) if not (cameras / file).is_file()]
    assert len({each.name for each in given}) == len(given)
    text = (cameras / "expected.csv").read_text()
    assert all(f"{known.value:g}" in text for each in given for known in each.known)


def test_a_star_field_holds_hardly_a_galaxy(cameras):
    """Of the isolated bright sources of a star field most are as sharp as the PSF."""
    field = opened(cameras, "sdss_fpC/fpC-004192-r4-0300.fit.gz", gain=4.75, background="mesh")
    found = images.detect_sources(field)
    bright = found[(found["snr"] > 100) & (found["size"] < 2)].head(150).reset_index(drop=True)
    psf = images.open_psf(cameras / "sdss_fpC" / "psField-004192-4-0300.fit", field)
    flags = np.concatenate([chunk.flags for chunk in images.cutouts(field, bright, psf)])
    alone = flags & (FLAGS["neighbour"] | FLAGS["masked"] | FLAGS["edge"]) == 0
    assert alone.sum() > 20
    assert (flags[alone] & FLAGS["unresolved"] != 0).mean() > 0.7


def test_published_radii_are_at_the_positions_that_are_given(cameras):
    """The DECam galaxy of pysersic's example lies where the table says, whole and not a star."""
    field = opened(cameras, COADD + "[3]", weight=COADD + "[4]", unit="nanomaggy")
    psf = images.open_psf(f"{cameras}/decam_coadd/copsf_59.1067_-30.4848.fits[1]", field)
    found = images.detect_sources(field)
    apart = np.hypot(found["x"] - 126.44, found["y"] - 130.41)
    assert apart.min() < 1.5
    own = found.loc[[apart.idxmin()]].reset_index(drop=True)
    [chunk] = images.cutouts(field, own, psf)
    assert chunk.flags[0] & (FLAGS["unresolved"] | FLAGS["edge"] | FLAGS["masked"]) == 0
    assert chunk.binning.tolist() == [1]
