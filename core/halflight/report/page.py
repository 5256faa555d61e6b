"""The page: tasks' sections and what they share, as one self-contained file, and as Markdown."""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from halflight.files import whole_folder, write_bytes, write_json
from halflight.report.circumstances import Circumstances, tables
from halflight.report.figures import pipeline
from halflight.report.saving import png_bytes
from halflight.report.section import Picture, Section
from halflight.report.statements import SDSS_URL
from halflight.report.tables import parameter_table
from halflight.report.templating import data_uri, environment

PAGE, RUN_PAGE, MARKDOWN, FIGURES = "index.html", "run.html", "report.md", "figures"
SUMMARY = "summary.json"
REDRAW = "dvc repro report"
"""What draws every figure anew once its file was edited."""

PIPELINE = Picture(
    "pipeline",
    "How this page was made",
    "Each box is one stage, in the order they run; arrows carry what each hands on.",
    "Boxes from left to right joined by arrows: download and simulate; prepare; classical and "
    "train; combine and finetune; evaluate; report.",
    partial(pipeline.draw),
)


def shown(sections: Sequence[Section]) -> list[Picture]:
    """Return every picture of the page, once.

    Raises ValueError where there is no section, or two pictures have one name.
    """
    if not sections:
        raise ValueError("a page needs the section of a task or more, received none")
    drawn = [*(picture for one in sections for picture in one.pictures), PIPELINE]
    twice = [name for name, count in Counter(p.name for p in drawn).items() if count > 1]
    if twice:
        raise ValueError(f"two pictures of the page have the same name: {', '.join(twice)}")
    return drawn


def _context(sections: Sequence[Section], title: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return everything both templates print."""
    statements = list(dict.fromkeys(section.source.statement for section in sections))
    return {
        "title": title,
        "sections": sections,
        "several": len(sections) > 1,
        "statement": "; ".join(statements),
        "endpoint": sections[0].source.endpoint,
        "sdss_url": SDSS_URL,
        "pipeline": PIPELINE,
        "parameters": parameter_table(dict(params)),
        "redraw": REDRAW,
        "run_page": RUN_PAGE,
    }


def render_html(
    sections: Sequence[Section],
    images: Mapping[str, bytes],
    *,
    title: str,
    params: Mapping[str, Any],
    circumstances: Circumstances | None = None,
) -> str:
    """Return the page as HTML that needs no network, script or other file.

    images: the PNG bytes of every picture by name; they are inlined as data URIs. circumstances:
    of the run; without them the page names the file that has them.
    """
    return (
        environment(autoescape=True)
        .get_template("page.html.j2")
        .render(
            _context(sections, title, params),
            uris={name: data_uri(content) for name, content in images.items()},
            circumstances=circumstances,
            run_tables=[] if circumstances is None else tables(circumstances),
        )
    )


def render_markdown(sections: Sequence[Section], *, title: str, params: Mapping[str, Any]) -> str:
    """Return the report as Markdown that links to figures/NAME.png beside it."""
    template = environment(autoescape=False).get_template("report.md.j2")
    return template.render(_context(sections, title, params))


def write_report(
    folder: Path,
    sections: Sequence[Section],
    *,
    params: Mapping[str, Any],
    title: str = "halflight",
    circumstances: Circumstances | None = None,
) -> list[Path]:
    """Write figures, summary.json, report.md and index.html under `folder`; return their paths.

    The bytes of these depend on the sections, parameters and title alone. The circumstances of the
    run, where given, stand in run.html: the same page with them. Figures of an earlier page go.
    Raises ValueError as `shown` does, and OSError where `folder` cannot be written.
    """
    folder = Path(folder)
    images = {picture.name: png_bytes(picture.draw()) for picture in shown(sections)}
    options: dict[str, Any] = {"title": title, "params": params}
    pages = {
        MARKDOWN: render_markdown(sections, **options),
        PAGE: render_html(sections, images, **options),
    }
    if circumstances is not None:
        pages[RUN_PAGE] = render_html(sections, images, **options, circumstances=circumstances)
    numbers = {section.task: section.summary for section in sections}
    with whole_folder(folder / FIGURES) as partial_folder:
        for name, content in images.items():
            (partial_folder / f"{name}.png").write_bytes(content)
    write_json(folder / SUMMARY, numbers)
    return [
        folder / SUMMARY,
        *(folder / FIGURES / f"{name}.png" for name in images),
        *(write_bytes(folder / name, text.encode()) for name, text in pages.items()),
    ]
