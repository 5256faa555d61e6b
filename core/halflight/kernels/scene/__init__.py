"""Compiled loops of the scene fit: profiles drawn in Fourier space, and normal equations."""
