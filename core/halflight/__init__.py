"""halflight: galaxy half-light radii with honest error bars, from survey images to a report."""
