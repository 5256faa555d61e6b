"""The page of a measurement: an image with its ellipses, sizes, the best, worst and flagged."""

from halflight.report.measured.examples import Example, choose
from halflight.report.measured.page import Overview, render_page, write_page

__all__ = ["Example", "Overview", "choose", "render_page", "write_page"]
