"""What can happen to a file of a stage: each damage is a function of its path."""

import io
import json
import os

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

# --- any file


def _missing(path):
    path.unlink()


def _rewritten(content):
    return lambda path: path.write_bytes(content)


def _cut(keep):
    return lambda path: path.write_bytes(path.read_bytes()[: keep(path.stat().st_size)])


def _replaced(make):
    def damage(path):
        path.unlink()
        make(path)

    return damage


def _sparse(path):
    os.truncate(path, 1 << 40)


def _npz(path):
    buffer = io.BytesIO()
    np.savez(buffer, np.zeros(3))
    path.write_bytes(buffer.getvalue())


ANY_FILE = {
    "missing": _missing,
    "empty": _rewritten(b""),
    "one byte": _cut(lambda _: 1),
    "half": _cut(lambda size: size // 2),
    "the end gone": _cut(lambda size: size - 3),
    "noise": _rewritten(np.random.default_rng(0).bytes(3000)),
    "zeros": _rewritten(bytes(3000)),
    "another text": _rewritten(b"nothing to see here\n"),
    "a page": _rewritten(b"<html><body>502 Bad Gateway</body></html>"),
    "an archive": _npz,
    "a folder": _replaced(lambda path: path.mkdir()),
    "a pipe": _replaced(os.mkfifo),
    "a dangling link": _replaced(lambda path: path.symlink_to("nowhere")),
    "a link to itself": _replaced(lambda path: path.symlink_to(path.name)),
    "a terabyte": _sparse,
}

# --- JSON: values by their dotted names; ... removes

ABSENT = object()
HUGE = 10**400  # an integer that no float holds


def changed(name, value):
    """Set one value of a JSON file."""

    def damage(path):
        tree = json.loads(path.read_text())
        *parents, last = name.split(".") if name else ("",)
        node = tree
        for key in parents:
            node = node[key]
        if value is ABSENT:
            del node[last]
        else:
            node[last] = value
        path.write_text(json.dumps(tree))

    return damage


def _json(text):
    return lambda path: path.write_text(text)


ANY_JSON = {
    "a list": _json("[]"),
    "a null": _json("null"),
    "a number": _json("3"),
    "a text": _json('"stamps"'),
    "NaN": _json('{"count": NaN}'),
    "deep": _json("[" * 100_000),
    "a number of a million digits": _json('{"count": ' + "9" * 1_000_000 + "}"),
    "Latin-1": lambda path: path.write_bytes('{"origin": "é"}'.encode("latin-1")),
}

_COUNTS = [0, -1, 1.5, "3", True, None, [], 10**18, HUGE, float("inf"), float("nan")]
_NUMBERS = [0, -0.4, float("nan"), float("inf"), "0.396", True, None, [0.4], HUGE]
MANIFEST = {
    f"{name} {'gone' if value is ABSENT else repr(value)[:12]}": changed(name, value)
    for name, values in {
        "count": [ABSENT, *_COUNTS],
        "shard_size": [ABSENT, *_COUNTS, 7],
        "origin": [ABSENT, "", 3, None, []],
        "layout": [2],
        "instrument": [ABSENT, None, [], "SDSS", {}],
        "instrument.name": [ABSENT, 3, None, ""],
        "instrument.pixel_scale": [ABSENT, *_NUMBERS],
        "instrument.zero_point": [ABSENT, *_NUMBERS[2:]],
        "instrument.unit": [ABSENT, "parsec", "", 3, None],
        "instrument.psf": [ABSENT, 3, None],
        "instrument.bands": [ABSENT, [], "r", ["r", "r"], [1], ["g", "r"], None, [["r"]]],
        "instrument.gain": [1.0],
        "arrays": [ABSENT, {}, [], None, {"image": {}}],
        "arrays.image": [ABSENT, None, []],
        "arrays.image.shape": [
            ABSENT, [20, 20], [20, 20, 1, 1], [0, 20, 1], [-20, 20, 1], ["20", 20, 1], None,
            [20.0, 20.0, 1.0], [10**9, 10**9, 1], [20, 10, 1], [True, True, 1], [HUGE, HUGE, 1],
        ],
        "arrays.image.dtype": [
            ABSENT, ">f4", "<f8", "O", "<U3", "<i4", "float32", "<c8", 3, None, "f4,f4", "V4",
        ],
        "arrays.sigma.shape": [[10, 10, 1]],
    }.items()
    for value in values
}  # fmt: skip


def _with_array(path):
    tree = json.loads(path.read_text())
    tree["arrays"]["../image"] = tree["arrays"]["image"]
    path.write_text(json.dumps(tree))


MANIFEST["an array elsewhere"] = _with_array

# --- shards


def saved(change):
    """Save a changed array in the place of a shard."""

    def damage(path):
        array = np.load(path)
        path.unlink()
        with path.open("wb") as stream:
            np.save(stream, change(array), allow_pickle=True)

    return damage


def _header(change):
    def damage(path):
        content = path.read_bytes()
        path.write_bytes(change(content))

    return damage


def _version(major):
    def damage(path):
        array = np.load(path)
        with path.open("wb") as stream:
            np.lib.format.write_array(stream, array, version=(major, 0))

    return damage


SHARD = {
    "float64": saved(lambda a: a.astype("<f8")),
    "float16": saved(lambda a: a.astype("<f2")),
    "the other byte order": saved(lambda a: a.astype(">f4")),
    "integers": saved(lambda a: np.nan_to_num(a).astype("<i4")),
    "complex": saved(lambda a: a.astype(complex)),
    "text": saved(lambda a: a.astype(str)),
    "pickled objects": saved(lambda a: a.astype(object)),
    "fields": saved(lambda a: a.view([("x", "<f4")])),
    "a row less": saved(lambda a: a[1:]),
    "a row more": saved(lambda a: np.concatenate([a, a[:1]])),
    "no row": saved(lambda a: a[:0]),
    "no band": saved(lambda a: a[..., 0]),
    "two bands": saved(lambda a: np.repeat(a, 2, axis=-1)),
    "bands first": saved(lambda a: np.ascontiguousarray(np.moveaxis(a, -1, 1))),
    "smaller": saved(lambda a: np.ascontiguousarray(a[:, 1:-1, 1:-1])),
    "one number": saved(lambda a: a.ravel()[0]),
    "columns first (the same numbers)": saved(np.asfortranarray),
    "version 2 (the same numbers)": _version(2),
    "version 3 (the same numbers)": _version(3),
    "bytes more": _header(lambda c: c + b"more"),
    "a header of no shape": _header(lambda c: c.replace(b"'shape'", b"'shade'")),
    "a header of code": _header(lambda c: c.replace(b"False", b"f()  ")),
    "a header without end": _header(lambda c: c[:8] + b"\xff\xff" + c[10:]),
    "a version unknown": _header(lambda c: c[:6] + b"\x09" + c[7:]),
    "a shape of petabytes": _header(lambda c: c.replace(b"(16, 20, 20", b"(9**9,20, 20")),
    "another magic": _header(lambda c: b"\x93NUMPX" + c[6:]),
}

# --- tables


def table(change):
    """Write a changed table in the place of one."""

    def damage(path):
        if path.suffix == ".csv":
            change(pd.read_csv(path)).to_csv(path, index=False)
        else:
            change(pd.read_parquet(path)).to_parquet(path, index=False)

    return damage


def column(name, values):
    """Give a column other values: a function of the old, one value for the first row, or ABSENT."""

    def change(frame):
        if values is ABSENT:
            return frame.drop(columns=name)
        if callable(values):
            return frame.assign(**{name: values(frame[name])})
        first = frame[name].astype(object).copy()
        first.iloc[0] = values
        return frame.assign(**{name: first.infer_objects()})

    return table(change)


def _twice(path):
    arrow = pq.read_table(path)
    pq.write_table(arrow.append_column("id", arrow["id"]), path)


def _nested(path):
    arrow = pq.read_table(path)
    ids = pa.array([[value] for value in arrow["id"].to_pylist()])
    pq.write_table(arrow.set_column(arrow.column_names.index("id"), "id", ids), path)


ANY_TABLE = {
    "no rows": table(lambda f: f.iloc[:0]),
    "a row less": table(lambda f: f.iloc[1:]),
    "a row more": table(lambda f: pd.concat([f, f.iloc[:1]])),
    "no columns": table(lambda f: f[[]]),
    "other columns": table(lambda f: pd.DataFrame({"x": np.arange(len(f))})),
}
IDS = {
    "id gone": column("id", ABSENT),
    "id twice": column("id", lambda s: s.where(s.index != s.index[1], s.iloc[0])),
    "id as floats": column("id", lambda s: s.astype(float) + 0.5),
    "id as text": column("id", lambda s: s.astype(str)),
    "id as true": column("id", lambda s: s > 0),
    "an id missing": column("id", lambda s: s.astype("Int64").where(s.index != s.index[1])),
    "an id NaN": column("id", lambda s: s.where(s.index != s.index[1], np.nan)),
    "the column id twice": _twice,
    "ids as lists": _nested,
}
