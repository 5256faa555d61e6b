"""The report room: metrics and stamps become figures and one page. matplotlib's only home."""

from halflight.report.figures import FIGURES
from halflight.report.inputs import COLUMNS, ReportData, check_inputs
from halflight.report.page import render_html, render_markdown, write_report
from halflight.report.saving import save_png
from halflight.report.statements import data_statement

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
