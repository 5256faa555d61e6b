"""The report: metrics and stamps become figures and one page. matplotlib's only home."""
