"""params.yaml, hostile or clumsy: one short line that names the file and the place, at once."""

import os
import re
import tempfile
import time
import tracemalloc
from pathlib import Path

import pytest
import yaml

from halflight import params
from halflight.params import document
from halflight.params.document import read_document
from halflight.text import LARGEST_SHOWN

pytestmark = pytest.mark.faults

LAUGHS = "a0: &a0 [lol, lol, lol]\n" + "".join(
    f"a{k}: &a{k} [{', '.join([f'*a{k - 1}'] * 10)}]\n" for k in range(1, 10)
)
LINE_2 = "line 2, column 4: not valid YAML: "


def value(text):
    """A file in which the second line gives a value."""
    return f"a: 1\nb: {text}\n".encode()


NOT_YAML = {
    # what grows
    "nested aliases": (LAUGHS.encode(), "with all aliases written out it has over 10000 values"),
    "nested aliases of mappings": (
        b"a0: &a0 {k: v}\n"
        + b"".join(
            b"a%d: &a%d {p: *a%d, q: *a%d, r: *a%d, s: *a%d}\n" % (k, k, *[k - 1] * 4)
            for k in range(1, 15)
        ),
        "with all aliases written out",
    ),
    "a long text by many aliases": (
        b"t: &t " + b"x" * 100_000 + b"\nl: [" + b"*t, " * 500 + b"]",
        "with all aliases written out",
    ),
    "an alias within itself": (b"a: &a [1, *a]", "the alias 'a' stands within what it names"),
    "an alias of nothing": (b"a: *nowhere", "undefined alias"),
    "an anchor twice": (b"a: &x 1\nb: &x 2", "line 2, column 4: .*second occurrence"),
    "merge keys": (b"base: &b {x: 1}\nmore:\n  <<: *b", "line 3, column 3: .*'<<' has other"),
    "33 lists": (b"[" * 33 + b"]" * 33, "more than 32 levels"),
    "100 000 lists": (b"[" * 100_000, "more than 32 levels"),
    "100 000 mappings": (b"{a: " * 50_000, "more than 32 levels"),
    "100 000 dashes": (b"- " * 100_000, "more than 32 levels"),
    "100 000 question marks": (b"? " * 100_000, "more than 32 levels"),
    "very many values": (b"a: [" + b"1," * 11_000 + b"]", "over 10000 values"),
    # keys
    "a key twice": (b"a: 1\nb: 2\na: 3", "line 3, column 1: .*the key 'a' is written twice"),
    "a key twice within": (b"a:\n  b: 1\n  b: 1", "line 3, column 3: .*'b' is written twice"),
    "a key twice, once quoted": (b"a: 1\n'a': 2", "the key 'a' is written twice"),
    "a list as a key": (b"a: 1\n? [x]\n: 2", "line 2, column 3: .*must be text, received a list"),
    "a mapping as a key": (b"{{a: 1}: 2}", "must be text, received a list"),
    "a number as a key": (b"a: 1\n7: 2", "line 2, column 1: .*must be text, received '7'"),
    "a word as a key": (b"a: 1\non: 2", "line 2, column 1: .*'on' has other meanings"),
    "true as a key": (b"a: 1\ntrue: 2", "must be text, received 'true'"),
    "null as a key": (b"a: 1\n~: 2", "must be text, received '~'"),
    "no key": (b"? \n: 2", "must be text, received ''"),
    "a date as a key": (b"2020-01-01: 2", "has other meanings"),
    "a key of 100 kB twice": ((b"k" * 900 + b": 1\n") * 2, "is written twice"),
    # tags
    "a Python object": (value("!!python/object:os.system {}"), LINE_2 + "the tag"),
    "a Python call": (value("!!python/object/apply:os.system [id]"), LINE_2 + "the tag"),
    "a Python name": (value("!!python/name:os.system"), LINE_2 + "the tag"),
    "a tag of one's own": (value("!sky 3"), LINE_2 + "the tag '!sky'"),
    "an integer that is none": (value("!!int abc"), LINE_2 + "the tag"),
    "a boolean that is none": (value("!!bool abc"), LINE_2 + "the tag"),
    "bytes": (value("!!binary aGFsZg=="), LINE_2 + "the tag"),
    "a set": (value("!!set {x, y}"), LINE_2 + "the tag"),
    "pairs": (value("!!pairs [x]"), LINE_2 + "the tag"),
    "an unknown handle": (value("!x!y 3"), "undefined tag handle"),
    "a tag of 100 kB": (value("!" + "t" * 100_000 + " 3"), LINE_2 + "the tag"),
    "a directive of a later YAML": (b"%YAML 3.0\n---\na: 1", "incompatible"),
    # what two versions of YAML read differently
    **{
        f"{name} {text}": (value(text), f"{LINE_2}'{text}' has other meanings")
        for name, texts in {
            "octal": ("010", "-07", "00"),
            "sexagesimal": ("1:30", "190:20:30.15", "-1:00"),
            "binary": ("0b101",),
            "parted": ("1_000", "1_0.5", "0x_1"),
            "a word": ("yes", "No", "on", "OFF"),
            "a date": ("2020-01-01", "2020-13-45", "2001-12-14t21:59:43.10-05:00"),
            "an equals sign": ("=",),
        }.items()
        for text in texts
    },
    "an integer of 70 bits": (value("1" * 21), "does not fit 64 bits"),
    "an integer of 100 kB": (value("1" * 100_000), "does not fit 64 bits"),
    "a hexadecimal integer of 100 kB": (value("0x" + "f" * 100_000), "does not fit 64 bits"),
    # form
    "a tab as indentation": (b"a:\n\tb: 1", r"line 2, column 1: .*indent by spaces"),
    "a colon without a space": (b"a: 1\nb:2\nc: 3", "could not find expected ':'"),
    "a list that does not end": (b"train: [1, 2", "line 1"),
    "a quote that does not end": (b"a: 'text\n" * 3, "line"),
    "wrong indentation": (b"a:\n    b: 1\n  c: 2", "line 3"),
    "two values in a line": (b"a: b: c", "line 1, column 5"),
    "two documents": (b"a: 1\n---\nb: 2", "line 2, column 1: .*another document"),
    "a percent sign": (b"a: %", "cannot start any token"),
    "an at sign": (b"a: @x", "cannot start any token"),
    "a backquote": (b"a: `x`", "cannot start any token"),
    "JSON with a comma too many": (b'{"a": 1,, "b": 2}', "line 1, column 9"),
    "a wrong escape": (b'a: "\\q"', "escape"),
    # bytes
    "NUL": (b"a: 1\nb: x\0y", r"line 2, column 5: .*U\+0000 may not stand"),
    "an escape of the terminal": (b"a: \x1b[2J", r"line 1, column 4: .*U\+001B"),
    "delete": (b"a: 1\n# \x7f", r"U\+007F"),
    "Latin-1": ("a: 1\nb: Ångström".encode("latin-1"), "line 2, column 4: the byte 0xc5"),
    "UTF-16": ("a: 1".encode("utf-16"), "it is UTF-16, not UTF-8"),
    "UTF-16, big-endian": (b"\xfe\xff\0a\0:\0 \0001", "it is UTF-16, not UTF-8"),
    "a surrogate": (b"a: \xed\xa0\x80", "line 1, column 4: the byte 0xed"),
    "cut in a letter": ("a: é".encode()[:-1], "the byte 0xc3"),
    "an archive": (b"PK\x03\x04" + bytes(100), "a zip archive"),
    "an image": (b"\x89PNG\r\n\x1a\n", "the byte 0x89"),
    "100 MB": (b"# " + b"x" * 10**8, "may have at most 524288 bytes, received 100000002"),
}  # fmt: skip


