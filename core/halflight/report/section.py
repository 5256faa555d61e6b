"""Section: what the page shows of one task - finished text, tables, and pictures yet to draw."""

from dataclasses import dataclass, field
from functools import partial

from matplotlib.figure import Figure

from halflight.report.formatting import NOT_MEASURED


@dataclass(frozen=True)
class Table:
    """A table of finished text: a title, column names, rows.

    details, bold: by (row, column), a smaller second line of a cell, and which cells stand out.
    """

    title: str
    columns: list[str]
    rows: list[list[str]]
    details: dict[tuple[int, int], str] = field(default_factory=dict)
    bold: set[tuple[int, int]] = field(default_factory=set)
    empty: str = NOT_MEASURED  # said in place of a table without rows


@dataclass(frozen=True)
class Picture:
    """One figure of the page.

    Attributes:
        name: of its file, and of no other picture's of the page.
        title: over its caption.
        reading: what is to be seen in this run; names nothing that is not drawn.
        alt: what is drawn, for those who do not see it; numbers are in the reading.
        draw: takes nothing and makes it.
    """

    name: str
    title: str
    reading: str
    alt: str
    draw: partial[Figure]

    @property
    def source(self) -> str:
        """The file that draws it, from the repository's root."""
        return f"core/{self.draw.func.__module__.replace('.', '/')}.py"


@dataclass(frozen=True)
class Part:
    """Tables that belong together, with what is to be known of them.

    heading: over them; "" goes on under the heading before. folded: the line to click on where the
    tables are folded away; "" shows them. note: in smaller print below.
    """

    tables: list[Table]
    heading: str = ""
    folded: str = ""
    note: str = ""


@dataclass(frozen=True)
class Source:
    """Where the survey's objects of a task come from.

    Attributes:
        endpoint: one of `halflight.report.inputs.ENDPOINTS`.
        statement: which data these are, real or synthetic: the first line of the page.
        details: more of them, in a sentence.
        thanks: due to who made them; "" where none are.
        counts, dropped, files: tables.
        queries: SQL by its name.
    """

    endpoint: str
    statement: str
    details: str
    thanks: str
    counts: Table
    dropped: Table
    files: Table
    queries: dict[str, str]


@dataclass(frozen=True)
class Section:
    """All that the page says of one task.

    Attributes:
        task: its name, of which its anchors are made.
        title, lead: what is measured, in a few words and in a sentence.
        headline: the result, simulated and survey's side by side.
        pictures: in reading order, the first above everything else.
        parts: the results in tables.
        limits: what these results cannot say, a sentence each.
        source: of the survey's objects.
        summary: the few numbers by which runs are compared, by data set and score.
    """

    task: str
    title: str
    lead: str
    headline: str
    pictures: list[Picture]
    parts: list[Part]
    limits: list[str]
    source: Source
    summary: dict[str, dict[str, float]] = field(default_factory=dict)
