"""The images of a folder of real cameras: what each does not say of itself, and what is known."""

from dataclasses import dataclass, field
from typing import NamedTuple


class Known(NamedTuple):
    """A radius of expected.csv: R_e, its major axis, of a source at x, y, from 0."""

    object: str
    x: float
    y: float
    value: float
    unit: str
    kind: str = "check fit"
    error: float = 0.0
    circularised: bool = False
    why: str = ""  # it may differ from what is measured


@dataclass(frozen=True)
class Given:
    """One image, by names of files in the folder; `archive.npz::array:plane` is of an archive.

    options: of `halflight.images.Options`. catalogue: where it has its own.
    """

    name: str
    image: str
    psf: str
    options: dict[str, str | float | int] = field(default_factory=dict)
    known: tuple[Known, ...] = ()
    catalogue: str = ""
    classical: bool = False


BOK, MOSAIC = "bok_90prime/ksb_170430_055945_{}_r_ls9", "kpno_mosaic3/k4m_160319_075112_{}_zd_ls9"
DECAM = "decam_ccd/c4d_150412_073257_{}_z_ls9"
COADD, COADD_PSF = (f"decam_coadd/{n}_59.1067_-30.4848.fits" for n in ("cutout", "copsf"))
HST, SDSS7, GAMA = "hst_wfc3ir/abell_2744_", "sdss_dr7/", "gama_sdss_ukidss/"
NPZ, BLEND = "hsc/pysersic_gal2.npz", "hsc/hsc_cosmos_35.npz"
LENS = "ps1_gpc1/H1413+117_10x10arcsec_55377.34051_z_{}.fits"

JWST = {
    "10735": {"f150w": 0.329, "f200w": 0.254, "f277w": 0.191, "f356w": 0.138, "f444w": 0.123},
    "13374": {"f150w": 0.0710, "f200w": 0.0749, "f277w": 0.0646, "f356w": 0.0635, "f444w": 0.0622},
}
"""R_e in arcsec of the check fits, by field and band."""
COMPANION = "a companion and a colour gradient: the source calls its one-component fit bad"
CROWDED = "a cut of 100 pixels full of galaxies, from which sky and noise are measured"
LARGE = (
    "the image is 3.8 R_e wide, so that R_e follows the sky: with --classical the Sersic fit, "
    "which leaves the sky free, has 57 pixels"
)
PLACES = {"10735": (53.0, 50.0), "13374": (51.4, 50.4)}  # in the bands of 0.04 arcsec a pixel
JOINT = {"10735": 0.146, "13374": 0.0697}  # published, of all bands together, rescaled


def _jwst(number: str, band: str) -> Given:
    fine = band in ("f150w", "f200w")  # of half the pixel
    x, y = (2 * at + 0.5 if fine else at for at in PLACES[number])
    stem = f"jwst_nircam/{number}/{band}"
    why = COMPANION if number == "10735" else ""
    known = [Known("central", x, y, JWST[number][band], "arcsec", why=why)]
    if band == "f277w":
        known.append(
            Known("central", x, y, JOINT[number], "arcsec", "published (rescaled)", why=why)
        )
    return Given(
        f"jwst_nircam_{number}_{band}",
        f"{stem}.fits",
        f"jwst_nircam/{number}/PSF/{band.upper()}_hybrid.fits",
        {
            "rms": f"{stem}_err.fits",
            "mask": f"{stem}_mask.fits",
            "unit": "MJy/sr",
            "pixel_scale": 0.02 if fine else 0.04,
        },
        tuple(known),
    )


def _coadd(number: int, band: str, known: tuple[Known, ...]) -> Given:
    return Given(
        f"decam_coadd_{band}",
        f"{COADD}[{2 * number + 1}]",
        f"{COADD_PSF}[{number}]",
        {"weight": f"{COADD}[{2 * number + 2}]", "unit": "nanomaggy"},
        known,
    )


def _ccd(name: str, stem: str, ccd: str, model: str, *, mask: bool = True) -> Given:
    options = {"weight": f"{stem.format('oow')}.{ccd}.fits", "background": "global"}
    options |= {"mask": f"{stem.format('ood')}.{ccd}.fits"} if mask else {}
    return Given(name, f"{stem.format('ooi')}.{ccd}.fits", f"{stem.format('ooi')}{model}", options)


