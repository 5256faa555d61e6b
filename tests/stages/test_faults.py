"""Every file between stages, damaged in every way, before every reader: refused by name, or right.

One case is one damage of one file before one reader. It passes if the reader refuses it with one
short line that names the file or what in it is wrong, or gives what it gives of the whole file, in
bounded time and memory; and if nothing that was there before is lost.
"""

import contextlib
import hashlib
import os
import resource
import shutil
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from halflight import params, store, training
from halflight.measuring import Job
from stages import classical, evaluate, finetune, prepare, report, sections, train
from tests.tiny import RADIUS

from . import damages
from .conftest import PLACE
from .damages import ABSENT, ANY_FILE, ANY_JSON, ANY_TABLE, IDS, MANIFEST, SHARD, changed, column

pytestmark = [pytest.mark.faults, pytest.mark.timeout(120)]

MEMORY = 1 << 30  # bytes that a reader may ask for beyond what it has
SECONDS = 30.0  # of a reader, on a busy machine
LONGEST = 900  # characters of a refusal


# --- readers: each returns what it made of its files


def contents(*folders):
    return {
        str(path): hashlib.md5(path.read_bytes()).hexdigest()
        for folder in folders
        for path in sorted([Path(folder), *Path(folder).rglob("*")])
        if path.is_file()
    }


def read_store():
    stamps = store.read_stamps(PLACE.stamps("survey"))
    arrays = {name: array[:].tobytes() for name, array in stamps.arrays.items()}
    return stamps.table.to_csv(), arrays, stamps.instrument, stamps.origin


def run_measure():
    output = Path("measured.csv")
    Job([str(PLACE.stamps("survey"))], output, model=str(PLACE.trained), restart=True).run()
    return output.read_bytes()


def run_prepare():
    prepare.main("radius", "survey")
    return contents(PLACE.data / "prepared" / "survey")


def run_classical():
    classical.main("radius", "survey")
    return contents(PLACE.data / "classical")


class TrainedError(Exception):
    """What a training was handed."""


def run_train():
    try:
        train.main("radius")
    except TrainedError as handed:
        return handed.args
    raise AssertionError("the training did not begin")


def run_finetune():
    data = finetune.labelled_survey(RADIUS, PLACE, params.read("radius.finetune"))
    return data.labels.tobytes(), data.train.tolist(), data.validation.tolist()


def run_evaluate():
    evaluate.main("radius")
    return contents(PLACE.data / "evaluated", "reports")


def run_report():
    seen = []

    def write_report(folder, sections, **options):
        return []

    def measurement(data, **options):
        seen.append(data)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(report, "write_report", write_report)
        patch.setattr(sections, "NAMES", ("radius",))
        patch.setattr(sections.measurement, "measurement", measurement)
        patch.setattr(sections.measurement, "examples", lambda *_: [])  # no galaxy is fitted
        patch.setattr(sections.measurement, "seen", lambda *_: None)
        report.main()
    [data] = seen
    tables = (data.predictions, data.objects, data.bins, data.history, data.transfer)
    return [table.to_csv() for table in tables], repr((data.provenance, data.metrics, data.gallery))


# --- the matrix

