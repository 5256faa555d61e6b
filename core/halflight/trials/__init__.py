"""Trials: galaxies, stamps, frames and methods of others, against which a measurement is held."""
