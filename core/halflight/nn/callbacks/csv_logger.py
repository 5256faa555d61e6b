"""CSVLogger: the history as a CSV file, rewritten whole after every epoch."""

import csv
import io
import os
from pathlib import Path

from halflight.files import write_bytes
from halflight.nn.callbacks.callback import Callback, Logs


class CSVLogger(Callback):
    """Write one row an epoch to `filename`; after a resume the file is the whole history again."""

    def __init__(self, filename: str | os.PathLike[str], separator: str = ",") -> None:
        """Name the file."""
        self.path, self.separator = Path(filename), separator

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Rewrite the file."""
        self._write()

    def on_train_end(self) -> None:
        """Rewrite the file: a training that was found finished logs it too."""
        self._write()

    def _write(self) -> None:
        columns = list(dict.fromkeys(name for record in self.run.history for name in record))
        text = io.StringIO()
        writer = csv.DictWriter(
            text, columns, delimiter=self.separator, lineterminator="\n", restval=""
        )
        writer.writeheader()
        writer.writerows(self.run.history)
        write_bytes(self.path, text.getvalue().encode())
