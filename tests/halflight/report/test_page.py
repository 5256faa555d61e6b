"""The page and its Markdown twin: honest first line, self-contained, escaped, deterministic."""

import copy
import re
from html.parser import HTMLParser

import pandas as pd
import pytest

from halflight.report.contents import pictures
from halflight.report.inputs import check_inputs
from halflight.report.page import render_html, render_markdown, write_report
from halflight.report.statements import data_statement
from halflight.tasks.radius import TASK

STATEMENTS = {
    "sandbox": "Survey data: SYNTHETIC sandbox sky (rendered by GalSim, no real observation)",
    "recorded": "Survey data: real SDSS DR17 images, recorded earlier and replayed from files",
    "sdss": "Survey data: real SDSS DR17 images, live from SDSS",
}
PIXEL = b"\x89PNG\r\n"  # stands in for a picture where only the page around it is tested


class Reader(HTMLParser):
    """Collects the visible text, the tags, and every src and href of a page."""

    def __init__(self):
        super().__init__()
        self.text, self.tags, self.links, self.hidden = [], [], [], 0

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.links += [(tag, k, v) for k, v in attributes if k in ("src", "href", "srcset")]
        self.hidden += tag in ("head", "style")

    def handle_endtag(self, tag):
        self.hidden -= tag in ("head", "style")

    def handle_data(self, data):
        if data.strip() and not self.hidden:
            self.text.append(data.strip())


def render(inputs, title="halflight"):
    """Both pages, with every picture replaced by a stand-in, as drawing them takes seconds."""
    data = check_inputs(**inputs)
    shown = pictures(data)
    html = render_html(data, shown, {picture.name: PIXEL for picture in shown}, title=title)
    return html, render_markdown(data, shown, title=title)


def read(html):
    reader = Reader()
    reader.feed(html)
    return reader


@pytest.fixture(scope="module")
def written(small_inputs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    return folder, write_report(folder, **small_inputs)


@pytest.mark.parametrize("endpoint", STATEMENTS)
def test_the_first_line_says_what_data_this_is(inputs, endpoint):
    provenance = inputs["provenance"] | {"endpoint": endpoint}
    html, markdown = render(inputs | {"provenance": provenance})
    assert data_statement(provenance) == STATEMENTS[endpoint]
    assert html.splitlines()[0] == f"<!doctype html><!-- {STATEMENTS[endpoint]} -->"
    assert read(html).text[0] == STATEMENTS[endpoint]
    assert f'class="banner {endpoint}"' in html
    assert markdown.splitlines()[0] == f"**{STATEMENTS[endpoint]}**"
    for page in (html, markdown):
        assert ("sdss.org" in page) == (endpoint != "sandbox")
        assert ("SYNTHETIC" in page) == (endpoint == "sandbox")


def test_the_page_needs_nothing_but_itself(written):
    folder, _ = written
    html = (folder / "index.html").read_text()
    reader = read(html)
    assert not {"script", "link", "iframe", "object"} & set(reader.tags)
    assert reader.tags.count("img") == len(TASK.figures)
    for tag, attribute, value in reader.links:
        if attribute == "href":
            assert tag == "a"
            assert value.startswith("#") or value == "https://www.sdss.org"
        else:
            assert value.startswith("data:image/png;base64,iVBOR")
    assert "url(" not in html
    assert "@import" not in html
    assert len(html) <= 3_000_000


def test_anchors_resolve(inputs):
    html, _ = render(inputs)
    for target in re.findall(r'href="#([^"]+)"', html):
        assert f'id="{target}"' in html


def test_links_of_the_markdown_resolve(written):
    folder, paths = written
    markdown = (folder / "report.md").read_text()
    links = re.findall(r"\]\(([^)]+)\)", markdown)
    assert len(links) == len(TASK.figures)
    assert all((folder / link).is_file() for link in links)
    assert set(paths) == {path for path in folder.rglob("*") if path.is_file()}


def test_equal_inputs_give_equal_bytes_and_stay_unchanged(written, small_inputs, tmp_path):
    _, paths = written
    before = copy.deepcopy(small_inputs)
    again = write_report(tmp_path, **small_inputs)
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in paths]
    for name in ("predictions", "objects", "bins", "history", "transfer"):
        pd.testing.assert_frame_equal(before[name], small_inputs[name])


