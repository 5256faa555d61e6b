"""Review: what a branch changes, for people who decide whether it is merged."""
