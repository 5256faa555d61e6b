"""History: one record an epoch, free of wall-clock times so that a resumed run repeats it."""

import math


class History(list[dict[str, float]]):
    """A list of records {"epoch": 0, "loss": ..., "learning_rate": ..., "val_loss": ...}."""

    def column(self, name: str) -> list[float]:
        """Return one quantity over the epochs, NaN where an epoch lacks it."""
        return [record.get(name, math.nan) for record in self]