def test_hostile_strings_are_escaped(inputs):
    hostile = "<script>alert('x')</script>\"|`"
    provenance = inputs["provenance"] | {
        "sql": f"SELECT '{hostile}' -->\n```\n# heading",
        "band": hostile,
        "dropped": {hostile: 3},
        "counts": {hostile: 1},
        "files": [{"path": hostile, "bytes": 1, "sha256": hostile}],
    }
    changed = inputs | {
        "provenance": provenance,
        "params": {hostile: {"a": hostile}},
        "metrics": {"simulated": {hostile: {"count": 1}}, hostile: {}},
    }
    html, markdown = render(changed, title=hostile)
    assert "<script" not in html
    assert "script" not in read(html).tags
    assert hostile in "".join(read(html).text)
    outside_code = re.sub(r"(`{4,})sql\n.*?\n\1\n", "", markdown, flags=re.DOTALL)
    assert len(outside_code) < len(markdown)
    assert "<script" not in outside_code
    assert "\n# heading" not in outside_code


def test_missing_parts_are_said_to_be_missing(inputs):
    nothing = dict.fromkeys(set(inputs) - {"provenance"})
    html, markdown = render(inputs | nothing)
    for page in (html, markdown):
        assert "Scores: not measured" in page
        assert "against the true radius: not measured" in page
        assert "nan" not in re.sub(r"[^a-z]+", " ", page.lower()).split()


def test_a_short_provenance_is_enough(inputs):
    least = {key: inputs["provenance"][key] for key in ("endpoint", "release", "band", "sql")}
    html, _ = render(inputs | {"provenance": least})
    assert "Dropped objects: none recorded" in html
    assert "Files: none recorded" in html


def test_nothing_invisible_reaches_the_pages(inputs):
    hostile = "a\x1b[2J\u202eb\u200bc\x00d\ud800\u2028e"
    changed = inputs | {
        "provenance": inputs["provenance"]
        | {
            "sql": f"SELECT 1\n-- {hostile}",
            "band": hostile,
            "dropped": {hostile: 3},
            "counts": {hostile: 1},
            "files": [{"path": hostile, "bytes": 1, "sha256": hostile}],
        },
        "params": {hostile: {"a": hostile}},
    }
    for page in render(changed, title=f"銀河 Ångström {hostile}"):
        page.encode()
        assert "銀河 Ångström a" in page
        assert "SELECT 1\n-- a" in page
        assert {c for c in page if not c.isprintable()} <= set("\n\u202f\u00a0")


def test_a_label_of_a_picture_is_no_formula_and_holds_nothing_invisible(inputs):
    gallery = copy.deepcopy(inputs["gallery"])
    gallery["survey"]["labels"] = ["$\\frac{\u202e\x1b"] * len(gallery["survey"]["labels"])
    band = inputs["provenance"] | {"endpoint": "sdss", "band": "$x\x07"}
    data = check_inputs(**inputs | {"gallery": gallery, "provenance": band})
    assert set(data.gallery["survey"].labels) == {r"$\frac{\u202e\x1b"}
    for picture in pictures(data, ["hero", "gallery"]):
        picture.draw().canvas.draw()


@pytest.mark.parametrize("release", ["17", 17.0, None, "<b>", "1" * 10**6])
def test_a_release_that_is_no_number_is_refused(inputs, release):
    provenance = inputs["provenance"] | {"release": release}
    with pytest.raises(
        ValueError, match=r"provenance\['release'\] must be a whole number"
    ) as caught:
        check_inputs(**inputs | {"provenance": provenance})
    assert len(str(caught.value)) < 400


def test_nothing_is_written_from_malformed_inputs(inputs, tmp_path):
    with pytest.raises(ValueError, match="'bins' lacks"):
        write_report(tmp_path / "report", **inputs | {"bins": inputs["bins"][["dataset"]]})
    assert not (tmp_path / "report").exists()


def test_a_small_survey_is_among_the_limits(inputs, make_inputs):
    assert "test set has" not in render(inputs)[0]
    assert "test set has 7 galaxies" in render(make_inputs(simulated=60, survey=7))[0]
