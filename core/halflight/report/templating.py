"""Templating: Jinja's environment of the pages, in which every value is made safe to show."""

from base64 import b64encode
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from halflight.report.formatting import THIN_SPACE, markdown_code, markdown_text, prose
from halflight.text import printable

TEMPLATES = Path(__file__).parent / "templates"


def environment(*, autoescape: bool) -> Environment:
    """Return Jinja's environment: an unknown name is an error, every value is made safe to show."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=autoescape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_visible,
    )
    made.filters["prose"] = prose
    made.filters["text"] = markdown_text
    made.filters["code"] = markdown_code
    return made


def _visible(value: Any) -> Any:
    """Whatever a template prints, without what cannot be seen; what is markup already was text."""
    return printable(value, keep=f"\n\u00a0{THIN_SPACE}") if type(value) is str else value


def data_uri(png: bytes) -> str:
    """Return a picture as the address of itself, so that a page needs no other file."""
    return "data:image/png;base64," + b64encode(png).decode("ascii")
