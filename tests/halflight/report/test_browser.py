"""The page and DVC's own pictures in a browser: nothing leaves them, everybody can read them.

Needs playwright and axe (`pip install '.[page]'`), and a Chromium of the system's.
"""

import io
import os
import shutil
from dataclasses import replace

import numpy as np
import pytest
from dvc_render.html import render_html as dvc_page
from dvc_render.vega import VegaRenderer
from PIL import Image

from halflight.report.circumstances import Circumstances, StageRun
from halflight.report.comparison import render_page
from halflight.report.inputs import check_inputs
from halflight.report.measurement import measurement
from halflight.report.page import render_html, shown
from tests.halflight.report.comparing import grid
from tests.halflight.report.test_classification import inputs_of, section_of

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM = os.environ.get("HALFLIGHT_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), "")
pytestmark = [
    pytest.mark.thorough,
    pytest.mark.skipif(
        not CHROMIUM, reason="no Chromium on PATH: install one, or name it in HALFLIGHT_CHROMIUM"
    ),
]

PHONE, TABLET, DESK = (375, 812), (820, 1180), (1280, 900)
COLOURED = 60  # between the channels of a pixel, of 255
HOSTILE = "<img src=x onerror=window.harm=1>'\"><script>window.harm=1</script>\x1b[2J\u202e=1+1"
OPEN = "document.querySelectorAll('details').forEach(one => one.open = true)"
CUT = """[...document.querySelectorAll('.scroll')].filter(one =>
    one.scrollWidth > one.clientWidth + 1).map(one => one.ariaLabel)"""
UNREACHABLE = """[...document.querySelectorAll('body *')].filter(one =>
    one.scrollWidth > one.clientWidth + 1 && /auto|scroll/.test(getComputedStyle(one).overflowX)
    && !(one.tabIndex >= 0 && one.closest('main, nav, header'))).map(one => one.outerHTML)"""


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM)
        yield opened
        opened.close()


@pytest.fixture
def visit(browser, tmp_path):
    """Open a page without a network; the page, what it said, and what it asked for."""
    opened = []

    def start(html, size, scheme="light"):
        path = tmp_path / f"page-{len(opened)}.html"
        path.write_text(html)
        width, height = size
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, offline=True
        )
        page, said, asked = context.new_page(), [], []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())
        opened.append(context)
        strangers = [url for url in asked if not url.startswith("data:") and url != path.as_uri()]
        return page, said, strangers

    yield start
    for context in opened:
        context.close()


@pytest.fixture(scope="module")
def png():
    """A picture of a figure's shape: drawing them all takes longer than all that is tested here."""
    content = io.BytesIO()
    Image.new("P", (1440, 640)).save(content, format="png")
    return content.getvalue()


def page_of(sections, png, **options):
    images = {picture.name: png for picture in shown(sections)}
    return render_html(sections, images, **{"title": "halflight", "params": {"a": 1}} | options)


def ran(words="radius"):
    stage = StageRun(f"train@{words}", 312.4, 601.0, 3 << 29, 2, "0123456789+", "2026-01-02T03:04")
    facts = {"commit": "0123456789+", "processor": words * 9}
    changed = [(f"radius.{words}", words, [1, 2])]
    return Circumstances(facts, [StageRun("sky", why="did not run here"), stage], changed, "commit")


@pytest.fixture(scope="module")
def pages(small_inputs, png):
    """The page as it is, that of a run, of two tasks, with a classification; that of a sweep."""
    one = measurement(check_inputs(**small_inputs))
    pictures = [replace(picture, name=f"{picture.name}_too") for picture in one.pictures]
    two = replace(one, task="colour", title="Colour", pictures=pictures)
    return {
        "page": page_of([one], png),
        "run": page_of([one], png, circumstances=ran()),
        "two tasks": page_of([one, two], png),
        "classes": page_of([one, section_of(inputs_of())], png),
        "sweep": render_page(grid()),
    }


@pytest.mark.parametrize(
    ("name", "size", "scheme"),
    [
        ("page", PHONE, "light"),
        ("page", TABLET, "light"),
        ("page", DESK, "dark"),
        ("classes", PHONE, "light"),
        ("classes", TABLET, "dark"),
        ("run", PHONE, "dark"),
        ("run", DESK, "light"),
        ("two tasks", DESK, "light"),
        ("sweep", PHONE, "dark"),
        ("sweep", DESK, "light"),
    ],
)
def test_everybody_can_read_the_page_and_nothing_leaves_it(pages, visit, name, size, scheme):
    page, said, strangers = visit(pages[name], size, scheme)
    page.evaluate(OPEN)
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    assert page.evaluate(UNREACHABLE) == []
    assert size != DESK or page.evaluate(CUT) == []
    found = axe.Axe().run(page).response["violations"]
    assert [(one["id"], one["impact"], one["nodes"][0]["html"]) for one in found] == []
    assert (said, strangers) == ([], [])


