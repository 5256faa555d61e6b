"""A survey: each source once, on the better of two images, resumed by parts, one part alone."""

import shutil

import numpy as np
import pandas as pd
import pytest
from astropy.io import fits
from astropy.wcs import WCS

from halflight import results
from halflight.measuring import Job
from halflight.measuring.job import Measurer
from halflight.measuring.survey import Survey
from tests.halflight.measuring.conftest import IDS, PLACES, StandIn

pytest.importorskip("hats_import", reason="the extra hats is not installed")
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def survey(folder, options, tmp_path, monkeypatch):
    """What makes a survey of an image, a cut of it, and one of another part of the sky."""
    here = tmp_path / "here"
    shutil.copytree(folder, here)
    with fits.open(here / "a.fits") as [image]:
        cut = fits.PrimaryHDU(image.data[:, 50:], image.header)
        cut.header["CRPIX1"] -= 50
        cut.writeto(here / "b.fits")
        wcs = WCS(image.header)
        image.header["CRVAL1"] += 1.0
        image.writeto(here / "c.fits")
    ra, dec = wcs.pixel_to_world_values(*np.transpose(PLACES))
    catalogue = pd.DataFrame({"id": IDS, "ra": ra, "dec": dec})
    other = catalogue.assign(id=np.arange(len(IDS)) + 1000, ra=catalogue["ra"] + 1)
    catalogue = pd.concat([catalogue, other], ignore_index=True)
    catalogue.loc[len(catalogue)] = [77, 150.2, 2.1]  # on neither
    catalogue.astype({"id": np.int64}).to_csv(here / "sources.csv", index=False)
    stand_in = StandIn()
    monkeypatch.setattr(Measurer, "load", classmethod(lambda *_, **__: stand_in))
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1800000000")
    plain = {name: value for name, value in options.items() if name != "rms"}

    def make(name="out", **more):
        job = Job(
            [str(here / f"{letter}.fits") for letter in "bac"],
            here / name,
            catalogue=str(here / "sources.csv"),
            psf=str(here / "psf.fits"),
            model=str(here / "model"),
            options={**plain, "gain": 1.0, "read_noise": 1.0, "columns": {"id": "id"}},
        )
        made = Survey(job, order=8, **more)  # pixels of 0.05 square degrees
        made.stand_in = stand_in
        return made

    return make


@pytest.mark.thorough
def test_each_source_is_measured_once_where_it_is_farthest_from_an_edge(survey):
    made = survey()
    assert made.run() == 2 * len(IDS)
    table = results.read(made.job.output / "radii.parquet")
    assert sorted(table.rows["id"]) == sorted([*IDS, *range(1000, 1000 + len(IDS))])
    images = [table.runs[run]["image"] for run in table.rows["run"]]
    on = dict(zip(table.rows["id"], images, strict=True))
    assert on[IDS[0]] == on[IDS[3]] == "a.fits"  # 10 pixels from an edge of b, and not on it
    assert {on[number] for number in range(1000, 1000 + len(IDS))} == {"c.fits"}
    assert not list(made.job.output.parent.glob(".out.*"))
    lsdb = pytest.importorskip("lsdb", reason="the extra hats is not installed")
    opened = lsdb.open_catalog(made.job.output / "hats").compute()
    assert sorted(opened["id"]) == sorted(table.rows["id"])
    assert np.isfinite(opened["half_light_radius"]).any()
    with pytest.raises(ValueError, match="is there already"):
        survey().run()


@pytest.mark.thorough
def test_a_stopped_survey_goes_on_by_parts(survey, monkeypatch):
    made = survey()
    whole = made.stand_in.measure

    def stops(*arguments, **options):
        if len(made.stand_in.calls) == 1:
            raise KeyboardInterrupt
        return whole(*arguments, **options)

    with monkeypatch.context() as patched:
        patched.setattr(made.stand_in, "measure", stops)
        with pytest.raises(KeyboardInterrupt):
            made.run()
    assert not made.job.output.exists()
    before = len(made.stand_in.calls)
    told = []
    again = survey(say=told.append)
    assert again.run() == 2 * len(IDS)
    assert before == 1
    assert any(line.endswith(" parts, 1 of them measured before") for line in told)


def test_a_partition_alone_is_one_table_here(survey):
    from halflight.healpix import pixels

    chosen = int(pixels([151.0], [2.0], 8)[0])
    alone = survey(partition=chosen)
    count = alone.run()
    table = results.read(alone.job.output.with_name(f"out-{chosen}.parquet")).rows
    assert len(table) == count > 0
    assert set(pixels(table["ra"], table["dec"], 8)) == {chosen}
    assert not alone.job.output.exists()
    with pytest.raises(ValueError, match="no source on these images is in pixel 0 of order 8"):
        survey(partition=0).run()


def test_an_order_too_fine_is_refused(survey):
    made = survey()
    made.order = 11
    with pytest.raises(ValueError, match="order must be 0 to 10, received 11"):
        made.run()
