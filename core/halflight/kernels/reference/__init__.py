"""The reference back end: plain NumPy in float64, the definition of every kernel."""
