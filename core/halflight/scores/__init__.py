"""How well a quantity was measured: statistics of residuals and error bars, and their tables."""
