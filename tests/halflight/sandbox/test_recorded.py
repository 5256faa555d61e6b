import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from astropy.io import fits
from astropy.table import Table

from halflight.sandbox import RecordedSky, Sandbox

CATALOGUE = "sas/dr17/eboss/photoObj/301/94/1/photoObj-000094-1-0012.fits"
FIELDS = "sas/dr17/eboss/photoObj/301/94/photoField-000094-1.fits"
FRAME = "dr17/eboss/photoObj/frames/301/94/1/frame-r-000094-1-0012.fits.bz2"
PSFIELD = "dr17/eboss/photo/redux/301/94/objcs/1/psField-000094-1-0012.fit"

QUERY = """
SELECT p.objID,p.thingId,p.run,p.rerun,p.camcol,p.field,p.ra,p.dec,p.rowc_r,p.colc_r,p.flags_r,
 p.psfMag_r,p.cModelMag_r,p.cModelMagErr_r,p.petroRad_r,p.petroR50_r,p.petroR90_r,
 p.deVRad_r,p.deVRadErr_r,p.deVAB_r,p.deVPhi_r,p.deVFlux_r,p.expRad_r,p.expRadErr_r,p.expAB_r,
 p.expPhi_r,p.expFlux_r,p.fracDeV_r,p.extinction_r,p.psffwhm_r,f.psfWidth_r,f.gain_r,
 f.darkVariance_r,f.nMgyPerCount_r,f.sky_r
FROM PhotoObjAll p JOIN Field f ON f.fieldID=p.fieldID
WHERE (f.run*1009+f.camcol*9176+f.field*6173)%1=0 AND f.score>0.6
 AND (p.calibStatus_r & 1)<>0 AND p.mode=2 AND p.type=3 AND p.cModelMag_r BETWEEN 14 AND 20
 AND p.extinction_r<0.3 AND p.rowc_r BETWEEN 64 AND 1425 AND p.colc_r BETWEEN 64 AND 1984
"""


@pytest.fixture(scope="module")
def sky(recorded_sky: Path) -> RecordedSky:
    return RecordedSky(recorded_sky)


@pytest.fixture
def copied(recorded_sky: Path, tmp_path: Path) -> Path:
    """A writable folder with the recorded catalogues alone."""
    for name in (CATALOGUE, FIELDS):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(recorded_sky / name, tmp_path / name)
    return tmp_path


def test_the_tables_hold_the_recorded_numbers(sky: RecordedSky, recorded_sky: Path) -> None:
    tables = sky.tables()
    objects, fields = tables["PhotoObjAll"], tables["Field"]
    raw = fits.getdata(recorded_sky / CATALOGUE)
    assert len(objects) == len(raw) == 999
    assert (objects["fieldID"] == 1237645876861337600).all()
    np.testing.assert_array_equal(objects["objID"], [int(text) for text in raw["OBJID"]])
    np.testing.assert_array_equal(objects["deVPhi_r"], raw["PHI_DEV_DEG"][:, 2])
    np.testing.assert_array_equal(objects["petroR50_z"], raw["PETROTH50"][:, 4])
    assert objects["mode"].value_counts().to_dict() == {2: 644, 4: 189, 3: 166}
    field = fields[fields["field"] == 12].iloc[0]
    assert field["fieldID"] == 1237645876861337600
    assert field["gain_r"] == np.float32(4.71)
    assert field["darkVariance_r"] == np.float32(1.8225)
    assert field["nMgyPerCount_r"] == pytest.approx(0.00476035, rel=1e-6)


def test_flags_join_both_words(sky: RecordedSky, recorded_sky: Path) -> None:
    raw = fits.getdata(recorded_sky / CATALOGUE)
    flags = sky.tables()["PhotoObjAll"]["flags_r"].to_numpy()
    np.testing.assert_array_equal(flags & 0xFFFFFFFF, raw["FLAGS"][:, 2].astype(np.uint32))
    np.testing.assert_array_equal(flags >> 32, raw["FLAGS2"][:, 2])


def test_blank_identifiers_are_computed(copied: Path) -> None:
    table = Table.read(copied / CATALOGUE, hdu=1)
    expected = table["OBJID"].astype(np.int64)
    table["OBJID"] = ""
    table["FIELDID"] = ""
    table.write(copied / CATALOGUE, overwrite=True)
    objects = RecordedSky(copied).tables()["PhotoObjAll"]
    np.testing.assert_array_equal(objects["objID"], expected)
    assert (objects["fieldID"] == 1237645876861337600).all()


