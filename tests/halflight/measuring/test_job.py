"""The job: one table of many images, resumed, appended, refused by name, shown."""

import shutil

import numpy as np
import pandas as pd
import pytest

from halflight import files, results
from halflight.measuring import Job
from halflight.measuring.job import Measurer
from tests.halflight.measuring.conftest import IDS, StandIn


@pytest.fixture
def job(folder, options, tmp_path, monkeypatch):
    """What makes a job on a copy of the image, measured by a stand-in that may stop."""
    here = tmp_path / "here"
    shutil.copytree(folder, here)
    stand_in = StandIn()
    monkeypatch.setattr(Measurer, "load", classmethod(lambda *_, **__: stand_in))
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1800000000")

    def make(name="radii.parquet", paths=("a.fits",), **more):
        told = []
        made = Job(
            [str(here / path) for path in paths],
            here / name,
            **{
                "catalogue": str(here / "sources.csv"),
                "psf": str(here / "psf.fits"),
                "model": str(here / "model"),
                "options": options,
                "say": told.append,
            }
            | more,
        )
        made.told, made.stand_in, made.here = told, stand_in, here
        return made

    return make


def stop(monkeypatch, targets, after, error=KeyboardInterrupt):
    """Cut two stamps at a time, and stop at a chunk."""
    from halflight import images

    whole = images.cutouts

    def cutouts(*arguments, **_):
        for number, cut in enumerate(whole(*arguments, chunk=2)):
            if number == after:
                raise error
            yield cut

    monkeypatch.setattr(targets, "cutouts", cutouts)


def test_the_table_is_written_with_its_provenance(job):
    made = job()
    made.run()
    read = results.read(made.output)
    assert read.rows["id"].tolist() == [*IDS, 77]
    [run] = read.runs
    assert (run["image"], run["catalogue"], run["psf"]) == ("a.fits", "sources.csv", "psf.fits")
    assert (run["model"], run["tier"]) == ("model", "best")
    assert len(run["model_sha256"]) == len(run["inputs_sha256"]) == 64
    assert run["date"] == "2027-01-15T08:00:00Z"
    assert made.told[0].startswith("a.fits: 6 sources (sources.csv); PSF psf.fits; model model")
    assert not list(made.here.glob(".*"))


def test_a_stopped_run_goes_on_to_the_same_bytes(job, monkeypatch):
    from halflight.measuring import targets

    with monkeypatch.context() as patched:
        stop(patched, targets.images, 99)
        job("whole.parquet").run()
    with monkeypatch.context() as patched:
        stop(patched, targets.images, 2)
        first = job()
        with pytest.raises(KeyboardInterrupt):
            first.run()
        assert first.told[-1] == "4 of 6 rows are kept: the same command goes on from there"
        assert not first.output.exists()
        stop(patched, targets.images, 99)
        again = job()
        again.run()
    assert "4 of them measured before" in again.told[0]
    assert again.output.read_bytes() == (again.here / "whole.parquet").read_bytes()
    assert not list(again.here.glob(".*"))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda here: (here / "sources.csv").write_text("id,x,y\n1,50,50\n"), "catalogue"),
        (lambda here: (here / "psf.fits").write_bytes((here / "a.rms.fits").read_bytes()), "psf"),
        (lambda here: (here / "model" / "x").write_text("other"), "model"),
    ],
)
def test_changed_inputs_are_refused_by_name_until_restart(job, monkeypatch, change, named):
    from halflight.measuring import targets

    with monkeypatch.context() as patched:
        stop(patched, targets.images, 1)
        first = job()
        with pytest.raises(KeyboardInterrupt):
            first.run()
    change(first.here)
    with pytest.raises(ValueError, match=rf"made with another {named} .*--restart"):
        job().run()
    assert list(first.here.glob(".radii.parquet.0.partial/chunk-*"))
    if named != "psf":
        job(restart=True).run()
        assert results.read(first.output)


def test_other_options_are_other_inputs(job, monkeypatch):
    from halflight.measuring import targets

    with monkeypatch.context() as patched:
        stop(patched, targets.images, 1)
        with pytest.raises(KeyboardInterrupt):
            job().run()
    with pytest.raises(ValueError, match=r"another tier \(was 'best', is 'fast'\)"):
        job(tier="fast").run()


def test_several_images_are_runs_of_one_table(job):
    made = job()
    shutil.copy(made.here / "a.fits", made.here / "b.fits")
    made = job(paths=("a.fits", "b.fits"))
    made.run()
    read = results.read(made.output)
    assert read.rows["run"].tolist() == [0] * 6 + [1] * 6
    assert [run["image"] for run in read.runs] == ["a.fits", "b.fits"]


@pytest.mark.parametrize("ending", results.FORMATS)
def test_appended_rows_follow(job, ending):
    first = job(f"radii{ending}")
    first.run()
    (first.here / "more.csv").write_text("id,x,y\n44,60,50\n")
    second = job(f"radii{ending}", append=True, catalogue=str(first.here / "more.csv"))
    second.run()
    rows = results.read(first.output).rows
    assert rows["id"].tolist() == [*IDS, 77, 44]
    assert rows["run"].tolist() == [0] * 6 + [1]


def test_the_same_rows_are_not_appended_twice(job):
    job().run()
    before = job().output.read_bytes()
    with pytest.raises(ValueError, match=r"has the rows of .*a\.fits already"):
        job(append=True).run()
    assert job().output.read_bytes() == before