def refusal(path):
    """The line by which a file is refused; it comes at once, and takes little memory."""
    start = time.perf_counter()
    with pytest.raises(params.ParamsError) as caught:
        params.load(path)
    assert time.perf_counter() - start < 5
    return str(caught.value)


def test_there_are_damages_enough():
    assert len(NOT_YAML) + len(NOT_OURS) >= 60


@pytest.mark.parametrize("damage", NOT_YAML)
def test_what_is_not_yaml_of_ours_is_one_short_line(tmp_path, damage):
    content, message = NOT_YAML[damage]
    path = tmp_path / "params.yaml"
    path.write_bytes(content)
    line = refusal(path)
    assert line.startswith(f"{path}")
    assert line.isprintable()
    assert len(line) < len(str(path)) + 2 * LARGEST_SHOWN + 100
    assert re.search(message, line), line


NOT_OURS = {
    "empty": (b"", "the file: .*dictionary.*received None"),
    "comments alone": (b"# nothing\n", "the file: .*received None"),
    "a list at the top": (b"- survey\n- sandbox\n", "the file: .*received .'survey', 'sandbox'."),
    "a text at the top": (b"survey", "the file: .*received 'survey'"),
    "a number at the top": (b"3", "the file: .*received 3 "),
    "a long list at the top": (b"[" + b"1," * 9_000 + b"]", "the file: .*received .1, 1, "),
    "a text of 200 kB at the top": (b"x" * 200_000, "the file: .*received 'xxx"),
    "JSON": (b'{"survey": 1}', "line 1: survey: .*received 1 "),
    "4000 strangers": (
        b"".join(b"k%d: 1\n" % k for k in range(4000)),
        r"line 1: k0: there is no such parameter",
    ),
    "a stranger of 900 letters": (b"k" * 900 + b": 1\n", "k+ ... k+: there is no such parameter"),
    "a stranger that turns the line": (
        "survey\u202e: 1\n".encode(),
        r"survey\\u202e: there is no such parameter",
    ),
    "a value that moves the cursor": (b'survey: "\\e[2J"', r"survey: .*received '\\x1b\[2J'"),
    "a huge value": (b"survey: " + b"x" * 200_000, "survey: .*received 'xxx"),
}