def test_what_comes_from_outside_runs_nothing_and_shows_what_it_is(small_inputs, png, visit):
    provenance = small_inputs["provenance"] | {
        "band": HOSTILE,
        "sql": {HOSTILE: HOSTILE},
        "counts": {HOSTILE: HOSTILE},
        "dropped": {HOSTILE: 1},
        "files": [{"path": HOSTILE, "bytes": 1, "sha256": HOSTILE}],
    }
    inputs = small_inputs | {"provenance": provenance, "trained_by": HOSTILE}
    sections = [measurement(check_inputs(**inputs), task="radius", title=HOSTILE)]
    html = page_of(
        sections, png, title=HOSTILE, params={HOSTILE: HOSTILE}, circumstances=ran(HOSTILE)
    )
    page, said, strangers = visit(html, PHONE)
    page.evaluate(OPEN)
    assert page.evaluate("window.harm") is None
    assert (said, strangers) == ([], [])
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    assert page.locator("h1").inner_text().endswith("\\x1b[2J\\u202e=1+1")
    assert page.locator("script, [onerror]").count() == 0


SPAN = {"bin_low": "14", "bin_high": "15.5"}
ROWS = {
    "bins_radius": [
        {
            **{"quantity": "ln_radius", "dataset": dataset, "against": "truth", "method": method},
            **{"galaxies": "all", "by": "magnitude", "count": "9", "nmad": value},
            **{"nmad_low": "", "nmad_high": ""},
            **(SPAN if number % 2 else {"bin_low": "15.5", "bin_high": ""}),
        }
        for dataset in ("simulated", "survey")
        for number, (method, value) in enumerate(
            [("network", "0.1"), ("network", "0.2"), ("aperture", "0.3"), ("aperture", "")]
        )
    ],
    "transfer_radius": [
        {
            **{"quantity": "ln_radius", "arm": arm, "against": "truth", "count_labels": "12"},
            **{"nmad": "0.2", "nmad_low": "0.1", "nmad_high": "", "bias": "0.1"},
        }
        for arm in ("zero_shot", "fine_tuned")
    ],
    "bins_star_galaxy": [
        {
            **{"dataset": dataset, "against": "truth", "method": method, "by": "magnitude"},
            **{"count": "9", "stars": "4", "auc": value, "auc_low": "0.8", "auc_high": ""},
            **(SPAN if number % 2 else {"bin_low": "15.5", "bin_high": ""}),
        }
        for dataset in ("simulated", "survey")
        for number, (method, value) in enumerate(
            [("network", "0.9"), ("network", "0.95"), ("svm", "0.85"), ("cut", "")]
        )
    ],
    "transfer_star_galaxy": [
        {
            **{"arm": arm, "against": "truth", "count_labels": "12", "stars": "4"},
            **{"auc": "0.99", "auc_low": "0.98", "auc_high": "1", "mse": ""},
        }
        for arm in ("zero_shot", "forest")
    ],
    "learning": [
        {"arm": arm, "epoch": str(k), "loss": str(1 / (1 + k)), "val_loss": "" if k > 2 else "0.5"}
        for arm in ("train", "fine_tuned")
        for k in range(5)
    ],
    "capacity": [
        {"network": name, "parameters": "4", "epoch": str(k), "loss": "0.1", "val_loss": "0.2"}
        for name in ("too small", "too large")
        for k in range(5)
    ],
}


@pytest.mark.parametrize("revisions", [("workspace",), ("main", "HEAD")], ids=["show", "diff"])
@pytest.mark.parametrize("template", ROWS)
def test_dvc_draws_its_pictures_without_the_internet(root, tmp_path, visit, template, revisions):
    rows = [{**row, "rev": rev} for rev in revisions for row in ROWS[template]]
    folder = root / ".dvc/plots"
    drawn = VegaRenderer(
        rows, template, template=template, template_dir=str(folder), title="a title"
    )
    path = tmp_path / "plots/index.html"
    dvc_page([drawn], path, html_template=folder / "offline.html")
    page, said, strangers = visit(path.read_text(), DESK)
    page.wait_for_selector("canvas")
    with Image.open(io.BytesIO(page.locator("canvas").first.screenshot())) as picture:
        assert picture.width > 300
        colours = np.asarray(picture.convert("RGB"), int)
    # Frames and words are grey: what has a colour is data.
    assert np.ptp(colours, axis=-1).max() > COLOURED
    assert (said, strangers) == ([], [])
