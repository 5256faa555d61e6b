"""History: one record an epoch, free of wall-clock times so that a resumed run repeats it."""

import math

from halflight.nn.curves import draw


class History(list[dict[str, float]]):
    """A list of records {"epoch": 0, "loss": ..., "learning_rate": ..., "val_loss": ...}.

    `pandas.DataFrame(list(history))` makes a table of it.
    """

    @property
    def history(self) -> dict[str, list[float]]:
        """Every quantity over the epochs, by name, as in Keras ("epoch" is not among them)."""
        return {name: self.column(name) for name in self._names() if name != "epoch"}

    @property
    def epoch(self) -> list[int]:
        """The numbers of the epochs, from 0, as in Keras."""
        return [int(record["epoch"]) for record in self]

    def __repr__(self) -> str:
        """Say how many epochs there are, and what the last one found."""
        last = (
            ", ".join(f"{n} {_text(v)}" for n, v in self[-1].items() if n != "epoch")
            if self
            else ""
        )
        return f"<History: {len(self)} epochs{', the last: ' + last if last else ''}>"

    def _repr_html_(self) -> str:
        """Return the learning curves, as notebooks ask for them."""
        return draw(self.history)

    def column(self, name: str) -> list[float]:
        """Return one quantity over the epochs, NaN where an epoch lacks it."""
        return [record.get(name, math.nan) for record in self]

    def table(self) -> str:
        """Return the records as text: a line of names, then a line an epoch (counted from 0)."""
        names = self._names()
        rows = [names] + [
            [_text(record[name]) if name in record else "" for name in names] for record in self
        ]
        widths = [max(len(row[column]) for row in rows) for column in range(len(names))]
        return "\n".join(
            "  ".join(text.rjust(width) for text, width in zip(row, widths, strict=True))
            for row in rows
        )

    def _names(self) -> list[str]:
        return list(dict.fromkeys(name for record in self for name in record))


def _text(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.5g}"
