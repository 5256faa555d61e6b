"""The page and its Markdown twin: honest first line, self-contained, escaped, deterministic."""

import copy
import re
from dataclasses import replace
from html.parser import HTMLParser
from types import MappingProxyType

import numpy as np
import pandas as pd
import pytest

from halflight.report.circumstances import Circumstances, StageRun
from halflight.report.contents import pictures
from halflight.report.inputs import check_inputs
from halflight.report.measurement import measurement
from halflight.report.page import render_html, render_markdown, shown, write_report
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


def render(inputs, title="halflight", params=MappingProxyType({"seed": 1}), **names):
    """Both pages, with every picture replaced by a stand-in, as drawing them takes seconds."""
    sections = [measurement(check_inputs(**inputs), **names)]
    images = {picture.name: PIXEL for picture in shown(sections)}
    options = {"title": title, "params": params}
    return render_html(sections, images, **options), render_markdown(sections, **options)


def read(html):
    reader = Reader()
    reader.feed(html)
    return reader


def section_of(inputs):
    return measurement(check_inputs(**inputs), figures=TASK.figures)


@pytest.fixture(scope="module")
def written(small_inputs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    return folder, write_report(folder, [section_of(small_inputs)], params={"seed": 1})


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
    assert reader.tags.count("img") == len(TASK.figures) + 1  # the pipeline, which is all tasks'
    for tag, attribute, value in reader.links:
        if attribute == "href":
            assert tag == "a"
            assert value.startswith(("#", "../core/halflight/")) or value == "run.html"
        else:
            assert value.startswith("data:image/png;base64,iVBOR")
    assert "url(" not in html
    assert "@import" not in html
    assert len(html) <= 3_000_000


def test_anchors_resolve(inputs):
    html, _ = render(inputs)
    for target in re.findall(r'href="#([^"]+)"', html):
        assert f'id="{target}"' in html


def test_links_of_the_markdown_resolve(written, root):
    folder, paths = written
    markdown = (folder / "report.md").read_text()
    links = re.findall(r"\]\(([^)]+)\)", markdown)
    drawn, code = (
        [link for link in links if link.startswith(start)] for start in ("figures/", "../core/")
    )
    assert len(drawn) == len(code) == len(TASK.figures) + 1
    assert len(links) == len(drawn) + len(code)
    assert all((folder / link).is_file() for link in drawn)
    assert all((root / link.removeprefix("../")).is_file() for link in code)
    assert set(paths) == {path for path in folder.rglob("*") if path.is_file()}


def test_equal_inputs_give_equal_bytes_and_stay_unchanged(written, small_inputs, tmp_path):
    _, paths = written
    before = copy.deepcopy(small_inputs)
    again = write_report(tmp_path, [section_of(small_inputs)], params={"seed": 1})
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
        "trained_by": hostile,
        "metrics": {"simulated": {hostile: {"count": 1}}, hostile: {}},
        "sight": replace(inputs["sight"], labels=(hostile,) * 3, maps={hostile: np.eye(3)[None]}),
    }
    html, markdown = render(changed, hostile, {hostile: {"a": hostile}}, task="t")
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
        "trained_by": hostile,
    }
    for page in render(changed, f"銀河 Ångström {hostile}", {hostile: {"a": hostile}}):
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


def test_nothing_is_written_without_a_section_or_with_a_name_twice(inputs, tmp_path):
    one = measurement(check_inputs(**inputs))
    with pytest.raises(ValueError, match="needs the section of a task"):
        write_report(tmp_path / "report", [], params={})
    with pytest.raises(ValueError, match="two pictures of the page have the same name: hero, "):
        write_report(tmp_path / "report", [one, one], params={})
    assert not (tmp_path / "report").exists()


def test_figures_of_an_earlier_page_go(inputs, tmp_path):
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures/old.png").write_bytes(PIXEL)
    write_report(tmp_path, [measurement(check_inputs(**inputs), figures=["gallery"])], params={})
    assert {path.name for path in (tmp_path / "figures").iterdir()} == {
        "gallery.png",
        "pipeline.png",
    }


def test_two_tasks_have_a_section_each_and_share_the_rest(inputs):
    data = check_inputs(**inputs)
    one = measurement(data, task="radius", title="Half-light radius", figures=["hero"])
    two = replace(
        measurement(data, task="colour", title="Colour", figures=["gallery"]), headline="It is red."
    )
    images = dict.fromkeys(("hero", "gallery", "pipeline"), PIXEL)
    html = render_html([one, two], images, title="x", params={})
    for task, title in (("radius", "Half-light radius"), ("colour", "Colour")):
        assert f'<h2 id="{task}">{title}</h2>' in html
        assert f'<h3 id="{task}-results">Results</h3>' in html
        assert f'<a href="#{task}">{title}</a>' in html
    assert html.count("It is red.") == 1
    assert html.count('id="pipeline"') == html.count('id="parameters"') == 1
    assert html.count(STATEMENTS["sandbox"]) == 5  # comment, title, banner, and once a section
    markdown = render_markdown([one, two], title="x", params={})
    assert "\n## Colour\n" in markdown
    assert "\n### Results\n" in markdown


def circumstances(**changes):
    ran = StageRun("train@radius", 312.4, 601.0, 3 << 29, 2, "0123456789+", "2026-01-02T03:04:05")
    known = Circumstances(
        {"commit": "0123456789+", "processor": "a <b> processor"},
        [StageRun("sky", why="did not run here"), ran],
        [("radius.train.epochs", 20, 4)],
        "commit 0123456789",
    )
    return replace(known, **changes)


def run_page(inputs, known):
    section = measurement(check_inputs(**inputs), figures=["hero"])
    images = dict.fromkeys(("hero", "pipeline"), PIXEL)
    return render_html([section], images, title="x", params={}, circumstances=known)


def test_time_memory_and_commit_stand_in_the_page_of_the_run_alone(inputs, tmp_path):
    section = measurement(check_inputs(**inputs), figures=["hero"])
    for known in (None, circumstances(), circumstances(facts={"commit": "f" * 10})):
        folder = tmp_path / str(known and known.facts["commit"][0])
        write_report(folder, [section], params={}, circumstances=known)
    page, again, other = (
        (tmp_path / name / "index.html").read_text() for name in ("None", "0", "f")
    )
    assert page == again == other
    assert "0123456789" not in page
    assert not (tmp_path / "None/run.html").exists()
    text = " ".join(read((tmp_path / "0/run.html").read_text()).text)
    assert "5\u202fmin 12\u202fs 10\u202fmin 1\u202fs 1.50\u202fGiB 2 0123456789+" in text
    assert "sky did not run here" in text
    assert "radius.train.epochs 20 4" in text
    assert "a <b> processor" in text


def test_the_default_run_says_so_and_what_git_cannot_tell_is_said(inputs):
    assert "none: it is the default run" in run_page(inputs, circumstances(changed=[]))
    known = circumstances(changed=None, compared="not compared, as git is not installed")
    assert "Parameters: not compared, as git is not installed." in run_page(inputs, known)


def test_every_picture_has_a_text_of_its_own_and_its_source(inputs, root):
    for picture in pictures(check_inputs(**inputs)):
        assert picture.alt.endswith(".")
        assert picture.alt not in picture.reading
        assert (root / picture.source).is_file()


def test_a_small_survey_is_among_the_limits(inputs, make_inputs):
    assert "test set has" not in render(inputs)[0]
    assert "test set has 7 galaxies" in render(make_inputs(simulated=60, survey=7))[0]
