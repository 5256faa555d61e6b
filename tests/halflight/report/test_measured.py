"""The page of a measurement: self-contained, escaped, told in words, for any table of results."""

import itertools
import re

import numpy as np
import pytest

from halflight.quality import FLAGS
from halflight.report.measured import Example, Overview, choose, render_page, write_page
from halflight.report.measured.pictures import draw_example, draw_overview, draw_sizes, too_small
from halflight.report.measured.tables import unflagged
from halflight.results import Results
from halflight.results.flags import OF_THE_IMAGE, counted, own_flags
from tests.halflight.report.test_page import read
from tests.halflight.results.conftest import RUN, made

HOSTILE = "<script>alert('x')</script>\"&\x1b[2J"


def table(count=12, *, ids=None, **values):
    """Results that could be of an image of 100 x 80 pixels."""
    rng = np.random.default_rng(1)
    radius = rng.uniform(1, 6, count)
    error = np.linspace(0.02, 0.5, count)
    given = {
        "x": rng.uniform(0, 99, count),
        "y": rng.uniform(0, 79, count),
        "half_light_radius_pix": radius,
        "half_light_radius": 0.25 * radius,
        "axis_ratio": rng.uniform(0.2, 1, count),
        "position_angle_image": rng.uniform(0, 180, count),
        "magnitude": rng.uniform(17, 22, count),
        "magnitude_16": 17.0,
        "magnitude_84": 22.0,
        "flags": np.where(np.arange(count) % 3 == 0, FLAGS["edge"], 0),
    }
    for name in ("half_light_radius", "half_light_radius_pix"):
        for end, sign in (("_2_5", -2), ("_16", -1), ("_84", 1), ("_97_5", 2)):
            given[name + end] = given[name] * np.exp(sign * error)
    ids = np.arange(count) + 2**60 if ids is None else ids
    rows = made(ids).rows.assign(**given | values)
    return Results(rows, (RUN,))


def parts(results):
    rng = np.random.default_rng(2)
    image = rng.normal(size=(32, 32)).astype(np.float32)
    image[:4] = np.nan
    examples = [
        Example("best", 1, image, np.ones((32, 32)), np.ones((32, 32)), 2, 0.3, -0.2),
        Example("flagged", 0, image, np.ones((32, 32)), None),
    ]
    overviews = [Overview("sky & earth.fits", rng.normal(size=(80, 100)), 1.0)]
    return {"overviews": overviews, "examples": examples, "notes": ["the sky is 3 % high"]}


@pytest.fixture(scope="module")
def page():
    return render_page(table(), **parts(table()))


def test_the_page_needs_nothing_but_itself(page):
    reader = read(page)
    assert not {"script", "link", "iframe", "object"} & set(reader.tags)
    for tag, attribute, value in reader.links:
        assert (tag, attribute) == ("a", "href") or value.startswith("data:image/png;base64,")
        assert attribute != "href" or f'id="{value[1:]}"' in page
    assert "url(" not in page
    assert "@import" not in page


def test_every_picture_has_its_words(page):
    texts = re.findall(r'<img[^>]* alt="([^"]+)"', page)
    assert len(texts) == page.count("<img")
    assert any("half-light ellipses of 12 sources" in text for text in texts)
    assert any("Flags: edge." in text for text in texts)


def test_what_scrolls_is_reached_by_keyboard(page):
    reached = re.findall(
        r'class="scroll[^"]*" tabindex="0" role="(?:group|region)" aria-label', page
    )
    assert page.count('class="scroll') == len(reached) > 1