IMAGES = (
    Given(
        "ntt_emmi",
        "ntt_emmi/image.fits",
        "moffat:2.4px:3",  # its stars have r50 1.21 px; too few are alone for auto
        {
            "rms": "ntt_emmi/rms.fits",
            "background": "mesh",
            "pixel_scale": 1.0,  # not known: so that radii in arcsec are those in pixels
            "columns": "id=NUMBER,x=X_IMAGE,y=Y_IMAGE",
            "first_pixel": 1,
        },
        catalogue="ntt_emmi/image_sextractor.csv",
        classical=True,
    ),
    Given(
        "hst_wfc3ir_group",
        f"{HST}group_of_galaxies_f105w.fits.gz",
        "hst_wfc3ir/f105w_psf.fits.gz",
        {"background": "global"},
        (
            Known("left", 43.66, 69.12, 0.363, "arcsec"),
            Known("right", 88.52, 75.44, 0.224, "arcsec", why=CROWDED),
            Known("lower", 69.98, 29.96, 0.353, "arcsec", why=CROWDED),
        ),
    ),
    Given(
        "hst_wfc3ir_dwarf",
        f"{HST}dwarf_galaxy_f105w.fits.gz",
        "hst_wfc3ir/f105w_psf.fits.gz",
        {"rms": f"{HST}dwarf_galaxy_f105w_rms.fits.gz", "background": "local"},
    ),
    Given(
        "hst_wfc3ir_spiral",
        f"{HST}spiral_galaxy_f105w.fits.gz",
        "hst_wfc3ir/f105w_psf.fits.gz",
        {"background": "local"},
    ),
    *(_jwst(number, band) for number, bands in JWST.items() for band in bands),
    Given(
        "hsc_pysersic",
        f"{NPZ}::image",
        f"{NPZ}::psf",
        {"rms": f"{NPZ}::sigma", "mask": f"{NPZ}::mask", "pixel_scale": 0.168},
        (
            Known("central", 60.437, 59.252, 6.257, "pixel", "published", 0.027),
            Known("central", 60.437, 59.252, 6.058, "pixel"),
        ),
    ),
    Given(
        "hsc_cosmos_i",
        f"{BLEND}::images:2",
        f"{BLEND}::psfs:2",
        {"variance": f"{BLEND}::variance:2", "pixel_scale": 0.168, "zero_point": 27.0},
    ),
    Given(
        "hsc_star",
        "hsc/lsst_layout/10-cutout-HSC-I-8279-pdr2_wide.fits",
        "moffat:0.6arcsec:3",
    ),
    Given(
        "hsc_calexp",
        "hsc/lsst_layout/example-calexp.fits.gz",
        "moffat:0.6arcsec:3",
    ),
    Given(
        "same_sky_hsc",
        "hsc_and_hst_same_sky/Cut_HSC1.fits",
        "hsc_and_hst_same_sky/PSF_HSC.fits",
        {"plane": 2},
    ),
    Given(
        "same_sky_hst", "hsc_and_hst_same_sky/Cut_HST1.fits", "hsc_and_hst_same_sky/PSF_HST.fits"
    ),
    _coadd(
        0,
        "g",
        (
            Known(
                *("central", 126.4, 130.3, 6.889, "pixel", "published", 0.051),
                why="the check fit of the same pixels differs as much",
            ),
            Known("central", 126.4, 130.3, 7.18, "pixel"),
        ),
    ),
    _coadd(
        1,
        "r",
        (
            Known("central", 126.4, 130.4, 6.666, "pixel", "published", 0.034),
            Known("central", 126.4, 130.4, 6.741, "pixel"),
        ),
    ),
    _coadd(
        2,
        "z",
        (
            Known("central", 126.5, 130.5, 6.501, "pixel", "published", 0.084),
            Known("central", 126.5, 130.5, 6.41, "pixel"),
        ),
    ),
    _ccd("decam_ccd_z", DECAM, "N11", "-N11-psfex.fits"),
    _ccd("bok_90prime_r", BOK, "CCD4", "-psfex.fits"),
    _ccd("kpno_mosaic3_z", MOSAIC, "CCD3", "-psfex.fits", mask=False),
    Given(
        "sdss_dr7_ic3478",
        f"{SDSS7}ic3478rss_256.fits",
        f"{SDSS7}psf_moffat_51.fits",
        {"gain": 4.725, "mask": f"{SDSS7}ic3478rss_256_mask.fits"},
        (
            Known("IC 3478", 127.93, 128.07, 66.6, "pixel", why=LARGE),
            Known(
                *("IC 3478", 127.93, 128.07, 60.76, "pixel", "published, of a smaller cut", 0.86),
                why=LARGE,
            ),
        ),
    ),
    Given(
        "sdss_dr7_n3073",
        f"{SDSS7}n3073rss_small.fits",
        f"{SDSS7}psf_moffat_35_n4699z.fits",
        {"gain": 4.725, "mask": f"{SDSS7}n3073rss_small_mask.fits"},
        (
            Known("NGC 3073", 99.71, 96.09, 44.5, "pixel"),
            Known("NGC 3073", 99.71, 96.09, 38.0, "pixel", "derived from published", 0.0, True),
        ),
    ),
    Given(
        "sdss_fpC",
        "sdss_fpC/fpC-004192-r4-0300.fit.gz",
        "sdss_fpC/psField-004192-4-0300.fit",
        {"gain": 4.75, "background": "mesh"},
    ),
    Given(
        "ps1_gpc1",
        LENS.format("sci"),
        "moffat:1.1arcsec:3",
        {"variance": LENS.format("var")},
    ),
    Given("hst_wfpc2", "hst_wfpc2/ngc4342.sky.fits", "gaussian:0.1arcsec", {"unit": "DN"}),
    Given("twomass", "twomass/ngc3344J.mge2galfit.fits", "moffat:2.9arcsec:3"),
    Given(
        "kpno09m_t2ka",
        "kpno09m_t2ka/A1656-1-3.sbProf.fits",
        "moffat:1.6arcsec:3",
        {"mask": "kpno09m_t2ka/mask.sbProf.fits", "zero_point": 21.817, "background": "global"},
    ),
    *(
        Given(
            f"gama_{band}",
            f"{GAMA}t10_5.34_{band}.fits",
            f"{GAMA}psf_{band}.fits",
            {"zero_point": 30.0, "background": "global"},
        )
        for band in ("r", "H")
    ),
    Given(
        "spitzer_irac",
        "spitzer_irac/spitzer_example_image.fits",
        "spitzer_irac/irac_ch2_flight.fits",
        {"background": "mesh"},
    ),
    Given("m51_int16", "m51_int16/M51.fits", "gaussian:3px"),
)