SURVEY, PREPARED = PLACE.stamps("survey"), PLACE.prepared("survey")
SIMULATED = PLACE.prepared("simulated")
MEASURED = PLACE.classical("survey")
SPLITS = {
    "split gone": column("split", ABSENT),
    "split as numbers": column("split", lambda s: s.str.len()),
    "a split missing": column("split", None),
}
SOURCES = {
    "source_index gone": column("source_index", ABSENT),
    "source_index beyond": column("source_index", lambda s: s + 1000),
    "source_index below": column("source_index", lambda s: s - 5),
    "source_index of others": column("source_index", lambda s: s.to_numpy()[::-1]),
    "source_index as floats": column("source_index", lambda s: s + 0.5),
}
FIT = f"{RADIUS.reference}_ln_radius"
MEASUREMENTS = {
    "the fit gone": column(FIT, ABSENT),
    "the fit as text": column(FIT, lambda s: s.astype(str)),
    "the fit infinite": column(FIT, np.inf),
    "converged gone": column(f"{RADIUS.reference}_converged", ABSENT),
    "converged as text": column(f"{RADIUS.reference}_converged", lambda s: s.astype(str)),
    "the error as text": column(
        f"{RADIUS.reference}_ln_radius_error", lambda s: "x" + s.astype(str)
    ),
}
PROVENANCE = {
    f"{name}: {value!r:.20}": changed(name, value)
    for name, values in {
        "endpoint": [ABSENT, "hubble", 3, []],
        "release": [ABSENT, "seventeen", None, []],
        "band": [ABSENT, None],
        "sql": [ABSENT],
        "counts": ["many", 3],
        "dropped": [[1], 3],
        "files": ["many", [1], [{}]],
    }.items()
    for value in values
}
METRICS = {
    f"{name}: {value!r:.20}": changed(name, value)
    for name, values in {
        "ln_radius": [ABSENT, [], 3, "x", {"simulated": 3}, {"simulated": {"network": 3}}],
        "device": [ABSENT, [1], 3],
    }.items()
    for value in values
}
PREPARATION = {
    f"{name}: {value!r:.12}": changed(name, value)
    for name in ("stamp_size", "psf_size", "image_softening", "max_bad_fraction")
    for value in (ABSENT, "16", None, -1, float("nan"), [])
}
PLACES = {
    f"{name} {what}": column(name, change)
    for name in ("run", "camcol", "field")
    for what, change in {
        "gone": ABSENT,
        "as text": lambda s: "x" + s.astype(str),
        "as floats": lambda s: s + 0.5,
        "missing": lambda s: s.where(s.index > 0, np.nan),
    }.items()
}


def of_report(name, number):
    """Damages of one table that only the report reads."""
    own = {f"{name} gone": column(name, ABSENT), f"{name} as a list": column(name, "[]")}
    own |= {f"{number} gone": column(number, ABSENT)}
    return ANY_FILE | ANY_TABLE | own