def test_csv_tables_add_rows_and_tables(copied: Path) -> None:
    folder = copied / "skyserver"
    folder.mkdir()
    known, new = 1237645876861337601, 1237645876861399999
    rows = f"#Table1\nobjID,mode,psfMag_r\n{known},1,99\n{new},1,17.5\n"
    (folder / "PhotoObjAll.csv").write_text(rows)
    (folder / "SpecObjAll.csv").write_text(f"specObjID,bestObjID,class\n1,{new},GALAXY\n")
    tables = RecordedSky(copied).tables()
    objects = tables["PhotoObjAll"].set_index("objID")
    assert len(objects) == 1000
    assert objects.loc[known, "mode"] == 3
    assert objects.loc[new, "psfMag_r"] == 17.5
    assert tables["SpecObjAll"]["bestObjID"].tolist() == [new]


@pytest.mark.parametrize("path", [FRAME, PSFIELD])
def test_files_are_byte_exact(sky: RecordedSky, recorded_sky: Path, path: str) -> None:
    assert sky.file(path) == (recorded_sky / "sas" / path).read_bytes()


def test_nothing_outside_the_folder_is_served(copied: Path, get: Callable) -> None:
    (copied / "secret.txt").write_text("secret")
    (copied / "sas" / "link.txt").symlink_to(copied / "secret.txt")
    paths = [
        "../secret.txt",
        "dr17/../../secret.txt",
        "%2e%2e/secret.txt",
        "..%2fsecret.txt",
        "link.txt",
        str(copied / "secret.txt"),
        "/etc/passwd",
        "//etc/passwd",
        "dr17",
        "a%00b",
        "x" * 5000,
    ]
    with Sandbox(RecordedSky(copied)) as sandbox:
        for path in paths:
            status, _, body = get(f"{sandbox.sas_url}/{path}")
            assert status == 404, path
            assert b"secret" not in body.replace(b"secret.txt", b"")


def test_a_field_without_its_frame_is_404(sky: RecordedSky, get: Callable) -> None:
    with Sandbox(sky) as sandbox:
        assert get(f"{sandbox.sas_url}/{FRAME.replace('0012', '0013')}")[0] == 404


@pytest.mark.parametrize("missing", ["", "sas", CATALOGUE, FIELDS])
def test_what_is_missing_is_named(copied: Path, missing: str) -> None:
    target = copied / missing
    if target.is_dir():
        shutil.rmtree(target)
    else:
        target.unlink()
    with pytest.raises(FileNotFoundError, match=str(copied)):
        RecordedSky(copied)


def test_a_file_that_is_something_else(copied: Path) -> None:
    Table({"OBJID": ["1"]}).write(copied / CATALOGUE, overwrite=True)
    with pytest.raises(ValueError, match="photoObj-000094-1-0012.fits .* lacks the columns"):
        RecordedSky(copied).tables()


def test_astroquery_reads_catalogue_and_frame(sky: RecordedSky, pointed: Callable) -> None:
    with Sandbox(sky) as sandbox:
        client = pointed(sandbox)
        table = client.query_sql(QUERY, data_release=17, cache=False, timeout=60)
        assert table.colnames[:3] == ["objID", "thingId", "run"]
        truth = sky.tables()["PhotoObjAll"].set_index("objID").loc[np.asarray(table["objID"])]
        np.testing.assert_array_equal(np.float32(table["petroR50_r"]), truth["petroR50_r"])
        np.testing.assert_array_equal(table["ra"], truth["ra"])
        np.testing.assert_array_equal(table["flags_r"], truth["flags_r"])
        assert len(table) == 58
        assert client.query_sql(QUERY + " AND 1=0", data_release=17, cache=False) is None
        match = Table(table[["run", "rerun", "camcol", "field"]][:1])
        frames = client.get_images_async(
            matches=match, band="r", data_release=17, cache=False, show_progress=False
        )
        with frames[0].get_fits() as hdus:
            assert hdus[0].data.shape == (1489, 2048)
            assert hdus[0].header["RUN"] == 94


def test_astroquerys_own_query_builder(sky: RecordedSky, pointed: Callable) -> None:
    with Sandbox(sky) as sandbox:
        table = pointed(sandbox).query_photoobj(
            run=94, camcol=1, field=12, fields=["objID", "ra", "modelMag_r"], cache=False
        )
        assert len(table) == 999
        assert pd.Series(np.asarray(table["modelMag_r"])).notna().all()