@pytest.mark.parametrize("damage", NOT_OURS)
def test_what_is_yaml_but_not_ours_is_a_few_short_lines(tmp_path, damage):
    content, message = NOT_OURS[damage]
    path = tmp_path / "params.yaml"
    path.write_bytes(content)
    text = refusal(path)
    assert re.search(message, text), text
    lines = text.splitlines()
    assert len(lines) <= params.MOST_FAULTS + 2
    assert all(line.isprintable() and len(line) < 800 for line in lines)


def test_one_fault_is_one_line_and_many_are_counted(root, tmp_path):
    path = tmp_path / "params.yaml"
    text = (root / "params.yaml").read_text()
    path.write_text(text.replace("release: 17 ", "release: x "))
    assert refusal(path).startswith(f"{path}, line 6: survey.release: ")
    path.write_bytes(NOT_OURS["4000 strangers"][0])
    assert refusal(path).splitlines()[-1] == f"  and {4000 + 6 - params.MOST_FAULTS} more"


def test_the_line_is_that_of_the_value(root, tmp_path):
    path = tmp_path / "params.yaml"
    text = (root / "params.yaml").read_text()
    lines = text.splitlines()
    [number] = [n for n, line in enumerate(lines, 1) if line.startswith("  queries_per_minute")]
    lines[number - 1] = "  queries_per_minute: 1000"
    path.write_text("\n".join(lines))
    assert f"line {number}: survey.queries_per_minute: " in refusal(path)
    [number] = [n for n, line in enumerate(lines, 1) if line.startswith("  camcols")]
    lines[number - 1] = "  camcols:\n  - 1\n  - seven"
    path.write_text("\n".join(lines))
    assert f"line {number + 2}: sandbox.camcols.1: " in refusal(path)


def test_little_memory_is_taken(tmp_path):
    path = tmp_path / "params.yaml"
    path.write_text(LAUGHS)
    tracemalloc.start()
    refusal(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50e6


def nothing(path):
    pass


def folder(path):
    path.mkdir()


def pipe(path):
    os.mkfifo(path)


def device(path):
    path.symlink_to("/dev/zero")


def dangling(path):
    path.symlink_to("/nowhere/params.yaml")


def circular(path):
    path.symlink_to(path)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (nothing, "does not exist: run from the repository root"),
        (folder, "it is a folder"),
        (pipe, "it is no regular file"),
        (device, "it is no regular file"),
        (dangling, "is a link to /nowhere/params.yaml, which does not exist"),
        (circular, "cannot be read: Too many levels of symbolic links"),
    ],
)
def test_what_is_no_file_is_refused_at_once(tmp_path, make, message):
    path = tmp_path / "params.yaml"
    make(path)
    line = refusal(path)
    assert line.startswith(str(path))
    assert message in line


@pytest.fixture
def nobody():
    """A folder that anybody may enter, for a process that is not root."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o777)
        user = os.geteuid()
        if user == 0:
            os.seteuid(65534)
        yield Path(name)
        os.seteuid(user)


def test_a_file_that_may_not_be_read_is_named(nobody):
    path = nobody / "params.yaml"
    path.touch(mode=0)
    assert refusal(path) == f"{path} cannot be read: Permission denied"


@pytest.mark.parametrize(
    "text",
    [
        "a: &x [1, 2.5]\nb: *x\n",
        "a: 0\nb: -3\nc: +4\nd: 0x1F\ne: 1.\nf: .5\ng: 1.0e-3\nh: -1.5E+3",
        "a: true\nb: False\nc: null\nd: ~\ne:\nf: NULL",
        "a: 'yes'\nb: \"010\"\nc: '2020-01-01'\nd: >-\n  1:30\n  no\n",
        "'on': 1\n'7': 2\n",
        "\ufeffa: 1",
        "a: 1\r\nb: [x, y]\r\n",
        "a: Ångström 銀河 🌌",
        "# ---\n---\na: 1\n...\n",
        '{"a": [1, {"b": null}]}',
    ],
)
def test_honest_yaml_is_read_as_it_always_was(tmp_path, text):
    path = tmp_path / "params.yaml"
    path.write_bytes(text.encode())
    assert read_document(path).values == yaml.safe_load(text)


def test_the_file_in_use_is_far_from_every_limit(root):
    size = (root / "params.yaml").stat().st_size
    assert size * 10 < document.LARGEST_FILE
