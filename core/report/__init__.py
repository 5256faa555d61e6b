"""The report room: metrics and stamps become figures and one page. matplotlib's only home."""

from core.report.figures import FIGURES
from core.report.inputs import COLUMNS, ReportData, check_inputs
from core.report.page import render_html, render_markdown, write_report
from core.report.saving import save_png
from core.report.statements import data_statement

__all__ = [
    "COLUMNS",
    "FIGURES",
    "ReportData",
    "check_inputs",
    "data_statement",
    "render_html",
    "render_markdown",
    "save_png",
    "write_report",
]
