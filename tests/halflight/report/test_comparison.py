"""The page of a sweep: one file, with every number that it found, whoever named the parameters."""

import re
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from halflight.report.comparison import figures, render_page
from halflight.report.comparison.page import differing, headline, leaderboard, short_address
from halflight.report.style import in_style
from halflight.sweeps.experiment import Experiment, Score
from tests.halflight.report.comparing import LOSS, NMAD, OPTIMIZER, RATE, grid


class Parsed(HTMLParser):
    """The pictures, links and text of a page."""

    def __init__(self, page):
        super().__init__()
        self.images, self.links, self.ids, self.words = [], [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.ids += [found["id"]] if "id" in found else []
        if tag == "img":
            self.images.append(found)
        if tag == "a":
            self.links.append(found["href"])

    def handle_data(self, data):
        self.words.append(data)


@pytest.fixture(scope="module")
def page():
    return render_page(grid())


def test_the_page_is_one_file_whose_bytes_depend_on_the_sweep_alone(page):
    assert page == render_page(grid())
    parsed = Parsed(page)
    assert len(parsed.images) == 5
    assert all(image["src"].startswith("data:image/png") for image in parsed.images)
    assert all(image["alt"] for image in parsed.images)
    assert "<script" not in page
    assert not re.findall(r"(?:src|href)=\"https?:", page)
    inner = [link[1:] for link in parsed.links if link.startswith("#")]
    assert inner
    assert set(inner) <= set(parsed.ids)
    assert [link for link in parsed.links if not link.startswith("#")] == [
        "0000/reports/index.html",
        "0004/log.txt",
        "0004/log.txt",
    ]


def test_what_failed_and_why_is_on_the_page(page):
    text = " ".join(Parsed(page).words)
    assert "5: failed" in text
    assert text.count("train@radius: killed by SIGKILL") == 3
    assert "9: not run yet" in text
    assert "7 finished, 1 failed" in text


def test_the_leaderboard_has_the_best_first_with_intervals_and_cost():
    sweep = grid()
    table = leaderboard(sweep, figures.ranked(sweep.experiments, lower_is_better=True))
    scores = [float(row[1].replace("\u2212", "-")) for row in table.rows]
    assert scores == sorted(scores)
    assert len(scores) == 7
    assert table.columns[:3] == ["experiment", "val loss", "simulated network nmad"]
    assert table.columns[3:5] == ["learning rate", "optimizer"]
    best = table.rows[0]
    assert best[0] == "6"
    assert table.details[0, 2] == "0.190 to 0.210"


def test_where_more_is_better_the_most_comes_first():
    sweep = grid(lower_is_better=False)
    [first, *_] = figures.ranked(sweep.experiments, lower_is_better=False)
    assert first.score.value == max(one.score.value for one in sweep.experiments if one.score)
    assert "higher is better" in render_page(sweep)


def test_parameters_that_differ_stand_beside_what_was_before():
    sweep = grid(
        before={RATE: 0.0015, OPTIMIZER: "AdamW"},
        settings={"+radius.train.model.depth": 3},
    )
    rows = differing(sweep, figures.ranked(sweep.experiments, lower_is_better=True)).rows
    assert rows == [
        [RATE, "0.0015", "0.0005, 0.0015, 0.005", "0.0015"],
        [OPTIMIZER, "AdamW", "AdamW, SGD, Lion", "Lion"],
        ["radius.train.model.depth", "not there", "3", "3"],
    ]


def test_the_headline_says_whether_intervals_overlap():
    def of(*scores):
        experiments = [
            Experiment(n, {RATE: n, OPTIMIZER: "SGD"}, "finished", score, attempts=("finished",))
            for n, score in enumerate(scores)
        ]
        sweep = grid(experiments=experiments)
        return headline(sweep, figures.ranked(experiments, lower_is_better=True))

    assert "overlap" not in of(Score(1.0), Score(2.0))
    assert "No other's 68 % interval overlaps" in of(Score(1, 0.9, 1.1), Score(2, 1.9, 2.1))
    tie = of(Score(1, 0.9, 1.1), Score(1.05, 1.0, 1.2), Score(2, 1.9, 2.1))
    assert "Its 68 % interval overlaps with that of 2." in tie
    assert of() == "No experiment has finished yet."


@pytest.mark.parametrize("count", [0, 1])
def test_a_sweep_that_has_hardly_begun_has_a_page(count):
    few = [one for one in grid().experiments if one.score][:count]
    page = render_page(grid(experiments=few, importances={}, pages={}, logs={}))
    assert len(Parsed(page).images) == (0 if not count else 3)


HOSTILE = "<img src=x onerror=alert(1)>\u202e\x1b[31m\x00=cmd|'/c calc'!A0"


def test_hostile_names_and_values_are_harmless():
    evil = grid(
        question=HOSTILE,
        parameters=[RATE, OPTIMIZER],
        settings={HOSTILE: HOSTILE},
        before={OPTIMIZER: HOSTILE},
        experiments=[
            Experiment(0, {RATE: HOSTILE, OPTIMIZER: [HOSTILE]}, "failed", attempts=(HOSTILE,))
        ],
        importances={},
        logs={0: '0000/"onclick="alert(1).txt'},
        pages={},
    )
    page = render_page(evil)
    assert "<img" not in page
    assert 'onclick="alert' not in page
    assert not {"\u202e", "\x1b", "\x00"} & set(page)


def test_names_are_as_short_as_they_may_be():
    names = ["a.train.rate", "a.tune.rate", "+a.train.model.depth"]
    assert list(figures.short(names).values()) == ["train.rate", "tune.rate", "depth"]
    assert short_address(LOSS) == "val loss"
    assert short_address(NMAD) == "simulated network nmad"
    assert short_address("a/b.csv:loss[arm=fine_tuned]") == "loss (fine tuned)"


def test_the_front_holds_what_nothing_beats_in_both():
    costs, scores = np.array([3.0, 1.0, 2.0, 4.0]), np.array([1.0, 5.0, 5.0, 0.5])
    assert figures.pareto(costs, scores) == [1, 0, 3]


@given(st.lists(st.tuples(st.floats(0, 1e6), st.floats(-1e6, 1e6)), min_size=1, max_size=30))
def test_everything_is_beaten_by_the_front_or_in_it(points):
    costs, scores = map(np.array, zip(*points, strict=True))
    front = figures.pareto(costs, scores)
    for cost, score in points:
        assert any(costs[row] <= cost and scores[row] <= score for row in front)
    assert all(np.diff(costs[front]) >= 0)
    assert all(np.diff(scores[front]) < 0)


@settings(max_examples=10, deadline=None)
@given(
    st.lists(
        st.one_of(st.none(), st.booleans(), st.integers(-5, 5), st.floats(1e-6, 1e6), st.just([1])),
        min_size=2,
        max_size=6,
    )
)
def test_parallel_coordinates_are_drawn_for_values_of_any_kind(values):
    experiments = [
        Experiment(n, {RATE: value}, "finished", Score(float(n)), attempts=("finished",))
        for n, value in enumerate(values)
    ]
    with in_style():
        figure = figures.draw_parallel([RATE], experiments, "loss", lower_is_better=True)
        lines = figure.axes[0].lines
    drawn = np.concatenate([line.get_ydata() for line in lines])
    assert np.isfinite(drawn).all()
    assert drawn.min() >= -0.1
    assert drawn.max() <= 1.1
