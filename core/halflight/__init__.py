"""halflight: galaxy half-light radii with honest error bars, from survey images to a report."""

__version__ = "0.1.0"
