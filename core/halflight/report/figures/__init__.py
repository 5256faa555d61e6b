"""The figures of the report, one a file, each with a function `draw`."""