def test_headings_do_not_skip_a_level(page):
    levels = [int(level) for level in re.findall(r"<h(\d)", page)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_it_says_what_was_found(page):
    words = " ".join(read(page).text)
    assert "12 sources, 12 measured, 4 with a flag of their own" in words
    assert "semi-major axis of the ellipse that holds half" in words
    assert str(2**60 + 1) in words  # whole, not a float
    assert RUN["command"] in words
    assert "8 rows have no flag. A row may have several." in words


def test_hostile_words_are_escaped():
    hostile = table(3, ids=np.array([HOSTILE, "=1", "\u202e"], object))
    hostile = Results(hostile.rows, (RUN | {"image": HOSTILE},))
    overviews = [Overview(HOSTILE, np.zeros((4, 4)), 1.0)]
    page = render_page(hostile, overviews=overviews, notes=[HOSTILE], title=HOSTILE)
    assert "<script" not in page
    assert "\x1b" not in page
    assert "\u202e" not in page


@pytest.mark.parametrize(
    "values",
    [
        {"half_light_radius": np.nan},
        {"magnitude": np.nan},
        {"half_light_radius": np.nan, "half_light_radius_pix": np.nan},
        {"axis_ratio": np.nan, "position_angle_image": np.nan},
        {"flags": OF_THE_IMAGE},
    ],
)
def test_any_table_has_its_page(values):
    results = table(**values)
    page = render_page(results, **parts(results))
    words = " ".join(read(page).text).replace("NaN: not measured", "").lower()
    assert "nan" not in re.sub(r"[^a-z]+", " ", words).split()


def test_a_table_of_one_row_and_of_none_has_its_page():
    page = render_page(table(1), overviews=parts(table(1))["overviews"])
    assert "1 source, 1 measured, 1 with a flag of its own." in page
    assert "ellipses of 1 source." in page
    assert "0 sources, 0 measured, 0 with a flag of their own." in render_page(table(0))


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        ([1], "Every row has a flag of its own."),
        ([], "There is no row."),
        ([0, 1], "1 row has no flag."),
        ([0, 0], "2 rows have no flag."),
        ([OF_THE_IMAGE, 1], "1 row has no flag of its own, only what is held against its whole"),
        ([OF_THE_IMAGE, 0], "2 rows have no flag of their own, only what is held against their"),
    ],
)
def test_rows_without_a_flag_are_told_as_one_would(flags, says):
    rows = table(len(flags), flags=np.array(flags, np.int64)).rows
    assert unflagged(rows).startswith(says)


def test_equal_results_are_equal_bytes(tmp_path):
    for name in "ab":
        write_page(tmp_path / name, table(), **parts(table()))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_best_and_worst_are_without_a_flag_of_their_own_and_apart():
    groups = choose(table().rows)
    assert groups["best"] == [1, 2, 4, 5]
    assert groups["worst"] == [11, 10, 8, 7]
    assert groups["flagged"] == [0, 3, 6, 9]
    few = choose(table(2).rows)
    assert (few["best"], few["worst"], few["flagged"]) == ([1], [], [0])


def test_flagged_ones_show_different_flags_first():
    flags = np.zeros(12, np.int64)
    flags[[2, 3, 5, 8]] = FLAGS["edge"], FLAGS["edge"], FLAGS["masked"] | FLAGS["edge"], 64
    assert choose(table(flags=flags).rows)["flagged"] == [8, 2, 5, 3]


def test_flags_of_the_whole_image_are_no_rows_own():
    rows = table(4, flags=np.array([OF_THE_IMAGE, OF_THE_IMAGE | 1, 0, 2])).rows
    assert own_flags(rows).tolist() == [0, 1, 0, 2]
    assert ("bad_pixels", 1, 1) in counted(rows)


def test_small_radii_of_a_large_image_are_drawn_larger():
    results, image = table(), np.zeros((80, 100))
    assert not too_small(image, 1.0, results.rows).any()
    radii = results.rows["half_light_radius_pix"].to_numpy()
    np.testing.assert_array_equal(too_small(image, 6.0, results.rows), radii < 3.0)
    for step, told in ((1.0, False), (6.0, True)):
        page = render_page(results, overviews=[Overview("a.fits", image, step)])
        assert ("dashed ones are drawn 3 times as large" in page) == told


def test_an_ellipse_is_seen_on_the_brightest_light():
    """Its own yellow is nearly that of a saturated core: a dark line lies under it."""
    rows = table(1, x=50.0, y=40.0, half_light_radius_pix=10.0, axis_ratio=1.0).rows
    y, x = np.indices((80, 100))
    image = 1e4 * (np.hypot(x - 50, y - 40) < 25) + np.random.default_rng(1).normal(size=(80, 100))
    figure = draw_overview(image, 1.0, rows)
    figure.canvas.draw()
    shown = np.asarray(figure.canvas.buffer_rgba())[..., :3].astype(int)
    scale = shown.shape[1] / 100
    along = shown[round(39.5 * scale), round(56 * scale) : round(65 * scale)].sum(axis=1)
    assert along.max() > 700
    assert along.min() < 350


def test_pictures_have_no_warning_for_odd_images():
    rows = table().rows
    for image in (np.full((20, 30), np.nan), np.zeros((20, 30))):
        draw_overview(image, 2.0, rows)
    draw_sizes(table(800).rows)
    nothing = Example("worst", 0, np.full((16, 16), np.nan), np.full((16, 16), np.inf), None)
    draw_example(nothing, rows.iloc[0])