@pytest.mark.parametrize(
    ("change", "message"),
    [({"flag_names": True}, "alone has the column"), ({}, "other text")],
)
def test_what_does_not_fit_is_not_appended_and_not_measured(job, change, message):
    first = job()
    first.run()
    (first.here / "text.csv").write_text("id,x,y\na,60,50\n")
    second = job(append=True, catalogue=str(first.here / "text.csv"), **change)
    before, calls = first.output.read_bytes(), len(second.stand_in.calls)
    with pytest.raises(ValueError, match=rf"radii\.parquet cannot be appended to: .*{message}"):
        second.run()
    assert len(second.stand_in.calls) == calls
    assert first.output.read_bytes() == before


@pytest.mark.parametrize("name", ["a.fits", "psf.fits", "sources.csv", "a.rms.fits"])
def test_no_input_is_overwritten(job, folder, name):
    here = job().here
    options = {"rms": str(here / "a.rms.fits"), "first_pixel": 0}
    before = (here / name).read_bytes()
    with pytest.raises(ValueError, match="is what is measured: give another name"):
        job(name, options=options).run()
    assert (here / name).read_bytes() == before


def test_appending_to_what_is_no_table_leaves_it(job):
    made = job(append=True)
    made.output.write_bytes(b"mine")
    with pytest.raises(ValueError, match="is no table that halflight wrote"):
        made.run()
    assert made.output.read_bytes() == b"mine"
    assert made.stand_in.calls == []


def test_a_disk_that_is_full_keeps_the_old_table_and_the_rows(job, monkeypatch):
    job().run()
    before = job().output.read_bytes()
    made = job(tier="fast")

    def full(path, table):
        raise OSError(28, "No space left on device", str(path))

    form = results.FORMATS[".parquet"]
    with monkeypatch.context() as patched:
        patched.setitem(results.FORMATS, ".parquet", type(form)(full, form.read))
        with pytest.raises(OSError, match=r"radii\.parquet was not written .*No space left"):
            made.run()
    assert made.output.read_bytes() == before
    made.stand_in.calls.clear()
    again = job(tier="fast")
    again.run()
    assert again.stand_in.calls == []  # every row had been kept
    assert results.read(again.output).runs[0]["tier"] == "fast"


def test_a_disk_that_is_full_at_a_chunk_names_it(job, monkeypatch):
    def full(path, table):
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(files, "write_parquet", full)
    with pytest.raises(OSError, match="No space left"):
        job().run()
    assert not list(job().here.glob(".*"))


def test_bad_input_is_one_line(job, monkeypatch):
    monkeypatch.setattr("halflight.models.installed", lambda _: {})
    cases = [
        ({"paths": ("none.fits",)}, "none.fits"),
        ({"psf": None}, "needs a PSF"),
        ({"catalogue": "nowhere.csv"}, "nowhere.csv"),
        ({"model": "nowhere"}, "no estimator at nowhere"),
        ({"model": None}, "no model comes with this installation"),
    ]
    for change, message in cases:
        made = job(**change)
        with pytest.raises((ValueError, OSError), match=message) as caught:
            made.run()
        assert "\n" not in str(caught.value)
        assert not made.output.exists()
        assert not list(made.here.glob(".*"))


def test_a_catalogue_without_rows_is_refused(job):
    made = job()
    (made.here / "empty.csv").write_text("id,x,y\n")
    with pytest.raises(ValueError, match=r"empty\.csv has no row: there is nothing to measure"):
        job(catalogue=str(made.here / "empty.csv")).run()


def test_the_page_shows_image_examples_and_provenance(job):
    made = job()
    made.run()
    made.write_page(made.here / "page.html")
    page = (made.here / "page.html").read_text()
    assert "<b>a.fits.</b>" in page
    assert page.count('class="examples"') >= 2
    assert str(IDS[0]) in page
    assert "http" not in page.replace("http-equiv", "")


def test_model_pictures_leave_little_of_what_they_describe(folder, options):
    from halflight import images
    from halflight.measuring.looking import model_of, overview_of

    opened = images.open_field(folder / "a.fits", images.Options(**options))
    sources = pd.DataFrame({"x": [60.2], "y": [50.7], "status": [""]})
    psf = images.open_psf(str(folder / "psf.fits"), opened, sources)
    [cut] = images.cutouts(opened, sources, psf)
    row = pd.Series(
        {
            "half_light_radius_pix": 1.1774 * np.sqrt(16 - 1.62),  # without the PSF of 3 pixels
            "axis_ratio": np.sqrt((6.25 - 1.62) / (16 - 1.62)),
            "position_angle_image": 0.0,
            "sersic_n": 0.5,
        }
    )
    start = float(cut.dx[0]) + 0.8, float(cut.dy[0]) - 0.8
    model, x, y = model_of(cut.image[0], cut.sigma[0], cut.psf[0], row, 1, start)
    assert (x, y) == pytest.approx((cut.dx[0], cut.dy[0]), abs=0.05)
    middle = np.s_[30:66, 30:66]
    left = (cut.image[0] - model)[middle]
    assert np.std(left) < 1.1
    assert cut.image[0][middle].max() > 40
    assert model_of(cut.image[0], cut.sigma[0], cut.psf[0], row * np.nan, 1, start) is None
    overview = overview_of(opened)
    assert overview.image.shape == (200, 200)
    assert overview.step == 1
