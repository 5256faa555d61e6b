"""The page of a sweep: what its experiments found, what decided it, and what it cost."""

from halflight.report.comparison.page import Comparison, render_page

__all__ = ["Comparison", "render_page"]