MATRIX = [
    (read_store, SURVEY / "stamps.json", ANY_FILE | ANY_JSON | MANIFEST),
    (read_store, SURVEY / "table.parquet", ANY_FILE | ANY_TABLE | IDS),
    (read_store, SURVEY / "image-00001.npy", ANY_FILE | SHARD),
    (read_store, SURVEY / "psf-00000.npy", ANY_FILE),
    (run_measure, SURVEY / "stamps.json", {"no sigma": changed("arrays.sigma", ABSENT)} | ANY_JSON),
    (run_measure, SURVEY / "sigma-00000.npy", {k: SHARD[k] for k in list(SHARD)[:16]}),
    (run_measure, SURVEY / "table.parquet", IDS),
    (run_prepare, SURVEY / "stamps.json", {"no psf": changed("arrays.psf", ABSENT)} | ANY_JSON),
    (run_prepare, SURVEY / "table.parquet", ANY_TABLE | IDS | PLACES),
    (
        run_prepare,
        SURVEY / "psf-00001.npy",
        SHARD
        | {
            "a PSF of NaN": damages.saved(lambda a: a * np.nan),
            "PSFs infinite": damages.saved(lambda a: a + np.inf),
        },
    ),
    (run_classical, PREPARED / "table.parquet", ANY_FILE | ANY_TABLE | IDS | SPLITS | SOURCES),
    (run_classical, SURVEY / "table.parquet", ANY_TABLE | IDS),
    (run_train, SIMULATED / "table.parquet", ANY_FILE | ANY_TABLE | IDS | SPLITS),
    (
        run_train,
        SIMULATED / "table.parquet",
        {
            "radii gone": column("half_light_radius", ABSENT),
            "radii as text": column("half_light_radius", lambda s: s.astype(str)),
            "a radius infinite": column("half_light_radius", np.inf),
        },
    ),
    (run_train, PLACE.preparation("simulated"), ANY_FILE | ANY_JSON | PREPARATION),
    (run_finetune, MEASURED, ANY_FILE | ANY_TABLE | IDS | MEASUREMENTS),
    (run_finetune, PREPARED / "table.parquet", SPLITS | IDS),
    (run_evaluate, MEASURED, IDS | MEASUREMENTS),
    (run_evaluate, PREPARED / "table.parquet", IDS | SPLITS | SOURCES | PLACES),
    (run_report, PLACE.predictions, of_report("quantity", "value")),
    (run_report, PLACE.objects, of_report("dataset", "magnitude")),
    (run_report, PLACE.bins, of_report("quantity", "nmad")),
    (run_report, PLACE.transfer, of_report("quantity", "nmad")),
    (run_report, PLACE.trained_history, of_report("arm", "loss")),
    (run_report, PLACE.provenance, ANY_FILE | ANY_JSON | PROVENANCE),
    (run_report, PLACE.metrics, ANY_FILE | ANY_JSON | METRICS),
]
CASES = [
    pytest.param(reader, path, damage, id=f"{reader.__name__}-{'/'.join(path.parts[2:])}-{name}")
    for reader, path, found in MATRIX
    for name, damage in found.items()
]
# These files are read row by row: fewer or more rows are another, whole table.
ANOTHER = {"a row less", "a row more", "no rows", "no columns", "other columns"}


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """No method is fitted, no network is trained: the readers are what is tested."""

    def measure_stamps(image, sigma, psf, **options):
        return pd.DataFrame({FIT: image.sum(axis=(1, 2))})

    def fit(estimator, data, *args, **options):
        images = data.stamps["image"][data.train]
        raise TrainedError(data.labels.tobytes(), data.train.tolist(), images.tobytes())

    monkeypatch.setattr("halflight.classical.measure_stamps", measure_stamps)
    monkeypatch.setattr(training, "fit", fit)


@contextlib.contextmanager
def bounded():
    """Limit what may be allocated, and the time."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    before = resource.getrlimit(resource.RLIMIT_AS)
    limit = pages * os.sysconf("SC_PAGE_SIZE") + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (limit, before[1]))
    begun = time.monotonic()
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)
    assert time.monotonic() - begun < SECONDS


_right = {}


def right(reader, whole, tmp_path):
    """What a reader makes of whole files."""
    if reader not in _right:
        folder = tmp_path / "right"
        shutil.copytree(whole, folder)
        with contextlib.chdir(folder):
            _right[reader] = reader()
    return _right[reader]


@pytest.mark.parametrize(("reader", "path", "damage"), CASES)
def test_a_damaged_file_is_refused_by_name_or_read_right(
    copied, whole, tmp_path, reader, path, damage, request
):
    expected = right(reader, whole, tmp_path)
    before = {p: t for p, t in contents(".").items() if Path(p) != path}
    damage(path)
    try:
        with bounded():
            found = reader()
    except (ValueError, OSError) as error:
        said = str(error)
        assert "\n" not in said
        assert len(said) < LONGEST
        names = {path.name, path.parent.name, path.stem, *words_of(request)}
        assert any(name in said for name in names), said
        assert contents(*before) == before
    else:
        assert found == expected or request.node.callspec.id.rpartition("-")[2] in ANOTHER


def words_of(request):
    """What a refusal may name instead of the file: the array or column that was damaged."""
    word = request.node.callspec.id.rpartition("-")[2].split()[0].split(":")[0]
    return {word.rpartition(".")[2]} - {"a", "an", "the", "no", "one", "another"}


def test_the_matrix_is_large(capsys):
    with capsys.disabled():
        print(f"\n{len(CASES)} damages of files between stages")
    assert len(CASES) >= 150
    assert len({case.id for case in CASES}) == len(CASES)
